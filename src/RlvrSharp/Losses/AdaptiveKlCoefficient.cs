namespace RlvrSharp.Losses;

/// <summary>A KL coefficient that rises while the measured KL lies above its target and falls while it lies below (arXiv 1909.08593, section 2.2).</summary>
public sealed class AdaptiveKlCoefficient
{
    /// <summary>A controller.</summary>
    /// <param name="initial">The coefficient to begin with.</param>
    /// <param name="target">The KL wanted, in nats (verl: 0.1).</param>
    /// <param name="horizon">How many completions it takes to move by the whole error (verl: 10,000).</param>
    public AdaptiveKlCoefficient(double initial, double target = 0.1, double horizon = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initial);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(horizon);
        Coefficient = initial;
        Target = target;
        Horizon = horizon;
    }

    /// <summary>The coefficient now. Set it to resume from a saved state.</summary>
    public double Coefficient { get; set; }

    /// <summary>The KL wanted, in nats.</summary>
    public double Target { get; }

    /// <summary>How many completions it takes to move by the whole error.</summary>
    public double Horizon { get; }

    /// <summary>Moves the coefficient: × 1 + clip(KL / target − 1, ±0.2) · min(n / horizon, 1), so by a fifth at the most.</summary>
    /// <param name="kl">The measured KL, in nats.</param>
    /// <param name="count">n: the number of completions since the last update.</param>
    public void Update(double kl, double count) => Coefficient *= 1 + (Math.Clamp((kl / Target) - 1, -0.2, 0.2) * Math.Min(count / Horizon, 1));
}
