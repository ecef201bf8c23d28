namespace RlvrSharp.Losses;

/// <summary>
/// How samples from elsewhere (an inference server, a replay, an older step) are corrected: an importance weight, cut at bounds, times
/// rejection rules. docs/losses.md has the settings of TIS, IcePop, MIS and of each library.
/// </summary>
public sealed record OffPolicyOptions
{
    /// <summary>Over what the weight is taken.</summary>
    /// <value>The default value is <see cref="OffPolicyLevel.Token"/>.</value>
    public OffPolicyLevel Level { get; init; } = OffPolicyLevel.Token;

    /// <summary>Weights below this count as this.</summary>
    /// <value>The default value is 0.</value>
    public double MinWeight { get; init; }

    /// <summary>Weights above this count as this: truncated importance sampling.</summary>
    /// <value>The default value is 2.</value>
    public double MaxWeight { get; init; } = 2;

    /// <summary>Log-ratios beyond ± this count as this (verl 20, open-instruct 10, TRL and OpenRLHF none).</summary>
    /// <value>The default value is 20.</value>
    public double MaxLogRatio { get; init; } = 20;

    /// <summary>What is dropped; a token must pass every rule.</summary>
    public IReadOnlyList<RejectionRule> Rejections { get; init; } = [];

    /// <summary>
    /// Off-policy sequence mask (DeepSeek-V3.2, arXiv 2512.02556): drops a sequence's tokens with a negative advantage where the mean of log π_sampler − log π over the sequence is more than this. Off where null.
    /// </summary>
    public double? MaxNegativeDivergence { get; init; }

    /// <summary>Whether the sampler's log-probabilities stand in for the old ones, so that the ratio of the policy loss is itself the correction ("bypass") and no weight is applied.</summary>
    /// <value>The default value is false.</value>
    public bool UseSamplerAsOld { get; init; }

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        if (!(MinWeight >= 0 && MaxWeight > MinWeight))
        {
            yield return $"Importance weights would be kept in [{MinWeight}, {MaxWeight}]: set MinWeight to 0 or more, and MaxWeight above it.";
        }

        if (!(MaxLogRatio > 0))
        {
            yield return $"MaxLogRatio is {MaxLogRatio}, but it bounds a log-ratio on both sides of 0: set it to more than 0.";
        }

        foreach (RejectionRule rule in Rejections)
        {
            if (!(rule.Lower < rule.Upper))
            {
                yield return $"A rejection rule keeps {rule.Statistic} at {rule.Level} in [{rule.Lower}, {rule.Upper}], which is empty: set Lower below Upper.";
            }
        }
    }
}
