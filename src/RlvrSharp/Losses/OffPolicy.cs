using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>Corrections for samples that another policy drew. They make <see cref="PolicyTokens{T}.Scales"/>: constants in the gradient.</summary>
public static class OffPolicy
{
    // What stands in the scales, for a moment, where a rule dropped a token.
    private const int DroppedLow = -1;
    private const int DroppedHigh = -2;

    /// <summary>Computes one sequence's scales: importance weight, cut at its bounds, times 1 or 0 of every rejection rule.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="oldLogProbs">Log-probabilities under the trainer's own policy at the start of the step.</param>
    /// <param name="samplerLogProbs">Log-probabilities under whatever drew the tokens.</param>
    /// <param name="mask">Not 0 where a token counts.</param>
    /// <param name="options">Weight, bounds, rules.</param>
    /// <param name="scales">Where the scales go. A token that does not count gets the sequence's weight, or 1.</param>
    /// <param name="advantages">Only <see cref="RejectionRule.OnlyWhereGrowing"/> needs them; else empty.</param>
    /// <returns>How far the samples were off, before and after.</returns>
    public static OffPolicyTerms Scales<T>(
        ReadOnlySpan<T> oldLogProbs, ReadOnlySpan<T> samplerLogProbs, ReadOnlySpan<T> mask, OffPolicyOptions options, Span<T> scales, ReadOnlySpan<T> advantages = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        int length = oldLogProbs.Length;
        if (samplerLogProbs.Length != length || mask.Length != length || scales.Length != length || (advantages.Length != length && !advantages.IsEmpty))
        {
            throw new ArgumentException(
                $"There are {length} log-probabilities, {samplerLogProbs.Length} of the sampler, {mask.Length} mask elements, {advantages.Length} advantages and room for {scales.Length} scales: give one of each per token.",
                nameof(samplerLogProbs));
        }

        // The raw distances, and the ratio of the sequence.
        double limit = options.MaxLogRatio;
        double count = 0, sum = 0, clampedSum = 0, absolute = 0, largest = 0, k3 = 0;
        for (int i = 0; i < length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                double u = LogRatio(oldLogProbs, samplerLogProbs, i);
                count++;
                sum += u;
                clampedSum += Math.Clamp(u, -limit, limit);
                absolute += Math.Abs(u);
                largest = Math.Max(largest, Math.Abs(u));
                k3 += Lanes.Exp(u) - 1 - u;
            }
        }

        double product = Math.Clamp(sum, -limit, limit);
        double sequenceRatio = options.Level switch
        {
            OffPolicyLevel.Sequence => Lanes.Exp(product),
            OffPolicyLevel.SequenceMean => Lanes.Exp(clampedSum / Math.Max(count, 1)),
            _ => 1,
        };

        // The weights, before and after their bounds.
        double ratioSum = 0, ratioSquares = 0, minRatio = double.PositiveInfinity, maxRatio = 0, cutLow = 0, cutHigh = 0;
        for (int i = 0; i < length; i++)
        {
            bool counts = !T.IsZero(mask[i]);
            double ratio = counts && options.Level == OffPolicyLevel.Token
                ? Lanes.Exp(Math.Clamp(LogRatio(oldLogProbs, samplerLogProbs, i), -limit, limit))
                : sequenceRatio;
            scales[i] = T.CreateTruncating(options.Level == OffPolicyLevel.None ? 1 : Math.Clamp(ratio, options.MinWeight, options.MaxWeight));
            if (counts)
            {
                ratioSum += ratio;
                ratioSquares += ratio * ratio;
                minRatio = Math.Min(minRatio, ratio);
                maxRatio = Math.Max(maxRatio, ratio);
                cutLow += ratio < options.MinWeight ? 1 : 0;
                cutHigh += ratio > options.MaxWeight ? 1 : 0;
            }
        }

        for (int r = 0; r < options.Rejections.Count; r++)
        {
            Reject(options.Rejections[r], oldLogProbs, samplerLogProbs, mask, limit, advantages, scales);
        }

        double low = 0, high = 0, weightSum = 0, weightSquares = 0, minWeight = double.PositiveInfinity, maxWeight = 0;
        for (int i = 0; i < length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                double weight = double.CreateTruncating(scales[i]);
                low += weight == DroppedLow ? 1 : 0;
                high += weight == DroppedHigh ? 1 : 0;
                weight = Math.Max(weight, 0);
                scales[i] = T.CreateTruncating(weight);
                weightSum += weight;
                weightSquares += weight * weight;
                minWeight = Math.Min(minWeight, weight);
                maxWeight = Math.Max(maxWeight, weight);
            }
        }

        return new OffPolicyTerms
        {
            TokenCount = count,
            SequenceCount = count > 0 ? 1 : 0,
            LogRatioSum = sum,
            AbsoluteLogRatioSum = absolute,
            MaxAbsoluteLogRatio = largest,
            K3Sum = k3,
            RatioSum = ratioSum,
            RatioSquareSum = ratioSquares,
            MinRatio = minRatio,
            MaxRatio = maxRatio,
            SequenceRatioSquareSum = Lanes.Exp(2 * product),
            TruncatedLowCount = cutLow,
            TruncatedHighCount = cutHigh,
            RejectedCount = low + high,
            RejectedLowCount = low,
            RejectedHighCount = high,
            RejectedSequenceCount = low + high > 0 ? 1 : 0,
            WeightSum = weightSum,
            WeightSquareSum = weightSquares,
            MinWeight = minWeight,
            MaxWeight = maxWeight,
        };
    }

    /// <summary>
    /// The off-policy sequence mask: multiplies by 0 the scales of tokens with a negative advantage where the mean of log π_sampler − log π over the sequence exceeds a bound.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="logProbs">Log-probabilities under the policy as it is now.</param>
    /// <param name="samplerLogProbs">Log-probabilities under whatever drew the tokens.</param>
    /// <param name="advantages">Advantages.</param>
    /// <param name="mask">Not 0 where a token counts.</param>
    /// <param name="maxDivergence">The bound, in nats per token.</param>
    /// <param name="scales">The scales of one sequence, changed in place.</param>
    /// <returns>The mean divergence.</returns>
    public static double MaskNegativeSequence<T>(
        ReadOnlySpan<T> logProbs, ReadOnlySpan<T> samplerLogProbs, ReadOnlySpan<T> advantages, ReadOnlySpan<T> mask, double maxDivergence, Span<T> scales)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double sum = 0, count = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                sum -= LogRatio(logProbs, samplerLogProbs, i);
                count++;
            }
        }

        double divergence = sum / Math.Max(count, 1);
        for (int i = 0; i < mask.Length && divergence > maxDivergence; i++)
        {
            if (advantages[i] < T.Zero)
            {
                scales[i] = T.Zero;
            }
        }

        return divergence;
    }

    /// <summary>Divides scales by a mean, so that the batch's weights average to 1; a mean of nothing leaves them.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="scales">The scales, changed in place.</param>
    /// <param name="mean">Their mean over the whole batch, over tokens or over sequences (verl's batch normalisation).</param>
    public static void Normalize<T>(Span<T> scales, double mean)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < scales.Length && mean > 1e-8; i++)
        {
            scales[i] = T.CreateTruncating(double.CreateTruncating(scales[i]) / mean);
        }
    }

    private static void Reject<T>(
        RejectionRule rule, ReadOnlySpan<T> oldLogProbs, ReadOnlySpan<T> samplerLogProbs, ReadOnlySpan<T> mask, double limit, ReadOnlySpan<T> advantages, Span<T> scales)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (rule.OnlyWhereGrowing && advantages.IsEmpty && mask.Length > 0)
        {
            throw new ArgumentException("A rejection rule has OnlyWhereGrowing, which looks at advantages: give them.", nameof(advantages));
        }

        // Ratios add up as logarithms.
        bool isRatio = rule.Statistic == RejectionStatistic.Ratio;
        double sum = 0, count = 0;
        int every = 0;
        for (int i = 0; i < mask.Length && rule.Level != RejectionLevel.Token; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                double u = Math.Clamp(LogRatio(oldLogProbs, samplerLogProbs, i), -limit, limit);
                double statistic = Statistic(rule, u);
                sum += isRatio ? u : statistic;
                count++;
                every = every == 0 ? Verdict(rule, statistic) : every;
            }
        }

        double whole = rule.Level == RejectionLevel.SequenceMean ? sum / Math.Max(count, 1) : sum;
        int sequence = rule.Level == RejectionLevel.EveryToken ? every : Verdict(rule, isRatio ? Lanes.Exp(whole) : whole);
        for (int i = 0; i < mask.Length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                double u = Math.Clamp(LogRatio(oldLogProbs, samplerLogProbs, i), -limit, limit);
                int verdict = rule.Level == RejectionLevel.Token ? Verdict(rule, Statistic(rule, u)) : sequence;
                if (verdict != 0 && (!rule.OnlyWhereGrowing || Math.Sign(u) * double.CreateTruncating(advantages[i]) > 0))
                {
                    scales[i] = T.CreateTruncating(verdict);
                }
            }
        }
    }

    private static double Statistic(RejectionRule rule, double u) => rule.Statistic switch
    {
        RejectionStatistic.Ratio => Lanes.Exp(u),
        RejectionStatistic.K1 => -u,
        RejectionStatistic.K2 => 0.5 * u * u,
        RejectionStatistic.K3 => Lanes.Exp(u) - 1 - u,
        RejectionStatistic.TotalVariation => Math.Abs(Lanes.Exp(u) - 1),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule.Statistic, "Unknown statistic."),
    };

    /// <summary>0 keeps; what is not a number is dropped.</summary>
    private static int Verdict(RejectionRule rule, double statistic) =>
        statistic >= rule.Lower && statistic <= rule.Upper ? 0 : statistic < rule.Lower ? DroppedLow : DroppedHigh;

    private static double LogRatio<T>(ReadOnlySpan<T> logProbs, ReadOnlySpan<T> samplerLogProbs, int i)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        double.CreateTruncating(logProbs[i]) - double.CreateTruncating(samplerLogProbs[i]);
}
