using System.Numerics;
using System.Runtime.CompilerServices;
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
        Vector256<T> one = Vector256<T>.One;
        Vector256<T> min = Vector256.Create(T.CreateSaturating(minLogRatio));
        Vector256<T> max = Vector256.Create(T.CreateSaturating(maxLogRatio));
        Vector256<double> lossSum = default, slopes = default, ratioSum = default, logRatioSum = default, klSum = default;
        Vector256<T> deviation = default;
        long count = 0, lowCount = 0, highCount = 0, dualCount = 0;

        ReadOnlySpan<T> logProbs = tokens.LogProbs, oldLogProbs = tokens.OldLogProbs, advantages = tokens.Advantages;
        ReadOnlySpan<T> weights = tokens.Weights, scales = tokens.Scales;
        for (int i = 0; i < logProbs.Length; i += Vector256<T>.Count)
        {
            Vector256<T> weight = Lanes.Load(weights, i);
            Vector256<T> counted = ~Vector256.Equals(weight, Vector256<T>.Zero);

            // Tokens that do not count become log-ratio 0 and advantage 0: no NaN of a padded place gets any further.
            Vector256<T> logProb = Lanes.Load(logProbs, i) & counted;
            Vector256<T> oldLogProb = Lanes.Load(oldLogProbs, i) & counted;
            Vector256<T> advantage = Lanes.Load(advantages, i) & counted;
            Vector256<T> rawLogRatio = logProb - oldLogProb;
            Vector256<T> logRatio = Lanes.Clamp(rawLogRatio, min, max);
            Vector256<T> tokenRatio = Lanes.Exp(logRatio);
            Vector256<T> ratio = sequenceLevel ? sequenceRatio : tokenRatio;

            tokenLoss.Evaluate(logProb, oldLogProb, ratio, advantage, out Vector256<T> loss, out Vector256<T> slope, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual);
            if (TLoss.ThroughRatio)
            {
                slope = sequenceLevel
                    ? (insideClamp ? slope : Vector256<T>.Zero)
                    : Vector256.AndNot(slope, Vector256.LessThan(rawLogRatio, min) | Vector256.GreaterThan(rawLogRatio, max));
            }

            Vector256<T> factor = scales.IsEmpty ? weight : weight * (Lanes.Load(scales, i) & counted);
            slope = factor * slope;
            lossSum = Lanes.AddWidened(lossSum, factor * loss);
            if (gradient.IsEmpty)
            {
                slopes = Lanes.AddWidened(slopes, slope);
            }
            else
            {
                Lanes.AddTo(gradient, i, slope);
            }

            Vector256<T> excess = ratio - one;
            ratioSum = Lanes.AddWidened(ratioSum, excess & counted);
            logRatioSum = Lanes.AddWidened(logRatioSum, logRatio);
            klSum = Lanes.AddWidened(klSum, Lanes.ExpExcess(logRatio, tokenRatio));
            Vector256<T> distance = Vector256.Abs(excess) & counted;
            deviation = Vector256.ConditionalSelect(Vector256.LessThan(distance, deviation), deviation, distance);
            count += Lanes.Count(counted);
            lowCount += Lanes.Count(low & counted);
            highCount += Lanes.Count(high & counted);
            dualCount += Lanes.Count(dual & counted);
        }

        slopeSum = Lanes.Total(slopes);
        double total = Lanes.Total(lossSum);
        return new LossTerms
        {
            Loss = total,
            PolicyLoss = total,
            TokenCount = count,
            RatioSum = count + Lanes.Total(ratioSum),
            MaxRatioDeviation = Lanes.Max(deviation),
            LogRatioSum = Lanes.Total(logRatioSum),
            ApproxKlSum = Lanes.Total(klSum),
            ClippedLowCount = lowCount,
            ClippedHighCount = highCount,
            DualClippedCount = dualCount,
        };
    }
}
