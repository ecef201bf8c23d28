using System.Numerics;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>A padded batch, [row, token], and one call per row, as a policy's forward-backward makes it.</summary>
internal sealed class Rows<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public required int Length { get; init; }

    public required T[] LogProbs { get; init; }

    public required T[] OldLogProbs { get; init; }

    public required T[] Advantages { get; init; }

    /// <summary>Which tokens make up a sequence.</summary>
    public required T[] Mask { get; init; }

    /// <summary>Mask × normaliser.</summary>
    public required T[] Weights { get; init; }

    public T[]? Scales { get; init; }

    public T[] Gradient { get; private set; } = [];

    public double Loss { get; set; }

    public int Count => LogProbs.Length / Length;

    public PolicyTokens<T> Row(int row) => new()
    {
        LogProbs = Slice(LogProbs, row),
        OldLogProbs = Slice(OldLogProbs, row),
        Advantages = Slice(Advantages, row),
        Mask = Slice(Mask, row),
        Weights = Slice(Weights, row),
        Scales = Scales is null ? default : Slice(Scales, row),
    };

    public Span<T> Slice(T[] values, int row) => values.AsSpan(row * Length, Length);

    /// <summary>The number of tokens of a row.</summary>
    public int Tokens(int row) => Slice(Mask, row).ToArray().Count(value => value != T.Zero);

    public int TotalTokens => Mask.Count(value => value != T.Zero);

    /// <summary>Runs an objective row by row.</summary>
    public LossTerms[] Run(PolicyObjective objective)
    {
        Gradient = Gradient.Length == 0 ? new T[LogProbs.Length] : Gradient;
        var terms = new LossTerms[Count];
        for (int row = 0; row < Count; row++)
        {
            terms[row] = objective.Add(Row(row), Slice(Gradient, row));
            Loss += terms[row].Loss;
        }

        return terms;
    }

    /// <summary>Adds a KL term row by row.</summary>
    public LossTerms[] AddKl(T[] reference, KlOptions options, T[]? weights = null)
    {
        Gradient = Gradient.Length == 0 ? new T[LogProbs.Length] : Gradient;
        var terms = new LossTerms[Count];
        for (int row = 0; row < Count; row++)
        {
            PolicyTokens<T> tokens = Row(row);
            if (weights is not null)
            {
                tokens = new() { LogProbs = tokens.LogProbs, OldLogProbs = tokens.OldLogProbs, Advantages = tokens.Advantages, Mask = tokens.Mask, Weights = Slice(weights, row) };
            }

            terms[row] = KlPenalty.Add(tokens, Slice(reference, row), options, options.Coefficient == 0 ? default : Slice(Gradient, row));
            Loss += terms[row].Loss;
        }

        return terms;
    }

    public static T[] WeightsOf(TokenWeightOptions options, T[] mask, int length, BatchTotals? totals = null)
    {
        var weights = new T[mask.Length];
        TokenWeights.FillRows<T>(options, mask, length, weights, totals);
        return weights;
    }
}
