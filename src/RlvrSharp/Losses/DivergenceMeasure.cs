namespace RlvrSharp.Losses;

/// <summary>How far a token's probability has moved, for <see cref="TrustRegionOptions"/>.</summary>
public enum DivergenceMeasure
{
    /// <summary>p − p_old: the total variation of "this token or another one".</summary>
    TotalVariation,

    /// <summary>The KL divergence KL(p_old ‖ p) of "this token or another one", with the sign of p − p_old.</summary>
    BinaryKl,
}
