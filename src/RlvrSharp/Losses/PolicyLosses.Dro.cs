using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// DRO: −(A·log π − (β/2)·(log π − log π_old)²), token by token (arXiv 2405.19107). <see cref="PolicyTokens{T}.Scales"/> multiply both parts.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens.</param>
    /// <param name="options">The strength of the quadratic part.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms Dro<T>(PolicyTokens<T> tokens, DroOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        return TokenLossLoop.Run(tokens, new DroLoss<T>(options), RatioLevel.Token, double.NegativeInfinity, double.PositiveInfinity, gradient);
    }

    private readonly struct DroLoss<T>(DroOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> beta = Vector256.Create(T.CreateTruncating(options.Beta));

        public static bool ThroughRatio => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> distance = logProb - oldLogProb;
            Vector256<T> pull = beta * distance;
            rise = advantage - pull;
            gain = (advantage * logProb) - (pull * distance * Vector256.Create(T.CreateTruncating(0.5)));
            low = high = dual = Vector256<T>.Zero;
        }
    }
}
