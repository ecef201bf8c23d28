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
        return options.MaxRatio is null && options.DualClip is null
            ? TokenLossLoop.Run(tokens, new ClipLoss<T>(options), options.RatioLevel, options.MinLogRatio, options.MaxLogRatio, gradient)
            : TokenLossLoop.Run(tokens, new BoundedClipLoss<T>(options), options.RatioLevel, options.MinLogRatio, options.MaxLogRatio, gradient);
    }

    /// <summary>The clip and nothing else: what nearly every training runs.</summary>
    private readonly struct ClipLoss<T>(ClippedSurrogateOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> lowest = Vector256.Create(T.CreateSaturating(1 - options.ClipLow));
        private readonly Vector256<T> highest = Vector256.Create(T.CreateSaturating(1 + options.ClipHigh));

        public static bool ThroughRatio => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            // Where the minimum takes the clipped branch, the ratio has passed the bound that its advantage pushes it to.
            Vector256<T> free = ratio * advantage;
            Vector256<T> bound = Lanes.ClampNative(ratio, lowest, highest) * advantage;
            Vector256<T> still = Vector256.GreaterThan(free, bound);
            Vector256<T> negative = Vector256.LessThan(advantage, Vector256<T>.Zero);
            gain = Vector256.MinNative(bound, free);
            rise = Vector256.AndNot(free, still);
            low = still & negative;
            high = Vector256.AndNot(still, negative);
            dual = Vector256<T>.Zero;
        }
    }

    /// <summary>The clip with dual clip or two-sided δ, or both.</summary>
    private readonly struct BoundedClipLoss<T>(ClippedSurrogateOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> lowest = Vector256.Create(T.CreateSaturating(1 - options.ClipLow));
        private readonly Vector256<T> highest = Vector256.Create(T.CreateSaturating(1 + options.ClipHigh));
        private readonly Vector256<T> cap = Vector256.Create(T.CreateSaturating(options.MaxRatio ?? double.PositiveInfinity));
        private readonly Vector256<T> dualClip = Vector256.Create(T.CreateSaturating(options.DualClip ?? 0));
        private readonly bool hasDualClip = options.DualClip is not null;

        public static bool ThroughRatio => true;

        public static bool HasDualClip => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> zero = Vector256<T>.Zero;
            Vector256<T> negative = Vector256.LessThan(advantage, zero);
            Vector256<T> capped = Lanes.AtMost(ratio, cap);
            Vector256<T> free = capped * advantage;
            Vector256<T> bound = Lanes.ClampNative(ratio, lowest, highest) * advantage;
            Vector256<T> takesBound = Vector256.GreaterThan(free, bound);
            gain = Vector256.MinNative(bound, free);

            // A branch has a slope where its own clamp left the ratio alone.
            Vector256<T> still = Vector256.ConditionalSelect(
                takesBound, Vector256.LessThan(ratio, lowest) | Vector256.GreaterThan(ratio, highest), Vector256.GreaterThan(ratio, cap));
            low = Vector256.LessThan(capped, lowest) & negative;
            high = Vector256.GreaterThan(capped, highest) & Vector256.GreaterThan(advantage, zero);
            dual = zero;
            if (hasDualClip)
            {
                Vector256<T> floor = dualClip * advantage;
                dual = negative & Vector256.LessThan(gain, floor);
                gain = Vector256.ConditionalSelect(dual, floor, gain);
                still |= dual;
            }

            rise = Vector256.AndNot(ratio * advantage, still);
        }
    }
}
