namespace RlvrSharp;

/// <summary>What losses report: sums and counts, never means, so that parts of a batch can be added wherever they were computed.</summary>
public readonly record struct LossTerms
{
    /// <summary>The loss itself: Σ weight × token loss, all terms together.</summary>
    public double Loss { get; init; }

    /// <summary>The policy-gradient part of <see cref="Loss"/>.</summary>
    public double PolicyLoss { get; init; }

    /// <summary>The value part of <see cref="Loss"/>, its coefficient included.</summary>
    public double ValueLoss { get; init; }

    /// <summary>The KL part of <see cref="Loss"/>, its coefficient included.</summary>
    public double KlLoss { get; init; }

    /// <summary>The number of answer tokens that counted.</summary>
    public double TokenCount { get; init; }

    /// <summary>Σ of the ratio π/π_old over those tokens.</summary>
    public double RatioSum { get; init; }

    /// <summary>Σ of log π/π_old; its negative mean is the k1 estimate of KL(π_old ‖ π).</summary>
    public double LogRatioSum { get; init; }

    /// <summary>The largest |ratio − 1|; adding two terms keeps the larger.</summary>
    public double MaxRatioDeviation { get; init; }

    /// <summary>Σ of the k3 estimate of KL(π_old ‖ π), in nats: (ratio − 1) − log ratio.</summary>
    public double ApproxKlSum { get; init; }

    /// <summary>Σ of the KL estimate to the reference policy, in nats (0 where there is no reference).</summary>
    public double ReferenceKlSum { get; init; }

    /// <summary>The number of tokens whose ratio was clipped from below.</summary>
    public double ClippedLowCount { get; init; }

    /// <summary>The number of tokens whose ratio was clipped from above.</summary>
    public double ClippedHighCount { get; init; }

    /// <summary>The number of tokens with a negative advantage whose loss met the dual clip.</summary>
    public double DualClippedCount { get; init; }

    /// <summary>The number of values that were clipped.</summary>
    public double ValueClippedCount { get; init; }

    /// <summary>Σ of the entropies, in nats.</summary>
    public double EntropySum { get; init; }

    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static LossTerms operator +(LossTerms left, LossTerms right) => Add(left, right);

    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static LossTerms Add(LossTerms left, LossTerms right) => new()
    {
        Loss = left.Loss + right.Loss,
        PolicyLoss = left.PolicyLoss + right.PolicyLoss,
        ValueLoss = left.ValueLoss + right.ValueLoss,
        KlLoss = left.KlLoss + right.KlLoss,
        TokenCount = left.TokenCount + right.TokenCount,
        RatioSum = left.RatioSum + right.RatioSum,
        LogRatioSum = left.LogRatioSum + right.LogRatioSum,
        MaxRatioDeviation = Math.Max(left.MaxRatioDeviation, right.MaxRatioDeviation),
        ApproxKlSum = left.ApproxKlSum + right.ApproxKlSum,
        ReferenceKlSum = left.ReferenceKlSum + right.ReferenceKlSum,
        ClippedLowCount = left.ClippedLowCount + right.ClippedLowCount,
        ClippedHighCount = left.ClippedHighCount + right.ClippedHighCount,
        DualClippedCount = left.DualClippedCount + right.DualClippedCount,
        ValueClippedCount = left.ValueClippedCount + right.ValueClippedCount,
        EntropySum = left.EntropySum + right.EntropySum,
    };
}
