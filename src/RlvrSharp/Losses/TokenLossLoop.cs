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

    /// <summary>Whether tokens can meet a dual clip.</summary>
    static virtual bool HasDualClip => false;

    /// <summary>Evaluates a vector of tokens.</summary>
    /// <param name="logProb">Log-probabilities.</param>
    /// <param name="oldLogProb">Old log-probabilities.</param>
    /// <param name="ratio">Ratios, at the level that the options ask for.</param>
    /// <param name="advantage">Advantages.</param>
    /// <param name="gain">The token losses, negative: what the policy wants.</param>
    /// <param name="rise">∂gain/∂log-ratio (or ∂log-probability).</param>
    /// <param name="low">Which tokens were clipped from below.</param>
    /// <param name="high">Which tokens were clipped from above.</param>
    /// <param name="dual">Which tokens met the dual clip.</param>
    void Evaluate(
        Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
        out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
}

/// <summary>The one pass that all policy losses share: loads, ratio, weights, gradient, metrics.</summary>
internal static class TokenLossLoop
{
    private const int BlockVectors = 16;

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
        var sums = new Sums<T> { Largest = Vector256<T>.One, Smallest = Vector256<T>.One };
        bool near = !sequenceLevel && tokens.Scales.IsEmpty && !gradient.IsEmpty && minLogRatio <= -LaneExp.NearBound && maxLogRatio >= LaneExp.NearBound;
        for (int start = 0; start < whole;)
        {
            // The near loop stops at the first vector that is not its own; the rest of that block goes the general way.
            start = near ? NearLoop(tokens, whole, start, gradient, in tokenLoss, ref sums) : start;
            int end = near ? Math.Min(whole, start + (BlockVectors * Vector256<T>.Count)) : whole;
            Loop(
                tokens.LogProbs[start..end], tokens.OldLogProbs[start..], tokens.Advantages[start..], tokens.Weights[start..],
                tokens.Scales.IsEmpty ? default : tokens.Scales[start..], gradient.IsEmpty ? default : gradient[start..],
                in tokenLoss, minLogRatio, maxLogRatio, sequenceLevel, sequenceRatio, insideClamp, ref sums);
            start = end;
        }

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
        double total = Lanes.Total(sums.Loss), count = tokens.LogProbs.Length - (Lanes.TotalCount(sums.Out) - (rest > 0 ? Vector256<T>.Count - rest : 0));
        double logRatioSum = Lanes.Total(sums.LogRatio), klSum = Lanes.Total(sums.Kl);
        double sequenceDeviation = double.CreateTruncating(sequenceRatio[0]) - 1;
        return new LossTerms
        {
            Loss = total,
            PolicyLoss = total,
            TokenCount = count,

            // Σ ratio − 1 is Σ log-ratio + Σ k3, without the cancellation.
            RatioSum = count + (sequenceLevel ? count * sequenceDeviation : logRatioSum + klSum),
            MaxRatioDeviation = count == 0 ? 0 : sequenceLevel ? Math.Abs(sequenceDeviation) : Math.Max(Lanes.Max(sums.Largest) - 1, 1 - Lanes.Min(sums.Smallest)),
            LogRatioSum = logRatioSum,
            ApproxKlSum = klSum,
            ClippedLowCount = Lanes.TotalCount(sums.Low),
            ClippedHighCount = Lanes.TotalCount(sums.High),
            DualClippedCount = Lanes.TotalCount(sums.Dual),
        };
    }

    /// <summary>
    /// The loop of nearly every training: every token counts, the ratios are near 1, there are no scales. It does less than <see cref="Loop"/> and gives every token the same bits.
    /// </summary>
    /// <returns>The first vector that is not of this kind, or the end.</returns>
    private static int NearLoop<T, TLoss>(PolicyTokens<T> tokens, int whole, int from, Span<T> gradient, in TLoss tokenLoss, ref Sums<T> sums)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLoss : struct, ITokenLoss<T>
    {
        TLoss evaluator = tokenLoss;
        Vector256<T> bound = Vector256.Create(T.CreateTruncating(LaneExp.NearBound));
        ref T logProbStart = ref MemoryMarshal.GetReference(tokens.LogProbs);
        ref T oldStart = ref MemoryMarshal.GetReference(tokens.OldLogProbs);
        ref T advantageStart = ref MemoryMarshal.GetReference(tokens.Advantages);
        ref T weightStart = ref MemoryMarshal.GetReference(tokens.Weights);
        ref T gradientStart = ref MemoryMarshal.GetReference(gradient);
        Vector256<T> largest = sums.Largest, smallest = sums.Smallest, lowCount = sums.Low, highCount = sums.High, dualCount = sums.Dual;
        nuint step = (nuint)Vector256<T>.Count, i = (nuint)from, length = (nuint)whole;
        bool near = true;
        while (near && i < length)
        {
            Vector256<T> lossSum = default, logRatioSum = default, klSum = default;
            nuint end = Math.Min(length, i + (BlockVectors * step));
            for (; i < end; i += step)
            {
                Vector256<T> weight = Vector256.LoadUnsafe(ref weightStart, i);
                Vector256<T> logProb = Vector256.LoadUnsafe(ref logProbStart, i), oldLogProb = Vector256.LoadUnsafe(ref oldStart, i);
                Vector256<T> logRatio = logProb - oldLogProb;

                // NaN is never at most the bound.
                Vector256<T> fits = Vector256.AndNot(Vector256.LessThanOrEqual(Vector256.Abs(logRatio), bound), Vector256.Equals(weight, Vector256<T>.Zero));
                if (fits.ExtractMostSignificantBits() != (1u << Vector256<T>.Count) - 1)
                {
                    near = false;
                    break;
                }

                Vector256<T> ratio = Lanes.ExpNear(logRatio, out Vector256<T> excess);
                evaluator.Evaluate(
                    logProb, oldLogProb, ratio, Vector256.LoadUnsafe(ref advantageStart, i),
                    out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
                Vector256<T> pull = -weight;
                lossSum = Lanes.MultiplyAdd(pull, gain, lossSum);
                Lanes.MultiplyAdd(pull, rise, Vector256.LoadUnsafe(ref gradientStart, i)).StoreUnsafe(ref gradientStart, i);
                largest = Vector256.MaxNative(largest, ratio);
                smallest = Vector256.MinNative(smallest, ratio);
                logRatioSum += logRatio;
                klSum += excess;
                lowCount = Lanes.CountInto(lowCount, low);
                highCount = Lanes.CountInto(highCount, high);
                if (TLoss.HasDualClip)
                {
                    dualCount = Lanes.CountInto(dualCount, dual);
                }
            }

            sums.Loss = Lanes.AddWidened(sums.Loss, lossSum);
            sums.LogRatio = Lanes.AddWidened(sums.LogRatio, logRatioSum);
            sums.Kl = Lanes.AddWidened(sums.Kl, klSum);
        }

        (sums.Largest, sums.Smallest, sums.Low, sums.High, sums.Dual) = (largest, smallest, lowCount, highCount, dualCount);
        return (int)i;
    }

    /// <summary>
    /// Whole vectors only. Sums run in T over blocks of <see cref="BlockVectors"/> vectors and in double across blocks: nearly as exact as double throughout, at a fraction of the conversions.
    /// </summary>
    private static void Loop<T, TLoss>(
        ReadOnlySpan<T> logProbs, ReadOnlySpan<T> oldLogProbs, ReadOnlySpan<T> advantages, ReadOnlySpan<T> weights, ReadOnlySpan<T> scales, Span<T> gradient,
        in TLoss tokenLoss, double minLogRatio, double maxLogRatio, bool sequenceLevel, Vector256<T> sequenceRatio, bool insideClamp, ref Sums<T> sums)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLoss : struct, ITokenLoss<T>
    {
        TLoss evaluator = tokenLoss;
        Vector256<T> min = Vector256.Create(T.CreateSaturating(minLogRatio));
        Vector256<T> max = Vector256.Create(T.CreateSaturating(maxLogRatio));
        ref T logProbStart = ref MemoryMarshal.GetReference(logProbs);
        ref T oldStart = ref MemoryMarshal.GetReference(oldLogProbs);
        ref T advantageStart = ref MemoryMarshal.GetReference(advantages);
        ref T weightStart = ref MemoryMarshal.GetReference(weights);
        ref T scaleStart = ref MemoryMarshal.GetReference(scales);
        ref T gradientStart = ref MemoryMarshal.GetReference(gradient);
        bool bounded = minLogRatio >= -87 && maxLogRatio <= 87, hasScales = !scales.IsEmpty, hasGradient = !gradient.IsEmpty;
        Vector256<T> largest = sums.Largest, smallest = sums.Smallest, outCount = sums.Out, lowCount = sums.Low, highCount = sums.High, dualCount = sums.Dual;
        nuint length = (nuint)logProbs.Length;
        nuint step = (nuint)Vector256<T>.Count;
        for (nuint start = 0; start < length; start += BlockVectors * step)
        {
            Vector256<T> lossSum = default, slopeSum = default, logRatioSum = default, klSum = default;
            nuint end = Math.Min(length, start + (BlockVectors * step));
            for (nuint i = start; i < end; i += step)
            {
                Vector256<T> weight = Vector256.LoadUnsafe(ref weightStart, i);
                Vector256<T> left = Vector256.Equals(weight, Vector256<T>.Zero);

                // Tokens that do not count become log-ratio 0 and advantage 0: no NaN of a padded place gets any further.
                Vector256<T> logProb = Vector256.AndNot(Vector256.LoadUnsafe(ref logProbStart, i), left);
                Vector256<T> oldLogProb = Vector256.AndNot(Vector256.LoadUnsafe(ref oldStart, i), left);
                Vector256<T> advantage = Vector256.AndNot(Vector256.LoadUnsafe(ref advantageStart, i), left);
                Vector256<T> rawLogRatio = logProb - oldLogProb;
                Vector256<T> logRatio = Lanes.ClampNative(rawLogRatio, min, max);
                Vector256<T> tokenRatio = bounded ? Lanes.ExpBounded(logRatio, out Vector256<T> excess) : Lanes.Exp(logRatio, out excess);
                Vector256<T> ratio = sequenceLevel ? sequenceRatio : tokenRatio;
                evaluator.Evaluate(logProb, oldLogProb, ratio, advantage, out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
                if (TLoss.ThroughRatio)
                {
                    rise = sequenceLevel
                        ? (insideClamp ? rise : Vector256<T>.Zero)
                        : Vector256.AndNot(rise, Lanes.Differ(rawLogRatio, logRatio));
                }

                if (hasScales)
                {
                    weight *= Vector256.AndNot(Vector256.LoadUnsafe(ref scaleStart, i), left);
                }

                Vector256<T> pull = -weight;
                lossSum = Lanes.MultiplyAdd(pull, gain, lossSum);
                if (hasGradient)
                {
                    Lanes.MultiplyAdd(pull, rise, Vector256.LoadUnsafe(ref gradientStart, i)).StoreUnsafe(ref gradientStart, i);
                }
                else
                {
                    slopeSum = Lanes.MultiplyAdd(pull, rise, slopeSum);
                }

                largest = Vector256.MaxNative(largest, tokenRatio);
                smallest = Vector256.MinNative(smallest, tokenRatio);
                logRatioSum += logRatio;
                klSum += excess;
                outCount = Lanes.CountInto(outCount, left);
                lowCount = Lanes.CountInto(lowCount, sequenceLevel ? Vector256.AndNot(low, left) : low);
                highCount = Lanes.CountInto(highCount, sequenceLevel ? Vector256.AndNot(high, left) : high);
                if (TLoss.HasDualClip)
                {
                    dualCount = Lanes.CountInto(dualCount, dual);
                }
            }

            sums.Loss = Lanes.AddWidened(sums.Loss, lossSum);
            sums.Slope = Lanes.AddWidened(sums.Slope, slopeSum);
            sums.LogRatio = Lanes.AddWidened(sums.LogRatio, logRatioSum);
            sums.Kl = Lanes.AddWidened(sums.Kl, klSum);
        }

        (sums.Largest, sums.Smallest, sums.Out, sums.Low, sums.High, sums.Dual) = (largest, smallest, outCount, lowCount, highCount, dualCount);
    }

    /// <summary>The running sums of a pass; the counts and the extremes of the ratio lane by lane.</summary>
    private struct Sums<T>
    {
        public Vector256<double> Loss, Slope, LogRatio, Kl;
        public Vector256<T> Largest, Smallest, Out, Low, High, Dual;
    }
}
