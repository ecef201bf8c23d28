using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>Estimates of the KL divergence to a frozen policy: as a term of the loss, as a part of the reward, or only to look at.</summary>
public static class KlPenalty
{
    /// <summary>Adds coefficient × Σ weight × estimate to a loss.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens; advantages and scales are not looked at. The old log-probabilities matter only to the estimators that carry a ratio.</param>
    /// <param name="referenceLogProbs">Log-probabilities under the frozen policy.</param>
    /// <param name="options">Estimator, coefficient, clamps.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here. May be empty where the coefficient is 0.</param>
    /// <returns><see cref="LossTerms.Loss"/> and <see cref="LossTerms.KlLoss"/> with the coefficient, <see cref="LossTerms.ReferenceKlSum"/> (unweighted) without it. The token count is left to the policy loss.</returns>
    public static LossTerms Add<T>(PolicyTokens<T> tokens, ReadOnlySpan<T> referenceLogProbs, KlOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        bool weighted = options.Estimator is KlEstimator.Unbiased or KlEstimator.WeightedK1;
        int length = tokens.LogProbs.Length;
        CheckLength(tokens.Weights.Length, length, nameof(tokens.Weights));
        CheckLength(referenceLogProbs.Length, length, nameof(referenceLogProbs));
        if (weighted)
        {
            CheckLength(tokens.OldLogProbs.Length, length, nameof(tokens.OldLogProbs));
        }

        if (!gradient.IsEmpty || options.Coefficient != 0)
        {
            CheckLength(gradient.Length, length, nameof(gradient));
        }

        bool sequenceLevel = weighted && options.RatioLevel != RatioLevel.Token;
        double share = 0;
        Vector256<T> sequenceRatio = Vector256<T>.One;
        if (sequenceLevel)
        {
            (double sum, double count) = TokenLossLoop.SequenceLogRatio(tokens);
            share = options.RatioLevel == RatioLevel.SequenceProduct ? 1 : 1 / Math.Max(count, 1);
            sequenceRatio = Lanes.Exp(Vector256.Create(T.CreateTruncating(sum * share)));
        }

        Vector256<T> coefficient = Vector256.Create(T.CreateTruncating(options.Coefficient));
        Vector256<double> lossSum = default, klSum = default, ratioSlopes = default;
        for (int i = 0; i < length; i += Vector256<T>.Count)
        {
            Vector256<T> weight = Lanes.Load(tokens.Weights, i);
            Vector256<T> counted = ~Vector256.Equals(weight, Vector256<T>.Zero);
            Vector256<T> logProb = Lanes.Load(tokens.LogProbs, i) & counted;
            Estimate(logProb - (Lanes.Load(referenceLogProbs, i) & counted), options, out Vector256<T> value, out Vector256<T> slope);
            if (weighted)
            {
                Vector256<T> ratio = sequenceLevel ? sequenceRatio : Lanes.Exp(logProb - (Lanes.Load(tokens.OldLogProbs, i) & counted));
                slope *= ratio;
                value *= ratio;

                // The ratio is exp(log π − …), so its own derivative is the estimate once more.
                if (options.RatioLevel is RatioLevel.Token or RatioLevel.SequenceToken)
                {
                    slope += value;
                }
            }

            Vector256<T> factor = coefficient * weight;
            lossSum = Lanes.AddWidened(lossSum, factor * value);
            klSum = Lanes.AddWidened(klSum, value & counted);
            if (!gradient.IsEmpty)
            {
                Lanes.AddTo(gradient, i, factor * slope);
                ratioSlopes = Lanes.AddWidened(ratioSlopes, factor * value);
            }
        }

        if (sequenceLevel && options.RatioLevel != RatioLevel.SequenceToken && !gradient.IsEmpty)
        {
            TokenLossLoop.Spread(tokens.SequenceMask, T.CreateTruncating(Lanes.Total(ratioSlopes) * share), gradient);
        }

        double loss = Lanes.Total(lossSum);
        return new LossTerms { Loss = loss, KlLoss = loss, ReferenceKlSum = Lanes.Total(klSum) };
    }

    /// <summary>Writes each token's estimate, for KL in the reward or for a report.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="logProbs">Log-probabilities under the policy.</param>
    /// <param name="referenceLogProbs">Log-probabilities under the frozen policy.</param>
    /// <param name="options">Estimator and clamps; the coefficient is not looked at. The estimators that carry a ratio need <see cref="Add"/>.</param>
    /// <param name="values">Where the estimates go, in nats.</param>
    public static void Estimate<T>(ReadOnlySpan<T> logProbs, ReadOnlySpan<T> referenceLogProbs, KlOptions options, Span<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Estimator is KlEstimator.Unbiased or KlEstimator.WeightedK1)
        {
            throw new ArgumentException($"The estimator {options.Estimator} carries the ratio of a policy loss: use it in the loss, or choose K1, K2 or K3 here.", nameof(options));
        }

        CheckLength(referenceLogProbs.Length, logProbs.Length, nameof(referenceLogProbs));
        CheckLength(values.Length, logProbs.Length, nameof(values));
        values.Clear();
        for (int i = 0; i < logProbs.Length; i += Vector256<T>.Count)
        {
            Estimate(Lanes.Load(logProbs, i) - Lanes.Load(referenceLogProbs, i), options, out Vector256<T> value, out _);
            Lanes.AddTo(values, i, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Estimate<T>(Vector256<T> raw, KlOptions options, out Vector256<T> value, out Vector256<T> slope)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector256<T> limit = Vector256.Create(T.CreateSaturating(options.MaxLogRatio));
        Vector256<T> x = Lanes.Clamp(raw, -limit, limit);
        Vector256<T> inside = ~(Vector256.LessThan(raw, x) | Vector256.GreaterThan(raw, x));
        Vector256<T> one = Vector256<T>.One;
        switch (options.Estimator)
        {
            case KlEstimator.K1 or KlEstimator.WeightedK1:
                value = x;
                slope = one;
                break;
            case KlEstimator.K2:
                value = x * x * Vector256.Create(T.CreateTruncating(0.5));
                slope = x;
                break;
            case KlEstimator.Squared:
                value = x * x;
                slope = x + x;
                break;
            case KlEstimator.Absolute:
                value = Vector256.Abs(x);
                slope = Vector256.ConditionalSelect(
                    Vector256.Equals(x, Vector256<T>.Zero), Vector256<T>.Zero, Vector256.CopySign(one, x));
                break;
            default:
                slope = one - Lanes.Exp(-x, out value);
                break;
        }

        Vector256<T> most = Vector256.Create(T.CreateSaturating(options.MaxValue));
        Vector256<T> clamped = Lanes.Clamp(value, -most, most);
        slope = Vector256.AndNot(slope & inside, Vector256.LessThan(value, -most) | Vector256.GreaterThan(value, most));
        value = clamped;
        if (options.UseK2Gradient)
        {
            slope = x & inside;
        }
    }

    private static void CheckLength(int actual, int length, string name)
    {
        if (actual != length)
        {
            throw new ArgumentException($"{name} has {actual} elements, the log-probabilities {length}: give one per token.", name);
        }
    }
}
