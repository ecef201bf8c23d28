using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>One policy loss as arithmetic on lanes; <see cref="TokenLossLoop"/> does everything else.</summary>
internal interface ITokenLoss<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Whether the gradient runs through the ratio (clipped surrogate, SAPO) or through the log-probability alone (CISPO).</summary>
    static abstract bool ThroughRatio { get; }

    /// <summary>Evaluates a vector of tokens.</summary>
    /// <param name="logProb">Log-probabilities.</param>
    /// <param name="oldLogProb">Old log-probabilities.</param>
    /// <param name="ratio">Ratios, at the level that the options ask for.</param>
    /// <param name="advantage">Advantages.</param>
    /// <param name="loss">The token losses.</param>
    /// <param name="slope">∂loss/∂log-ratio (or ∂log-probability).</param>
    /// <param name="low">Which tokens were clipped from below.</param>
    /// <param name="high">Which tokens were clipped from above.</param>
    /// <param name="dual">Which tokens met the dual clip.</param>
    void Evaluate(
        Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
        out Vector256<T> loss, out Vector256<T> slope, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
}

/// <summary>The one pass that all policy losses share: loads, ratio, weights, gradient, metrics.</summary>
internal static class TokenLossLoop
{
    private const nuint BlockVectors = 16;

    public static LossTerms Run<T, TLoss>(
        PolicyTokens<T> tokens, TLoss tokenLoss, RatioLevel level, double minLogRatio, double maxLogRatio, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLoss : struct, ITokenLoss<T>
    {
        tokens.Check(gradient);
        if (level == RatioLevel.Token)
        {
            return Pass(tokens, tokenLoss, minLogRatio, maxLogRatio, sequenceLevel: false, default, insideClamp: true, gradient, out _);
        }

        (double sum, double count) = SequenceLogRatio(tokens);
        double share = level == RatioLevel.SequenceProduct ? 1 : 1 / Math.Max(count, 1);
        double logRatio = sum * share;
        bool inside = logRatio >= minLogRatio && logRatio <= maxLogRatio;
        logRatio = Math.Clamp(logRatio, minLogRatio, maxLogRatio);
        Vector256<T> ratio = Lanes.Exp(Vector256.Create(T.CreateTruncating(logRatio)));
        bool ownGradient = !TLoss.ThroughRatio || level == RatioLevel.SequenceToken;
        LossTerms terms = Pass(
            tokens, tokenLoss, minLogRatio, maxLogRatio, sequenceLevel: true, ratio, inside, ownGradient ? gradient : default, out double slopeSum);
        if (!ownGradient)
        {
            Spread(tokens.SequenceMask, T.CreateTruncating(slopeSum * share), gradient);
        }

        return terms;
    }

    /// <summary>Σ log-ratio over the sequence's tokens, and their number.</summary>
    public static (double Sum, double Count) SequenceLogRatio<T>(PolicyTokens<T> tokens)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> mask = tokens.SequenceMask;
        Vector256<double> sum = default;
        long count = 0;
        for (int i = 0; i < mask.Length; i += Vector256<T>.Count)
        {
            Vector256<T> counted = ~Vector256.Equals(Lanes.Load(mask, i), Vector256<T>.Zero);
            Vector256<T> logRatio = Lanes.Load(tokens.LogProbs, i) - Lanes.Load(tokens.OldLogProbs, i);
            sum = Lanes.AddWidened(sum, logRatio & counted);
            count += Lanes.Count(counted);
        }

        return (Lanes.Total(sum), count);
    }

    /// <summary>Adds <paramref name="share"/> to the gradient of every token of the sequence.</summary>
    public static void Spread<T>(ReadOnlySpan<T> mask, T share, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < mask.Length; i += Vector256<T>.Count)
        {
            Vector256<T> counted = ~Vector256.Equals(Lanes.Load(mask, i), Vector256<T>.Zero);
            Lanes.AddTo(gradient, i, Vector256.Create(share) & counted);
        }
    }

    private static LossTerms Pass<T, TLoss>(
        PolicyTokens<T> tokens, TLoss tokenLoss, double minLogRatio, double maxLogRatio,
        bool sequenceLevel, Vector256<T> sequenceRatio, bool insideClamp, Span<T> gradient, out double slopeSum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLoss : struct, ITokenLoss<T>
    {
        int whole = tokens.LogProbs.Length & -Vector256<T>.Count;
        Sums sums = default;
        Loop(
            tokens.LogProbs[..whole], tokens.OldLogProbs, tokens.Advantages, tokens.Weights, tokens.Scales, gradient,
            in tokenLoss, minLogRatio, maxLogRatio, sequenceLevel, sequenceRatio, insideClamp, ref sums);
        int rest = tokens.LogProbs.Length - whole;
        if (rest > 0)
        {
            // The tail runs through the same loop, padded with tokens of weight 0.
            Span<T> padded = stackalloc T[6 * Vector256<T>.Count];
            padded.Clear();
            int lanes = Vector256<T>.Count;
            tokens.LogProbs[whole..].CopyTo(padded);
            tokens.OldLogProbs[whole..].CopyTo(padded[lanes..]);
            tokens.Advantages[whole..].CopyTo(padded[(2 * lanes)..]);
            tokens.Weights[whole..].CopyTo(padded[(3 * lanes)..]);
            Span<T> scales = tokens.Scales.IsEmpty ? default : padded.Slice(4 * lanes, lanes);
            Span<T> slopes = gradient.IsEmpty ? default : padded.Slice(5 * lanes, lanes);
            if (!scales.IsEmpty)
            {
                tokens.Scales[whole..].CopyTo(scales);
            }

            if (!slopes.IsEmpty)
            {
                gradient[whole..].CopyTo(slopes);
            }

            Loop<T, TLoss>(
                padded[..lanes], padded.Slice(lanes, lanes), padded.Slice(2 * lanes, lanes), padded.Slice(3 * lanes, lanes), scales, slopes,
                in tokenLoss, minLogRatio, maxLogRatio, sequenceLevel, sequenceRatio, insideClamp, ref sums);
            if (!slopes.IsEmpty)
            {
                slopes[..rest].CopyTo(gradient[whole..]);
            }
        }

        slopeSum = Lanes.Total(sums.Slope);
        double total = Lanes.Total(sums.Loss), count = Lanes.Total(sums.Count);
        return new LossTerms
        {
            Loss = total,
            PolicyLoss = total,
            TokenCount = count,
            RatioSum = count + Lanes.Total(sums.Excess),
            MaxRatioDeviation = sums.Deviation,
            LogRatioSum = Lanes.Total(sums.LogRatio),
            ApproxKlSum = Lanes.Total(sums.Kl),
            ClippedLowCount = Lanes.Total(sums.Low),
            ClippedHighCount = Lanes.Total(sums.High),
            DualClippedCount = Lanes.Total(sums.Dual),
        };
    }

    /// <summary>
    /// Whole vectors only. Sums run in T over blocks of <see cref="BlockVectors"/> vectors and in double across blocks: nearly as exact as double throughout, at a fraction of the conversions.
    /// </summary>
    private static void Loop<T, TLoss>(
        ReadOnlySpan<T> logProbs, ReadOnlySpan<T> oldLogProbs, ReadOnlySpan<T> advantages, ReadOnlySpan<T> weights, ReadOnlySpan<T> scales, Span<T> gradient,
        in TLoss tokenLoss, double minLogRatio, double maxLogRatio, bool sequenceLevel, Vector256<T> sequenceRatio, bool insideClamp, ref Sums sums)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLoss : struct, ITokenLoss<T>
    {
        TLoss evaluator = tokenLoss;
        Vector256<T> one = Vector256<T>.One;
        Vector256<T> min = Vector256.Create(T.CreateSaturating(minLogRatio));
        Vector256<T> max = Vector256.Create(T.CreateSaturating(maxLogRatio));
        ref T logProbStart = ref MemoryMarshal.GetReference(logProbs);
        ref T oldStart = ref MemoryMarshal.GetReference(oldLogProbs);
        ref T advantageStart = ref MemoryMarshal.GetReference(advantages);
        ref T weightStart = ref MemoryMarshal.GetReference(weights);
        ref T scaleStart = ref MemoryMarshal.GetReference(scales);
        ref T gradientStart = ref MemoryMarshal.GetReference(gradient);
        bool bounded = minLogRatio >= -87 && maxLogRatio <= 87, hasScales = !scales.IsEmpty, hasGradient = !gradient.IsEmpty;
        Vector256<T> deviation = default;
        nuint length = (nuint)logProbs.Length;
        nuint step = (nuint)Vector256<T>.Count;
        for (nuint start = 0; start < length; start += BlockVectors * step)
        {
            Vector256<T> lossSum = default, slopeSum = default, countSum = default, excessSum = default, logRatioSum = default;
            Vector256<T> klSum = default, lowSum = default, highSum = default, dualSum = default;
            nuint end = Math.Min(length, start + (BlockVectors * step));
            for (nuint i = start; i < end; i += step)
            {
                Vector256<T> weight = Vector256.LoadUnsafe(ref weightStart, i);
                Vector256<T> counted = ~Vector256.Equals(weight, Vector256<T>.Zero);

                // Tokens that do not count become log-ratio 0 and advantage 0: no NaN of a padded place gets any further.
                Vector256<T> logProb = Vector256.LoadUnsafe(ref logProbStart, i) & counted;
                Vector256<T> oldLogProb = Vector256.LoadUnsafe(ref oldStart, i) & counted;
                Vector256<T> advantage = Vector256.LoadUnsafe(ref advantageStart, i) & counted;
                Vector256<T> rawLogRatio = logProb - oldLogProb;
                Vector256<T> logRatio = Lanes.Clamp(rawLogRatio, min, max);
                Vector256<T> tokenRatio = bounded ? Lanes.ExpBounded(logRatio, out Vector256<T> excess) : Lanes.Exp(logRatio, out excess);
                Vector256<T> ratio = sequenceLevel ? sequenceRatio : tokenRatio;
                evaluator.Evaluate(logProb, oldLogProb, ratio, advantage, out Vector256<T> loss, out Vector256<T> slope, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
                if (TLoss.ThroughRatio)
                {
                    slope = sequenceLevel
                        ? (insideClamp ? slope : Vector256<T>.Zero)
                        : Vector256.AndNot(slope, Vector256.LessThan(rawLogRatio, min) | Vector256.GreaterThan(rawLogRatio, max));
                }

                if (hasScales)
                {
                    weight *= Vector256.LoadUnsafe(ref scaleStart, i) & counted;
                }

                slope *= weight;
                lossSum += weight * loss;
                if (hasGradient)
                {
                    (Vector256.LoadUnsafe(ref gradientStart, i) + slope).StoreUnsafe(ref gradientStart, i);
                }
                else
                {
                    slopeSum += slope;
                }

                Vector256<T> unit = one & counted;
                Vector256<T> beyond = (ratio - one) & counted;
                deviation = Vector256.MaxNative(deviation, Vector256.Abs(beyond));
                excessSum += beyond;
                logRatioSum += logRatio;
                klSum += excess;
                countSum += unit;
                lowSum += unit & low;
                highSum += unit & high;
                dualSum += unit & dual;
            }

            sums.Loss = Lanes.AddWidened(sums.Loss, lossSum);
            sums.Slope = Lanes.AddWidened(sums.Slope, slopeSum);
            sums.Count = Lanes.AddWidened(sums.Count, countSum);
            sums.Excess = Lanes.AddWidened(sums.Excess, excessSum);
            sums.LogRatio = Lanes.AddWidened(sums.LogRatio, logRatioSum);
            sums.Kl = Lanes.AddWidened(sums.Kl, klSum);
            sums.Low = Lanes.AddWidened(sums.Low, lowSum);
            sums.High = Lanes.AddWidened(sums.High, highSum);
            sums.Dual = Lanes.AddWidened(sums.Dual, dualSum);
        }

        sums.Deviation = Math.Max(sums.Deviation, Lanes.Max(deviation));
    }

    /// <summary>The running sums of a pass.</summary>
    private struct Sums
    {
        public Vector256<double> Loss, Slope, Count, Excess, LogRatio, Kl, Low, High, Dual;
        public double Deviation;
    }
}
