namespace RlvrSharp.Advantages;

/// <summary>How rewards of a group become advantages.</summary>
public sealed record GroupAdvantageOptions
{
    /// <summary>What the centred rewards are divided by.</summary>
    /// <value>The default value is <see cref="AdvantageStd.Sample"/>.</value>
    public AdvantageStd Std { get; init; } = AdvantageStd.Sample;

    /// <summary>Added to the standard deviation (TRL 1e-4, verl 1e-6, open-instruct 1e-8, OpenRLHF 1e-9).</summary>
    /// <value>The default value is 1e-6.</value>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>
    /// The reward's resolution: rewards of a group that lie within this of each other, relative to the largest |reward| and at least
    /// absolutely, are equal, and all advantages of the group are exactly 0. Without it, rounding (0.1 + 0.2 against 0.3) divided by its own tiny
    /// standard deviation becomes a full-size advantage.
    /// </summary>
    /// <value>The default value is 1e-6: far below what any grader means, far above what rounding in single precision does.</value>
    public double Resolution { get; init; } = 1e-6;

    /// <summary>Whether a group of one keeps its reward as the advantage (verl: mean 0, std 1) instead of 0.</summary>
    /// <value>The default value is false.</value>
    public bool KeepSingletons { get; init; }
}
