namespace RlvrSharp.Losses;

/// <summary>The settings of DRO (arXiv 2405.19107), token by token: −(A·log π − (β/2)·(log π − log π_old)²).</summary>
public sealed record DroOptions : PolicyObjective
{
    /// <summary>β: how strongly the policy is held at the old one.</summary>
    /// <value>The default value is 0.05.</value>
    public double Beta { get; init; } = 0.05;

    /// <inheritdoc/>
    public override string Name => "DRO";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.Dro(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(Beta > 0 && double.IsFinite(Beta)))
        {
            yield return $"Beta of DRO is {Beta}, but without the quadratic term nothing holds the policy: set it to more than 0.";
        }
    }
}
