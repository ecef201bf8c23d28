namespace RlvrSharp.Losses;

/// <summary>The settings of kl-cov (arXiv 2505.22617): tokens where log-probability and advantage vary together the most are held by |log-ratio|.</summary>
public sealed record KlCovarianceOptions : BatchObjective
{
    /// <summary>The share of tokens that are held, at least one token.</summary>
    /// <value>The default value is 0.0002.</value>
    public double Share { get; init; } = 0.0002;

    /// <summary>What |log-ratio| is multiplied by.</summary>
    /// <value>The default value is 1.</value>
    public double Coefficient { get; init; } = 1;

    /// <inheritdoc/>
    public override string Name => "kl-cov";

    /// <inheritdoc/>
    public override void Mark<T>(PolicyTokens<T> batch, ref KeyedRandom random, Span<T> marks) => PolicyLosses.MarkKlCovariance(batch, this, marks);

    /// <inheritdoc/>
    /// <remarks>Without <see cref="PolicyTokens{T}.Marks"/> the tokens count as the whole batch.</remarks>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.KlCovariance(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(Share is > 0 and <= 1))
        {
            yield return $"Share is {Share}, but it is the share of tokens that are held: set it above 0 and to 1 at most.";
        }

        if (!(Coefficient >= 0 && double.IsFinite(Coefficient)))
        {
            yield return $"Coefficient is {Coefficient}, but |log-ratio| is held back by it: set it to 0 or more (1 is usual).";
        }
    }
}
