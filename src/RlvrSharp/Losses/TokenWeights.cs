using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>
/// Token weights: mask × normaliser. They follow from lengths over the whole optimiser step, before any forward pass, so how the
/// batch is cut into micro-batches changes nothing but rounding.
/// </summary>
public static class TokenWeights
{
    /// <summary>The weight of each counted token of one sequence.</summary>
    /// <param name="options">The average.</param>
    /// <param name="totals">The whole optimiser step.</param>
    /// <param name="length">The number of counted tokens of the sequence.</param>
    /// <param name="promptLength">The number of counted tokens of its prompt's completions together; only <see cref="LossAggregation.PromptMean"/> needs it.</param>
    /// <returns>The weight. An empty batch has divisor 1, so that its loss is 0 and not NaN.</returns>
    public static double OfSequence(TokenWeightOptions options, BatchTotals totals, double length, double promptLength = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        double sequences = options.CountEmptySequences ? totals.Sequences + totals.EmptySequences : totals.Sequences;
        double divisor = options.Aggregation switch
        {
            LossAggregation.TokenMean => totals.Tokens + options.TotalEpsilon,
            LossAggregation.SequenceMean => (Positive(length) + options.LengthEpsilon) * (sequences + options.TotalEpsilon),
            LossAggregation.SequenceSum => sequences + options.TotalEpsilon,
            LossAggregation.FixedLength => (totals.Sequences + totals.EmptySequences) * FixedLength(options),
            LossAggregation.PromptMean => Positive(promptLength) * totals.Prompts,
            LossAggregation.Constant => options.Divisor,
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Aggregation, "Unknown aggregation."),
        };
        return 1 / Positive(divisor);
    }

    /// <summary>Fills one sequence's weights.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="mask">Not 0 where a token counts.</param>
    /// <param name="weight">The weight of a counted token, see <see cref="OfSequence"/>.</param>
    /// <param name="weights">Where the weights go: mask ≠ 0 ? weight : 0.</param>
    public static void Fill<T>(ReadOnlySpan<T> mask, double weight, Span<T> weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (mask.Length != weights.Length)
        {
            throw new ArgumentException($"The mask has {mask.Length} elements and the weights {weights.Length}: give one per token.", nameof(weights));
        }

        T value = T.CreateTruncating(weight);
        for (int i = 0; i < mask.Length; i++)
        {
            weights[i] = T.IsZero(mask[i]) ? T.Zero : value;
        }
    }

    /// <summary>Fills the weights of a batch that is held as rows of equal length, one sequence each.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="options">The average. <see cref="LossAggregation.PromptMean"/> takes <paramref name="promptOfRow"/>.</param>
    /// <param name="mask">Not 0 where a token counts; [row, token].</param>
    /// <param name="rowLength">The number of tokens of a row, padding included.</param>
    /// <param name="weights">Where the weights go; [row, token].</param>
    /// <param name="totals">The whole optimiser step where these rows are only a part of it; null counts these rows.</param>
    /// <param name="promptOfRow">Which prompt each row answers; empty where prompts do not matter.</param>
    public static void FillRows<T>(
        TokenWeightOptions options, ReadOnlySpan<T> mask, int rowLength, Span<T> weights, BatchTotals? totals = null, ReadOnlySpan<int> promptOfRow = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = rowLength == 0 ? 0 : mask.Length / rowLength;
        BatchTotals all = totals ?? CountRows(mask, rowLength, promptOfRow);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<T> rowMask = mask.Slice(row * rowLength, rowLength);
            int promptLength = promptOfRow.IsEmpty ? 0 : PromptLength(mask, rowLength, promptOfRow, promptOfRow[row]);
            Fill(rowMask, OfSequence(options, all, CountTokens(rowMask), promptLength), weights.Slice(row * rowLength, rowLength));
        }
    }

    /// <summary>Counts the tokens, sequences and prompts of rows.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="mask">Not 0 where a token counts; [row, token].</param>
    /// <param name="rowLength">The number of tokens of a row, padding included.</param>
    /// <param name="promptOfRow">Which prompt each row answers; empty where prompts do not matter.</param>
    /// <returns>The totals.</returns>
    public static BatchTotals CountRows<T>(ReadOnlySpan<T> mask, int rowLength, ReadOnlySpan<int> promptOfRow = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int rows = rowLength == 0 ? 0 : mask.Length / rowLength;
        double tokens = 0, sequences = 0, prompts = 0;
        for (int row = 0; row < rows; row++)
        {
            int length = CountTokens(mask.Slice(row * rowLength, rowLength));
            tokens += length;
            sequences += length > 0 ? 1 : 0;

            // A prompt is counted at the first of its rows.
            if (!promptOfRow.IsEmpty && promptOfRow[..row].IndexOf(promptOfRow[row]) < 0)
            {
                prompts += PromptLength(mask, rowLength, promptOfRow, promptOfRow[row]) > 0 ? 1 : 0;
            }
        }

        return new BatchTotals(tokens, sequences, rows - sequences, prompts);
    }

    private static int PromptLength<T>(ReadOnlySpan<T> mask, int rowLength, ReadOnlySpan<int> promptOfRow, int prompt)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int length = 0;
        for (int row = 0; row < promptOfRow.Length; row++)
        {
            length += promptOfRow[row] == prompt ? CountTokens(mask.Slice(row * rowLength, rowLength)) : 0;
        }

        return length;
    }

    private static int CountTokens<T>(ReadOnlySpan<T> mask)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = 0;
        foreach (T value in mask)
        {
            count += T.IsZero(value) ? 0 : 1;
        }

        return count;
    }

    private static double Positive(double divisor) => divisor > 0 ? divisor : 1;

    private static double FixedLength(TokenWeightOptions options) => options.FixedLength > 0
        ? options.FixedLength
        : throw new ArgumentException($"FixedLength is {options.FixedLength}, but the FixedLength aggregation divides by it: set it to the most tokens a completion may have.", nameof(options));
}
