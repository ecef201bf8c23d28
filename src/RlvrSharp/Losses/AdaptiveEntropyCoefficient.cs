namespace RlvrSharp.Losses;

/// <summary>
/// An entropy coefficient that rises by a fixed amount while the entropy lies at or below its target, and falls while it lies above. The bonus is
/// applied only while the last measured entropy was at or below the target.
/// </summary>
public sealed class AdaptiveEntropyCoefficient
{
    /// <summary>A controller.</summary>
    /// <param name="initial">The coefficient to begin with.</param>
    /// <param name="target">The entropy wanted, in nats per token (TRL: 0.2).</param>
    /// <param name="change">By how much the coefficient moves per update (TRL: 0.005).</param>
    /// <param name="min">The smallest coefficient.</param>
    /// <param name="max">The largest coefficient.</param>
    public AdaptiveEntropyCoefficient(double initial = 0, double target = 0.2, double change = 0.005, double min = 0, double max = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(change);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(min, max);
        Coefficient = initial;
        Target = target;
        Change = change;
        Min = min;
        Max = max;
    }

    /// <summary>The coefficient now.</summary>
    public double Coefficient { get; private set; }

    /// <summary>The entropy of the last update; negative infinity before the first.</summary>
    public double LastEntropy { get; private set; } = double.NegativeInfinity;

    /// <summary>The coefficient that the loss should use: <see cref="Coefficient"/>, or 0 while the entropy is above its target.</summary>
    public double Applied => LastEntropy <= Target ? Coefficient : 0;

    /// <summary>The entropy wanted, in nats per token.</summary>
    public double Target { get; }

    /// <summary>By how much the coefficient moves per update.</summary>
    public double Change { get; }

    /// <summary>The smallest coefficient.</summary>
    public double Min { get; }

    /// <summary>The largest coefficient.</summary>
    public double Max { get; }

    /// <summary>Moves the coefficient after an optimiser step.</summary>
    /// <param name="entropy">Mean entropy per token over the whole step, in nats.</param>
    public void Update(double entropy)
    {
        Coefficient = entropy <= Target ? Math.Min(Coefficient + Change, Max) : Math.Max(Coefficient - Change, Min);
        LastEntropy = entropy;
    }

    /// <summary>Puts a saved state back, for resuming.</summary>
    /// <param name="coefficient">The saved <see cref="Coefficient"/>.</param>
    /// <param name="entropy">The saved <see cref="LastEntropy"/>.</param>
    public void Restore(double coefficient, double entropy)
    {
        Coefficient = coefficient;
        LastEntropy = entropy;
    }
}
