using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>Every per-token loss once more, as the plainest loop there is.</summary>
internal static class PolicyLossOracle
{
    /// <summary>The token loss of an objective, by the formula in its documentation.</summary>
    public static double Loss(PolicyObjective objective, double logProb, double old, double advantage)
    {
        double d = logProb - old, ratio = Math.Exp(d);
        switch (objective)
        {
            case ClippedSurrogateOptions o:
                double loss = Math.Max(-Math.Min(ratio, o.MaxRatio ?? double.PositiveInfinity) * advantage, -Math.Clamp(ratio, 1 - o.ClipLow, 1 + o.ClipHigh) * advantage);
                return o.DualClip is { } c && advantage < 0 ? Math.Min(loss, -c * advantage) : loss;
            case CispoOptions o:
                double low = o.Bounds == CispoBounds.TwoSided ? 1 - o.ClipLow : 0, high = o.Bounds == CispoBounds.AbsoluteCap ? o.ClipHigh : 1 + o.ClipHigh;
                return -Math.Clamp(ratio, low, high) * advantage * logProb;
            case SapoOptions o:
                double tau = advantage > 0 ? o.PositiveTemperature : o.NegativeTemperature;
                return -4 / tau / (1 + Math.Exp(-tau * (ratio - 1))) * advantage;
            case ReinforceOptions:
                return -advantage * logProb;
            case DroOptions o:
                return -((advantage * logProb) - (o.Beta / 2 * d * d));
            case TrustRegionOptions o:
                double p = Math.Exp(logProb), q = Math.Exp(old), move = p - q;
                if (o.Measure == DivergenceMeasure.BinaryKl)
                {
                    double kl = (q * (old - logProb)) + ((1 - q) * Math.Log((1 - q + 1e-8) / (1 - p + 1e-8)));
                    move = Math.CopySign(kl, move);
                }

                bool drop = o.BySign ? (advantage > 0 ? move > o.MaxRise : move < -o.MaxFall) : move > o.MaxRise || move < -o.MaxFall;
                return drop ? 0 : o.DetachedRatioCap is { } cap ? -Math.Min(ratio, cap) * advantage * logProb : -ratio * advantage;
            default:
                throw new ArgumentException(objective.Name);
        }
    }
}
