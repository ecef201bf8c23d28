namespace RlvrSharp.Losses;

/// <summary>The settings of kl-cov (arXiv 2505.22617): tokens where log-probability and advantage vary together the most are held by |log-ratio|.</summary>
public sealed record KlCovarianceOptions
{
    /// <summary>The share of tokens that are held, at least one token.</summary>
    /// <value>The default value is 0.0002.</value>
    public double Share { get; init; } = 0.0002;

    /// <summary>What |log-ratio| is multiplied by.</summary>
    /// <value>The default value is 1.</value>
    public double Coefficient { get; init; } = 1;

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        if (!(Share is > 0 and <= 1))
        {
            yield return $"Share is {Share}, but it is the share of tokens that are held: set it above 0 and to 1 at most.";
        }
    }
}
