using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// REINFORCE: −A·log π. With importance weights in <see cref="PolicyTokens{T}.Scales"/> it is the importance-sampled form; with GPG's advantage it is GPG
    /// (arXiv 2504.02546). The ratio is only measured.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms Reinforce<T>(PolicyTokens<T> tokens, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        return TokenLossLoop.Run(tokens, default(ReinforceLoss<T>), RatioLevel.Token, double.NegativeInfinity, double.PositiveInfinity, gradient);
    }

    private readonly struct ReinforceLoss<T> : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static bool ThroughRatio => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            rise = advantage;
            gain = rise * logProb;
            low = high = dual = Vector256<T>.Zero;
        }
    }
}
