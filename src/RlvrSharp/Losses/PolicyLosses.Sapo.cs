using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// SAPO: −(4/τ)·σ(τ·(ratio − 1))·A, a soft gate with its own temperature for positive and for other advantages (arXiv 2511.20347).
    /// Its slope at ratio 1 is that of the plain surrogate; nothing is ever clipped.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens. With a sequence-level ratio: of exactly one sequence.</param>
    /// <param name="options">The temperatures.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms Sapo<T>(PolicyTokens<T> tokens, SapoOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        return TokenLossLoop.Run(tokens, new SapoLoss<T>(options), options.RatioLevel, options.MinLogRatio, options.MaxLogRatio, gradient);
    }

    private readonly struct SapoLoss<T>(SapoOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> positive = Vector256.Create(T.CreateTruncating(options.PositiveTemperature));
        private readonly Vector256<T> negative = Vector256.Create(T.CreateTruncating(options.NegativeTemperature));

        public static bool ThroughRatio => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> one = Vector256<T>.One;
            Vector256<T> four = Vector256.Create(T.CreateTruncating(4));
            Vector256<T> tau = Vector256.ConditionalSelect(Vector256.GreaterThan(advantage, Vector256<T>.Zero), positive, negative);
            Vector256<T> gate = one / (one + Lanes.Exp(tau * (one - ratio)));
            gain = four / tau * gate * advantage;
            rise = four * gate * (one - gate) * ratio * advantage;
            low = high = dual = Vector256<T>.Zero;
        }
    }
}
