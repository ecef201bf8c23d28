using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>
/// The policy losses: pure functions over the tokens of a sequence. Each returns sums and <em>adds</em> ∂loss/∂log-probability to
/// <c>gradient</c>, so that several terms can share one buffer. Nothing is allocated. docs/losses.md has the table of formulas, papers and
/// the peers' settings.
/// </summary>
public static partial class PolicyLosses
{
    /// <summary>
    /// The clipped surrogate: −min(ratio·A, clip(ratio, 1 − low, 1 + high)·A), with dual clip and two-sided δ where asked for
    /// (PPO, arXiv 1707.06347, equation 7; DAPO 2503.14476; GSPO 2507.18071).
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens. With a sequence-level ratio: of exactly one sequence.</param>
    /// <param name="options">The clip bounds.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens: loss, ratio, k3, counts of clipped tokens.</returns>
    public static LossTerms ClippedSurrogate<T>(PolicyTokens<T> tokens, ClippedSurrogateOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        var loss = new ClippedSurrogateLoss<T>(options);
        return TokenLossLoop.Run(tokens, loss, options.RatioLevel, options.MinLogRatio, options.MaxLogRatio, gradient);
    }

    private readonly struct ClippedSurrogateLoss<T>(ClippedSurrogateOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> lowest = Vector256.Create(T.CreateSaturating(1 - options.ClipLow));
        private readonly Vector256<T> highest = Vector256.Create(T.CreateSaturating(1 + options.ClipHigh));
        private readonly Vector256<T> cap = Vector256.Create(T.CreateSaturating(options.MaxRatio ?? double.PositiveInfinity));
        private readonly Vector256<T> dualClip = Vector256.Create(T.CreateSaturating(options.DualClip ?? 0));
        private readonly bool hasCap = options.MaxRatio is not null;
        private readonly bool hasDualClip = options.DualClip is not null;

        public static bool ThroughRatio => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> loss, out Vector256<T> slope, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> zero = Vector256<T>.Zero;
            Vector256<T> negative = Vector256.LessThan(advantage, zero);
            Vector256<T> positive = Vector256.GreaterThan(advantage, zero);
            Vector256<T> surrogate, still;
            if (hasCap)
            {
                Vector256<T> capped = Lanes.AtMost(ratio, cap);
                Vector256<T> clipped = Lanes.Clamp(ratio, lowest, highest);
                Vector256<T> free = capped * advantage;
                Vector256<T> bound = clipped * advantage;
                Vector256<T> takesBound = Vector256.GreaterThan(free, bound);
                surrogate = Vector256.ConditionalSelect(takesBound, bound, free);

                // A branch has a slope where its own clamp left the ratio alone.
                still = Vector256.ConditionalSelect(
                    takesBound, Vector256.LessThan(ratio, lowest) | Vector256.GreaterThan(ratio, highest), Vector256.GreaterThan(ratio, cap));
                low = Vector256.LessThan(capped, lowest) & negative;
                high = Vector256.GreaterThan(capped, highest) & positive;
            }
            else
            {
                // The minimum takes the clipped branch just where the ratio has passed the bound that its advantage pushes it to.
                low = Vector256.LessThan(ratio, lowest) & negative;
                high = Vector256.GreaterThan(ratio, highest) & positive;
                still = low | high;
                surrogate = Vector256.ConditionalSelect(low, lowest, Vector256.ConditionalSelect(high, highest, ratio)) * advantage;
            }

            dual = zero;
            if (hasDualClip)
            {
                Vector256<T> floor = dualClip * advantage;
                dual = negative & Vector256.LessThan(surrogate, floor);
                surrogate = Vector256.ConditionalSelect(dual, floor, surrogate);
                still |= dual;
            }

            loss = -surrogate;
            slope = -Vector256.AndNot(ratio * advantage, still);
        }
    }
}
