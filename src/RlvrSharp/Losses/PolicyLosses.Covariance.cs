using System.Buffers;
using System.Numerics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// kl-cov: −ratio·A, unclipped, plus coefficient·|log-ratio| on the tokens with the largest (A − mean A)·(log π − mean log π) (arXiv 2505.22617).
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of the whole batch: which of them are held depends on all.</param>
    /// <param name="options">Share and coefficient.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens; the KL part is in <see cref="LossTerms.KlLoss"/>.</returns>
    public static LossTerms KlCovariance<T>(PolicyTokens<T> tokens, KlCovarianceOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        LossTerms terms = ClippedSurrogate(tokens, Unclipped, gradient);
        int count = (int)terms.TokenCount;
        if (count == 0)
        {
            return terms;
        }

        double[] covariances = ArrayPool<double>.Shared.Rent(count);
        int[] places = ArrayPool<int>.Shared.Rent(count);
        Covariances(tokens, covariances, places);
        int held = Math.Max(1, (int)(count * options.Share));

        // Sorted from the smallest: the held tokens stand at the end.
        covariances.AsSpan(0, count).Sort(places.AsSpan(0, count));
        double klLoss = 0;
        foreach (int i in places.AsSpan(count - held, held))
        {
            double logRatio = LogRatio(tokens, i);
            double factor = options.Coefficient * double.CreateTruncating(tokens.Weights[i]) * (tokens.Scales.IsEmpty ? 1 : double.CreateTruncating(tokens.Scales[i]));
            klLoss += factor * Math.Abs(logRatio);
            gradient[i] += T.CreateTruncating(factor * Math.Sign(logRatio));
        }

        ArrayPool<double>.Shared.Return(covariances);
        ArrayPool<int>.Shared.Return(places);
        return terms with { Loss = terms.Loss + klLoss, KlLoss = klLoss };
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
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(gradient);
        tokens.Check(dropped);
        dropped.Clear();
        int length = tokens.LogProbs.Length;
        double[] covariances = ArrayPool<double>.Shared.Rent(length);
        int[] places = ArrayPool<int>.Shared.Rent(length);
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
        ArrayPool<double>.Shared.Return(covariances);
        ArrayPool<int>.Shared.Return(places);
        return terms;
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
