namespace RlvrSharp.Losses;

/// <summary>
/// The settings of the masked trust region: tokens whose probability moved too far leave the loss (DPPO, arXiv 2602.04879; IPO of prime-rl).
/// </summary>
public sealed record TrustRegionOptions : PolicyObjective
{
    /// <summary>How the move is measured.</summary>
    /// <value>The default value is <see cref="DivergenceMeasure.TotalVariation"/>.</value>
    public DivergenceMeasure Measure { get; init; }

    /// <summary>How far a probability may fall.</summary>
    /// <value>The default value is 0.2.</value>
    public double MaxFall { get; init; } = 0.2;

    /// <summary>How far a probability may rise.</summary>
    /// <value>The default value is 0.2.</value>
    public double MaxRise { get; init; } = 0.2;

    /// <summary>
    /// Whether only moves that the advantage asks for are bounded (DPPO: rises where A > 0, falls elsewhere); otherwise both are bounded everywhere (IPO).
    /// </summary>
    /// <value>The default value is true.</value>
    public bool BySign { get; init; } = true;

    /// <summary>
    /// Where set, the gradient runs through log π alone and the ratio is a constant, at most this: −sg(min(ratio, cap))·A·log π (verl and SkyRL: 20).
    /// Where null, the loss is −ratio·A, with the gradient through the ratio (prime-rl).
    /// </summary>
    public double? DetachedRatioCap { get; init; }

    /// <inheritdoc/>
    public override string Name => "trust region";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.TrustRegion(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(MaxFall >= 0 && MaxRise >= 0))
        {
            yield return $"MaxFall is {MaxFall} and MaxRise {MaxRise}, but they bound how far a probability moves: set both to 0 or more.";
        }

        if (DetachedRatioCap is { } cap && !(cap > 0))
        {
            yield return $"DetachedRatioCap is {cap}: set it to more than 0 (20 is usual), or leave it out.";
        }
    }
}
