namespace RlvrSharp.Training;

/// <summary>
/// Moves the KL coefficient so that the divergence from the initial policy stays near a target (arXiv 1909.08593, section 2.2): after each step
/// β is multiplied by 1 + clip(KL / target − 1, ±0.2) · n / horizon, where n is the number of completions that the step sampled.
/// </summary>
public sealed class AdaptiveKlOptions
{
    /// <summary>The divergence wanted, in nats per token: what steps report as <see cref="TrainingStep.KlToInitial"/>.</summary>
    /// <value>The default value is 0.1 (verl's).</value>
    [Within(0.0, 1000.0, MinimumIsExclusive = true)]
    public double Target { get; set; } = 0.1;

    /// <summary>How many completions it takes to move by the whole error.</summary>
    /// <value>The default value is 10,000 (verl's).</value>
    [Within(0.0, 1e12, MinimumIsExclusive = true)]
    public double Horizon { get; set; } = 10_000;
}
