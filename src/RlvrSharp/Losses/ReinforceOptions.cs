namespace RlvrSharp.Losses;

/// <summary>The settings of plain REINFORCE, −A·log π: GPG (arXiv 2504.02546) with its own advantage, importance-sampled with <see cref="PolicyTokens{T}.Scales"/>.</summary>
public sealed record ReinforceOptions : PolicyObjective
{
    /// <inheritdoc/>
    public override string Name => "REINFORCE";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.Reinforce(tokens, gradient);
}
