namespace RlvrSharp.Training;

/// <summary>
/// Moves the entropy coefficient after each optimiser step: up by <see cref="Change"/> while the entropy lies at or below its target, down while it
/// lies above. The bonus counts only while the last entropy was at or below the target (TRL's rule).
/// </summary>
public sealed class AdaptiveEntropyOptions
{
    /// <summary>The entropy wanted, in nats per token.</summary>
    /// <value>The default value is 0.2 (TRL's).</value>
    [Within(0.0, 100.0)]
    public double Target { get; set; } = 0.2;

    /// <summary>By how much the coefficient moves per optimiser step.</summary>
    /// <value>The default value is 0.005 (TRL's).</value>
    [Within(0.0, 100.0, MinimumIsExclusive = true)]
    public double Change { get; set; } = 0.005;

    /// <summary>The smallest coefficient.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 100.0)]
    public double Min { get; set; }

    /// <summary>The largest coefficient.</summary>
    /// <value>The default value is 1.</value>
    [Within(0.0, 100.0)]
    public double Max { get; set; } = 1;
}
