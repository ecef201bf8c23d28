namespace RlvrSharp.Advantages;

/// <summary>How values are whitened: shifted to mean 0 and scaled to variance 1.</summary>
public sealed record WhiteningOptions
{
    /// <summary>Whether the result has mean 0; otherwise the mean is added back after scaling (for whitening rewards).</summary>
    /// <value>The default value is true.</value>
    public bool ShiftMean { get; init; } = true;

    /// <summary>Whether the variance has n below instead of n − 1 (OpenRLHF).</summary>
    /// <value>The default value is false.</value>
    public bool PopulationVariance { get; init; }

    /// <summary>Added to the variance inside the square root.</summary>
    /// <value>The default value is 1e-8.</value>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Whether <see cref="Epsilon"/> is the smallest variance instead of being added (OpenRLHF).</summary>
    /// <value>The default value is false.</value>
    public bool EpsilonIsFloor { get; init; }

    /// <summary>Added to the count that the mean and the variance divide by (verl, torchtune: 1e-8).</summary>
    /// <value>The default value is 0.</value>
    public double CountEpsilon { get; init; }

    /// <summary>Added to n in the correction n / (n − 1) (torchtune: 1e-8).</summary>
    /// <value>The default value is 0.</value>
    public double BesselEpsilon { get; init; }
}
