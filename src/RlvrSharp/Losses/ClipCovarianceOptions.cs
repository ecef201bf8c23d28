namespace RlvrSharp.Losses;

/// <summary>The settings of clip-cov (arXiv 2505.22617): a random few of the tokens whose log-probability and advantage vary together leave the loss.</summary>
public sealed record ClipCovarianceOptions : BatchObjective
{
    /// <summary>The share of tokens that leave the loss, at least one token.</summary>
    /// <value>The default value is 0.0002.</value>
    public double Share { get; init; } = 0.0002;

    /// <summary>The covariance above which a token may leave.</summary>
    /// <value>The default value is 1.</value>
    public double Lowest { get; init; } = 1;

    /// <summary>The covariance below which a token may leave.</summary>
    /// <value>The default value is 5.</value>
    public double Highest { get; init; } = 5;

    /// <summary>The clipped surrogate that the others stay in.</summary>
    public ClippedSurrogateOptions Surrogate { get; init; } = new();

    /// <inheritdoc/>
    public override string Name => "clip-cov";

    /// <inheritdoc/>
    public override void Mark<T>(PolicyTokens<T> batch, ref KeyedRandom random, Span<T> marks) => PolicyLosses.MarkClipCovariance(batch, this, ref random, marks);

    /// <inheritdoc/>
    /// <exception cref="PolicyException">There are no <see cref="PolicyTokens{T}.Marks"/>: which tokens leave is drawn for the whole batch.</exception>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => tokens.Marks.IsEmpty && !tokens.LogProbs.IsEmpty
        ? throw new PolicyException("clip-cov draws the tokens that leave from the whole batch, but the sequence has no marks: call Mark on the batch first, as the trainers do.")
        : PolicyLosses.ClipCovariance(tokens, this, tokens.Marks, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(Share is > 0 and <= 1))
        {
            yield return $"Share is {Share}, but it is the share of tokens that leave: set it above 0 and to 1 at most.";
        }

        if (!(Lowest < Highest))
        {
            yield return $"Lowest is {Lowest} and Highest {Highest}: set Lowest below Highest.";
        }

        if (Surrogate.RatioLevel != RatioLevel.Token)
        {
            yield return $"Surrogate.RatioLevel is {Surrogate.RatioLevel}, but clip-cov leaves out single tokens: set it to Token.";
        }

        foreach (string error in Surrogate.Validate())
        {
            yield return error;
        }
    }
}
