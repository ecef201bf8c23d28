using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// CISPO: −sg(clip(ratio))·A·log π (arXiv 2506.13585, equation 4). High counts are ratios above the upper bound; with
    /// <see cref="CispoBounds.AbsoluteCap"/> only where A > 0, as TRL counts them. Low counts are ratios below the lower bound.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens. With a sequence-level ratio: of exactly one sequence.</param>
    /// <param name="options">The bounds and what they mean.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms Cispo<T>(PolicyTokens<T> tokens, CispoOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        return TokenLossLoop.Run(tokens, new CispoLoss<T>(options), options.RatioLevel, options.MinLogRatio, options.MaxLogRatio, gradient);
    }

    private readonly struct CispoLoss<T>(CispoOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> lowest = Vector256.Create(T.CreateSaturating(options.LowestRatio));
        private readonly Vector256<T> highest = Vector256.Create(T.CreateSaturating(options.HighestRatio));
        private readonly bool countsPositiveOnly = options.Bounds == CispoBounds.AbsoluteCap;

        public static bool ThroughRatio => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            rise = Lanes.Clamp(ratio, lowest, highest) * advantage;
            gain = rise * logProb;
            low = Vector256.LessThan(ratio, lowest);
            high = Vector256.GreaterThan(ratio, highest);
            if (countsPositiveOnly)
            {
                high &= Vector256.GreaterThan(advantage, Vector256<T>.Zero);
            }

            dual = Vector256<T>.Zero;
        }
    }
}
