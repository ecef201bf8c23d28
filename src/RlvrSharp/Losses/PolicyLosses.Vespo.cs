using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    private const double SmallestVespoLog = -18.420680743952367; // ln 1e-8
    private const double LargestVespoLog = 20;

    /// <summary>
    /// VESPO: −sg(φ(w))·A·log π (arXiv 2602.10693). <see cref="PolicyTokens{T}.Scales"/>, where given, are importance weights of the sampler and enter w, not the loss;
    /// tokens to be left out altogether need weight 0.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of exactly one sequence.</param>
    /// <param name="options">k and λ.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms Vespo<T>(PolicyTokens<T> tokens, VespoOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(gradient);
        double logWeight = VespoLogWeight(tokens, options);
        var loss = new VespoLoss<T>(Phi(logWeight, options.PositiveK, options.PositiveLambda), Phi(logWeight, options.NegativeK, options.NegativeLambda));
        PolicyTokens<T> unscaled = new() { LogProbs = tokens.LogProbs, OldLogProbs = tokens.OldLogProbs, Advantages = tokens.Advantages, Weights = tokens.Weights };
        return TokenLossLoop.Run(unscaled, loss, RatioLevel.Token, -20, 20, gradient);
    }

    /// <summary>φ(w) of one sequence, what VESPO multiplies its gradient by.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of exactly one sequence.</param>
    /// <param name="options">k and λ.</param>
    /// <param name="advantage">Its sign chooses k and λ.</param>
    /// <returns>φ(w), 0 or more.</returns>
    public static double VespoPhi<T>(PolicyTokens<T> tokens, VespoOptions options, double advantage)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        double logWeight = VespoLogWeight(tokens, options);
        return advantage >= 0 ? Phi(logWeight, options.PositiveK, options.PositiveLambda) : Phi(logWeight, options.NegativeK, options.NegativeLambda);
    }

    private static double VespoLogWeight<T>(PolicyTokens<T> tokens, VespoOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> mask = tokens.SequenceMask;
        double sum = 0;
        bool takesScale = !tokens.Scales.IsEmpty;
        for (int i = 0; i < mask.Length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                sum += Math.Clamp(LogRatio(tokens, i), -20, 20);
                if (takesScale)
                {
                    sum += Math.Clamp(Math.Log(double.CreateTruncating(tokens.Scales[i])), SmallestVespoLog, LargestVespoLog);
                    takesScale = !options.ScalesArePerSequence;
                }
            }
        }

        return Math.Clamp(sum, SmallestVespoLog, LargestVespoLog);
    }

    private static double Phi(double logWeight, double k, double lambda)
    {
        double bounded = Math.Max(lambda, 1e-4);
        double phi = Lanes.Exp(bounded + (k * logWeight) - (bounded * Lanes.Exp(logWeight)));
        return double.IsFinite(phi) ? phi : 0;
    }

    private readonly struct VespoLoss<T>(double positive, double negative) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> positivePhi = Vector256.Create(T.CreateTruncating(positive));
        private readonly Vector256<T> negativePhi = Vector256.Create(T.CreateTruncating(negative));

        public static bool ThroughRatio => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> phi = Vector256.ConditionalSelect(Vector256.LessThan(advantage, Vector256<T>.Zero), negativePhi, positivePhi);
            rise = phi * advantage;
            gain = rise * logProb;
            low = high = dual = Vector256<T>.Zero;
        }
    }
}
