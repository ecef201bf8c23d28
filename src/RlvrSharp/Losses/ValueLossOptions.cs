namespace RlvrSharp.Losses;

/// <summary>The critic's loss: coefficient × ½ × max((V − R)², (clip(V, V_old ± c) − R)²).</summary>
public sealed record ValueLossOptions
{
    /// <summary>How far a value may move from the old one before the clipped branch counts; +∞ does not clip.</summary>
    /// <value>The default value is 0.2 (TRL, SkyRL, slime; verl and OpenRLHF 0.5).</value>
    public double Clip { get; init; } = 0.2;

    /// <summary>What the loss is multiplied by, next to the ½.</summary>
    /// <value>The default value is 1 (TRL 0.1 with a critic of its own).</value>
    public double Coefficient { get; init; } = 1;

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        if (!(Clip > 0))
        {
            yield return $"Clip of the value loss is {Clip}, but it is the distance a value may move: set it to more than 0, or to infinity to switch clipping off.";
        }

        if (!(Coefficient >= 0 && double.IsFinite(Coefficient)))
        {
            yield return $"Coefficient of the value loss is {Coefficient}: set it to 0 or more.";
        }
    }
}
