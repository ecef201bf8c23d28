namespace RlvrSharp.Losses;

/// <summary>What the bounds of CISPO mean; three libraries give the same name three meanings.</summary>
public enum CispoBounds
{
    /// <summary>The ratio is cut at <see cref="CispoOptions.ClipHigh"/> itself, from above only (TRL; 5.0 in ScaleRL).</summary>
    AbsoluteCap,

    /// <summary>The ratio is cut at 1 + <see cref="CispoOptions.ClipHigh"/>, from above only (open-instruct; the paper's own experiments).</summary>
    RelativeCap,

    /// <summary>The ratio is kept in [1 − <see cref="CispoOptions.ClipLow"/>, 1 + <see cref="CispoOptions.ClipHigh"/>] (verl; SkyRL and ART with 1 and 4).</summary>
    TwoSided,
}
