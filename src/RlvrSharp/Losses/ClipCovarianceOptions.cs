namespace RlvrSharp.Losses;

/// <summary>The settings of clip-cov (arXiv 2505.22617): a random few of the tokens whose log-probability and advantage vary together leave the loss.</summary>
public sealed record ClipCovarianceOptions
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

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        if (!(Share is > 0 and <= 1))
        {
            yield return $"Share is {Share}, but it is the share of tokens that leave: set it above 0 and to 1 at most.";
        }

        if (!(Lowest < Highest))
        {
            yield return $"Lowest is {Lowest} and Highest {Highest}: set Lowest below Highest.";
        }

        foreach (string error in Surrogate.Validate())
        {
            yield return error;
        }
    }
}
