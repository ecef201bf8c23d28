namespace RlvrSharp.Losses;

/// <summary>A KL term: estimator, coefficient, clamps.</summary>
public sealed record KlOptions
{
    /// <summary>The estimator.</summary>
    /// <value>The default value is <see cref="KlEstimator.K3"/>.</value>
    public KlEstimator Estimator { get; init; } = KlEstimator.K3;

    /// <summary>What the estimate is multiplied by in the loss (β); 0 measures only.</summary>
    /// <value>The default value is 0.</value>
    public double Coefficient { get; init; }

    /// <summary>Log-ratios beyond ± this count as this, without gradient (verl and NeMo 20, open-instruct 40, TRL none).</summary>
    /// <value>The default value is +∞.</value>
    public double MaxLogRatio { get; init; } = double.PositiveInfinity;

    /// <summary>Estimates beyond ± this count as this, without gradient (verl, OpenRLHF, NeMo, slime: 10).</summary>
    /// <value>The default value is +∞.</value>
    public double MaxValue { get; init; } = double.PositiveInfinity;

    /// <summary>Whether the gradient is that of k2 whatever the estimator: the value of k1 or k3 with the right gradient (verl's names ending in "+").</summary>
    /// <value>The default value is false.</value>
    public bool UseK2Gradient { get; init; }

    /// <summary>Over what the ratio of <see cref="KlEstimator.Unbiased"/> and <see cref="KlEstimator.WeightedK1"/> is taken; as in the policy loss.</summary>
    public RatioLevel RatioLevel { get; init; }
}
