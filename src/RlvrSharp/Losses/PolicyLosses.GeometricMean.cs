using System.Numerics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// GMPO: −A·exp(mean of clipped log-ratios), one loss per sequence (arXiv 2507.20673, equation 4). A is the mean advantage of the sequence's tokens.
    /// <see cref="PolicyTokens{T}.Scales"/> enter by their geometric mean.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of exactly one sequence. Its weight is the sum of its tokens' weights.</param>
    /// <param name="options">The clip bounds, in log space.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens; the ratio is the sequence's own.</returns>
    public static LossTerms GeometricMean<T>(PolicyTokens<T> tokens, GeometricMeanOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(gradient);
        ReadOnlySpan<T> mask = tokens.SequenceMask;
        double sum = 0, advantageSum = 0, scaleSum = 0, weight = 0, logRatioSum = 0, klSum = 0;
        int length = 0, tokenCount = 0, low = 0, high = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            weight += double.CreateTruncating(tokens.Weights[i]);
            if (T.IsZero(mask[i]))
            {
                continue;
            }

            double logRatio = LogRatio(tokens, i);
            double advantage = double.CreateTruncating(tokens.Advantages[i]);
            length++;
            sum += Clip(logRatio, advantage, options, out _);
            advantageSum += advantage;
            scaleSum += tokens.Scales.IsEmpty ? 0 : Math.Log(double.CreateTruncating(tokens.Scales[i]) + 1e-10);
            if (T.IsZero(tokens.Weights[i]))
            {
                continue;
            }

            tokenCount++;
            logRatioSum += logRatio;
            klSum += Lanes.Exp(logRatio) - 1 - logRatio;
            bool below = logRatio < -options.ClipLow, above = logRatio > options.ClipHigh;
            low += advantage < 0 && (below || (above && options.CountBothSides)) ? 1 : 0;
            high += advantage > 0 && (above || (below && options.CountBothSides)) ? 1 : 0;
        }

        double divisor = (length > 0 || options.LengthEpsilon > 0 ? length : 1) + options.LengthEpsilon;
        double ratio = Lanes.Exp(sum / divisor);

        // A sequence without tokens keeps the advantage that its row was given, as far as there is one.
        double advantageMean = length > 0 || options.LengthEpsilon > 0 || tokens.Advantages.IsEmpty
            ? advantageSum / divisor
            : double.CreateTruncating(tokens.Advantages[0]);
        double scale = tokens.Scales.IsEmpty ? 1 : Lanes.Exp(scaleSum / divisor);
        double loss = weight == 0 ? 0 : -weight * scale * advantageMean * ratio;
        for (int i = 0; i < mask.Length && loss != 0; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                Clip(LogRatio(tokens, i), double.CreateTruncating(tokens.Advantages[i]), options, out double slope);
                gradient[i] += T.CreateTruncating(loss * slope / divisor);
            }
        }

        return new LossTerms
        {
            Loss = loss,
            PolicyLoss = loss,
            TokenCount = tokenCount,
            RatioSum = tokenCount * ratio,
            MaxRatioDeviation = tokenCount > 0 ? Math.Abs(ratio - 1) : 0,
            LogRatioSum = logRatioSum,
            ApproxKlSum = klSum,
            ClippedLowCount = low,
            ClippedHighCount = high,
        };
    }

    private static double LogRatio<T>(PolicyTokens<T> tokens, int i)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        double.CreateTruncating(tokens.LogProbs[i]) - double.CreateTruncating(tokens.OldLogProbs[i]);

    /// <summary>Clips a log-ratio where more of it would help the surrogate; advantage 0 counts as negative.</summary>
    private static double Clip(double logRatio, double advantage, GeometricMeanOptions options, out double slope)
    {
        slope = 1;
        if (advantage > 0 ? logRatio > options.ClipHigh : logRatio < -options.ClipLow)
        {
            slope = 0;
            return advantage > 0 ? options.ClipHigh : -options.ClipLow;
        }

        return logRatio;
    }
}
