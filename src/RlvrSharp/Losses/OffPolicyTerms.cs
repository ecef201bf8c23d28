namespace RlvrSharp.Losses;

/// <summary>
/// How far samples were from the policy, before and after the correction: sums and extremes, so that sequences can be added. u is
/// log π_old − log π_sampler of a counted token, clamped only where said.
/// </summary>
public readonly record struct OffPolicyTerms
{
    /// <summary>Counted tokens.</summary>
    public double TokenCount { get; init; }

    /// <summary>Sequences with a counted token.</summary>
    public double SequenceCount { get; init; }

    /// <summary>Σ u; its negative mean is the k1 estimate of KL(π_sampler ‖ π_old).</summary>
    public double LogRatioSum { get; init; }

    /// <summary>Σ |u|.</summary>
    public double AbsoluteLogRatioSum { get; init; }

    /// <summary>The largest |u|.</summary>
    public double MaxAbsoluteLogRatio { get; init; }

    /// <summary>Σ exp(u) − 1 − u: k3.</summary>
    public double K3Sum { get; init; }

    /// <summary>Σ of the raw weights before any bound (at the level of the options, clamped log-ratio).</summary>
    public double RatioSum { get; init; }

    /// <summary>Σ of the squares of the raw weights.</summary>
    public double RatioSquareSum { get; init; }

    /// <summary>The smallest raw weight; +∞ where there is none.</summary>
    public double MinRatio { get; init; }

    /// <summary>The largest raw weight; 0 where there is none.</summary>
    public double MaxRatio { get; init; }

    /// <summary>Σ over sequences of exp(2·Σ u), the sum clamped: the second moment of the sequence's ratio.</summary>
    public double SequenceRatioSquareSum { get; init; }

    /// <summary>Tokens whose raw weight lay below <see cref="OffPolicyOptions.MinWeight"/>.</summary>
    public double TruncatedLowCount { get; init; }

    /// <summary>Tokens whose raw weight lay above <see cref="OffPolicyOptions.MaxWeight"/>.</summary>
    public double TruncatedHighCount { get; init; }

    /// <summary>Tokens that a rule dropped.</summary>
    public double RejectedCount { get; init; }

    /// <summary>Those of them that lay below the rule's lower bound.</summary>
    public double RejectedLowCount { get; init; }

    /// <summary>Those of them that lay above the rule's upper bound.</summary>
    public double RejectedHighCount { get; init; }

    /// <summary>Sequences that lost at least one token.</summary>
    public double RejectedSequenceCount { get; init; }

    /// <summary>Σ of the weights as they are used.</summary>
    public double WeightSum { get; init; }

    /// <summary>Σ of the squares of the weights as they are used; (Σ w)² / (n Σ w²) is the effective sample size.</summary>
    public double WeightSquareSum { get; init; }

    /// <summary>The smallest weight as used; +∞ where there is none.</summary>
    public double MinWeight { get; init; }

    /// <summary>The largest weight as used; 0 where there is none.</summary>
    public double MaxWeight { get; init; }

    /// <summary>Nothing yet: the start of a sum.</summary>
    public static OffPolicyTerms Empty => new() { MinRatio = double.PositiveInfinity, MinWeight = double.PositiveInfinity };

    /// <summary>The effective share of samples, (Σ w)² / (n Σ w²), in [0, 1]; 0 where nothing is left.</summary>
    public double EffectiveSampleShare => WeightSquareSum > 0 ? WeightSum * WeightSum / (TokenCount * WeightSquareSum) : 0;

    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static OffPolicyTerms operator +(OffPolicyTerms left, OffPolicyTerms right) => Add(left, right);

    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static OffPolicyTerms Add(OffPolicyTerms left, OffPolicyTerms right) => new()
    {
        TokenCount = left.TokenCount + right.TokenCount,
        SequenceCount = left.SequenceCount + right.SequenceCount,
        LogRatioSum = left.LogRatioSum + right.LogRatioSum,
        AbsoluteLogRatioSum = left.AbsoluteLogRatioSum + right.AbsoluteLogRatioSum,
        MaxAbsoluteLogRatio = Math.Max(left.MaxAbsoluteLogRatio, right.MaxAbsoluteLogRatio),
        K3Sum = left.K3Sum + right.K3Sum,
        RatioSum = left.RatioSum + right.RatioSum,
        RatioSquareSum = left.RatioSquareSum + right.RatioSquareSum,
        MinRatio = Math.Min(left.MinRatio, right.MinRatio),
        MaxRatio = Math.Max(left.MaxRatio, right.MaxRatio),
        SequenceRatioSquareSum = left.SequenceRatioSquareSum + right.SequenceRatioSquareSum,
        TruncatedLowCount = left.TruncatedLowCount + right.TruncatedLowCount,
        TruncatedHighCount = left.TruncatedHighCount + right.TruncatedHighCount,
        RejectedCount = left.RejectedCount + right.RejectedCount,
        RejectedLowCount = left.RejectedLowCount + right.RejectedLowCount,
        RejectedHighCount = left.RejectedHighCount + right.RejectedHighCount,
        RejectedSequenceCount = left.RejectedSequenceCount + right.RejectedSequenceCount,
        WeightSum = left.WeightSum + right.WeightSum,
        WeightSquareSum = left.WeightSquareSum + right.WeightSquareSum,
        MinWeight = Math.Min(left.MinWeight, right.MinWeight),
        MaxWeight = Math.Max(left.MaxWeight, right.MaxWeight),
    };
}
