using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

public static partial class PolicyLosses
{
    /// <summary>
    /// The masked trust region: −ratio·A for tokens whose probability moved no further than allowed, 0 for the others (DPPO, arXiv 2602.04879; IPO of
    /// prime-rl). Low counts are dropped tokens with a negative advantage, high counts those with a positive one.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens.</param>
    /// <param name="options">The bounds, and whether the gradient runs through the ratio.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public static LossTerms TrustRegion<T>(PolicyTokens<T> tokens, TrustRegionOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.DetachedRatioCap is null
            ? TokenLossLoop.Run(tokens, new TrustRegionLoss<T>(options), RatioLevel.Token, double.NegativeInfinity, double.PositiveInfinity, gradient)
            : TokenLossLoop.Run(tokens, new DetachedTrustRegionLoss<T>(options), RatioLevel.Token, double.NegativeInfinity, double.PositiveInfinity, gradient);
    }

    /// <summary>Which tokens the trust region drops.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens; weights do not matter.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="keep">Where 1 (kept) or 0 (dropped) goes; one per token.</param>
    public static void TrustRegionMask<T>(PolicyTokens<T> tokens, TrustRegionOptions options, Span<T> keep)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        tokens.Check(keep);
        var region = new Region<T>(options);
        keep.Clear();
        for (int i = 0; i < keep.Length; i += Vector256<T>.Count)
        {
            Vector256<T> dropped = region.Drops(Lanes.Load(tokens.LogProbs, i), Lanes.Load(tokens.OldLogProbs, i), Lanes.Load(tokens.Advantages, i));
            Lanes.AddTo(keep, i, Vector256.AndNot(Vector256<T>.One, dropped));
        }
    }

    private readonly struct Region<T>(TrustRegionOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector256<T> fall = Vector256.Create(T.CreateSaturating(-options.MaxFall));
        private readonly Vector256<T> rise = Vector256.Create(T.CreateSaturating(options.MaxRise));
        private readonly bool bySign = options.BySign;
        private readonly bool isKl = options.Measure == DivergenceMeasure.BinaryKl;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<T> Drops(Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> advantage)
        {
            Vector256<T> p = Lanes.Exp(logProb);
            Vector256<T> old = Lanes.Exp(oldLogProb);
            Vector256<T> move = p - old;
            if (isKl)
            {
                Vector256<T> rest = Vector256.Create(T.CreateTruncating(1 + 1e-8));
                Vector256<T> kl = (old * (oldLogProb - logProb)) + ((Vector256<T>.One - old) * Lanes.Log((rest - old) / (rest - p)));
                move = Vector256.CopySign(kl, move);
            }

            Vector256<T> tooHigh = Vector256.GreaterThan(move, rise);
            Vector256<T> tooLow = Vector256.LessThan(move, fall);
            return bySign
                ? Vector256.ConditionalSelect(Vector256.GreaterThan(advantage, Vector256<T>.Zero), tooHigh, tooLow)
                : tooHigh | tooLow;
        }
    }

    private readonly struct TrustRegionLoss<T>(TrustRegionOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Region<T> region = new(options);

        public static bool ThroughRatio => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> dropped = region.Drops(logProb, oldLogProb, advantage);
            gain = Vector256.AndNot(ratio * advantage, dropped);
            rise = gain;
            low = dropped & Vector256.LessThan(advantage, Vector256<T>.Zero);
            high = dropped & Vector256.GreaterThan(advantage, Vector256<T>.Zero);
            dual = Vector256<T>.Zero;
        }
    }

    private readonly struct DetachedTrustRegionLoss<T>(TrustRegionOptions options) : ITokenLoss<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Region<T> region = new(options);
        private readonly Vector256<T> cap = Vector256.Create(T.CreateSaturating(options.DetachedRatioCap ?? double.PositiveInfinity));

        public static bool ThroughRatio => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Evaluate(
            Vector256<T> logProb, Vector256<T> oldLogProb, Vector256<T> ratio, Vector256<T> advantage,
            out Vector256<T> gain, out Vector256<T> rise, out Vector256<T> low, out Vector256<T> high, out Vector256<T> dual)
        {
            Vector256<T> dropped = region.Drops(logProb, oldLogProb, advantage);
            rise = Vector256.AndNot(Lanes.AtMost(ratio, cap) * advantage, dropped);
            gain = rise * logProb;
            low = dropped & Vector256.LessThan(advantage, Vector256<T>.Zero);
            high = dropped & Vector256.GreaterThan(advantage, Vector256<T>.Zero);
            dual = Vector256<T>.Zero;
        }
    }
}
