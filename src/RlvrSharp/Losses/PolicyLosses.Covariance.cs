using System.Buffers;
using System.Numerics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// kl-cov: −ratio·A, unclipped, plus coefficient·|log-ratio| on the tokens with the largest (A − mean A)·(log π − mean log π) (arXiv 2505.22617).
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of the whole batch: which of them are held depends on all. With <see cref="PolicyTokens{T}.Marks"/>, any part of it.</param>
    /// <param name="options">Share and coefficient.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens; the KL part is in <see cref="LossTerms.KlLoss"/>.</returns>
    public static LossTerms KlCovariance<T>(PolicyTokens<T> tokens, KlCovarianceOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        LossTerms terms = ClippedSurrogate(tokens, Unclipped, gradient);
        ReadOnlySpan<T> marks = tokens.Marks;
        T[]? rented = null;
        if (marks.IsEmpty)
        {
            rented = ArrayPool<T>.Shared.Rent(tokens.LogProbs.Length);
            MarkKlCovariance(tokens, options, rented.AsSpan(0, tokens.LogProbs.Length));
            marks = rented.AsSpan(0, tokens.LogProbs.Length);
        }

        double klLoss = 0;
        for (int i = 0; i < marks.Length; i++)
        {
            if (!T.IsZero(marks[i]) && !T.IsZero(tokens.Weights[i]))
            {
                double logRatio = LogRatio(tokens, i);
                double factor = options.Coefficient * double.CreateTruncating(tokens.Weights[i]) * (tokens.Scales.IsEmpty ? 1 : double.CreateTruncating(tokens.Scales[i]));
                klLoss += factor * Math.Abs(logRatio);
                gradient[i] += T.CreateTruncating(factor * Math.Sign(logRatio));
            }
        }

        if (rented is not null)
        {
            ArrayPool<T>.Shared.Return(rented);
        }

        return terms with { Loss = terms.Loss + klLoss, KlLoss = klLoss };
    }

    /// <summary>Marks the tokens that kl-cov holds: the share of them with the largest covariance, at least one.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of the whole batch.</param>
    /// <param name="options">The share.</param>
    /// <param name="marks">Where 1 goes for each token that is held, 0 for the others; one per token.</param>
    public static void MarkKlCovariance<T>(PolicyTokens<T> tokens, KlCovarianceOptions options, Span<T> marks)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(marks);
        marks.Clear();
        double[] covariances = ArrayPool<double>.Shared.Rent(marks.Length);
        int[] places = ArrayPool<int>.Shared.Rent(marks.Length);
        int count = Covariances(tokens, covariances, places);
        int held = Math.Min(count, Math.Max(1, (int)(count * options.Share)));

        // Sorted from the smallest: the held tokens stand at the end.
        covariances.AsSpan(0, count).Sort(places.AsSpan(0, count));
        foreach (int i in places.AsSpan(count - held, held))
        {
            marks[i] = T.One;
        }

        ArrayPool<double>.Shared.Return(covariances);
        ArrayPool<int>.Shared.Return(places);
    }

    /// <summary>
    /// clip-cov: the clipped surrogate, from which a random few of the unclipped tokens with a covariance between the bounds are left out (arXiv 2505.22617).
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of the whole batch.</param>
    /// <param name="options">Share and bounds.</param>
    /// <param name="random">Chooses the tokens.</param>
    /// <param name="dropped">Where 1 goes for each token that was left out, 0 for the others; one per token.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms ClipCovariance<T>(PolicyTokens<T> tokens, ClipCovarianceOptions options, ref KeyedRandom random, Span<T> dropped, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        tokens.Check(gradient);
        MarkClipCovariance(tokens, options, ref random, dropped);
        return ClipCovariance(tokens, options, (ReadOnlySpan<T>)dropped, gradient);
    }

    /// <summary>clip-cov over any part of a batch, with the tokens that are left out chosen before.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens.</param>
    /// <param name="options">The clip bounds.</param>
    /// <param name="dropped">Not 0 for each token that is left out; one per token.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms ClipCovariance<T>(PolicyTokens<T> tokens, ClipCovarianceOptions options, ReadOnlySpan<T> dropped, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        int length = tokens.LogProbs.Length;
        PolicyTokens<T>.Check(dropped.Length, length, nameof(dropped), mayBeEmpty: false);
        T[] scales = ArrayPool<T>.Shared.Rent(length);
        for (int i = 0; i < length; i++)
        {
            scales[i] = T.IsZero(dropped[i]) ? (tokens.Scales.IsEmpty ? T.One : tokens.Scales[i]) : T.Zero;
        }

        var kept = new PolicyTokens<T>
        {
            LogProbs = tokens.LogProbs, OldLogProbs = tokens.OldLogProbs, Advantages = tokens.Advantages, Weights = tokens.Weights, Mask = tokens.Mask, Scales = scales.AsSpan(0, length),
        };
        LossTerms terms = ClippedSurrogate(kept, options.Surrogate, gradient);
        ArrayPool<T>.Shared.Return(scales);
        return terms;
    }

    /// <summary>Chooses the tokens that clip-cov leaves out: a random share of all tokens, from the unclipped ones with a covariance between the bounds.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of the whole batch.</param>
    /// <param name="options">Share and bounds.</param>
    /// <param name="random">Chooses.</param>
    /// <param name="dropped">Where 1 goes for each token that is left out, 0 for the others; one per token.</param>
    public static void MarkClipCovariance<T>(PolicyTokens<T> tokens, ClipCovarianceOptions options, ref KeyedRandom random, Span<T> dropped)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(dropped);
        dropped.Clear();
        double[] covariances = ArrayPool<double>.Shared.Rent(dropped.Length);
        int[] places = ArrayPool<int>.Shared.Rent(dropped.Length);
        int count = Covariances(tokens, covariances, places);
        int candidates = 0;
        for (int j = 0; j < count; j++)
        {
            if (covariances[j] > options.Lowest && covariances[j] < options.Highest && !IsClipped(tokens, places[j], options.Surrogate))
            {
                places[candidates++] = places[j];
            }
        }

        int leaving = Math.Min(candidates, Math.Max(1, (int)(count * options.Share)));
        for (int j = 0; j < leaving; j++)
        {
            int k = j + random.NextInt32(candidates - j);
            (places[j], places[k]) = (places[k], places[j]);
            dropped[places[j]] = T.One;
        }

        ArrayPool<double>.Shared.Return(covariances);
        ArrayPool<int>.Shared.Return(places);
    }

    private static readonly ClippedSurrogateOptions Unclipped = new()
    {
        ClipLow = 1, ClipHigh = double.PositiveInfinity, MinLogRatio = double.NegativeInfinity, MaxLogRatio = double.PositiveInfinity,
    };

    /// <summary>Fills (A − mean A)·(log π − mean log π) and the place of each counted token; returns their number.</summary>
    private static int Covariances<T>(PolicyTokens<T> tokens, Span<double> covariances, Span<int> places)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = 0;
        double advantageSum = 0, logProbSum = 0;
        for (int i = 0; i < tokens.Weights.Length; i++)
        {
            if (!T.IsZero(tokens.Weights[i]))
            {
                places[count++] = i;
                advantageSum += double.CreateTruncating(tokens.Advantages[i]);
                logProbSum += double.CreateTruncating(tokens.LogProbs[i]);
            }
        }

        for (int j = 0; j < count; j++)
        {
            int i = places[j];
            covariances[j] = (double.CreateTruncating(tokens.Advantages[i]) - (advantageSum / count)) * (double.CreateTruncating(tokens.LogProbs[i]) - (logProbSum / count));
        }

        return count;
    }

    private static bool IsClipped<T>(PolicyTokens<T> tokens, int i, ClippedSurrogateOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double ratio = Lanes.Exp(LogRatio(tokens, i));
        double advantage = double.CreateTruncating(tokens.Advantages[i]);
        return (advantage > 0 && ratio > 1 + options.ClipHigh) || (advantage < 0 && ratio < 1 - options.ClipLow);
    }
}
