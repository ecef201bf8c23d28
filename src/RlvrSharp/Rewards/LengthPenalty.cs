namespace RlvrSharp.Rewards;

/// <summary>
/// Takes a share of the score for every token beyond a free number, so that of two equally good answers the shorter one earns more. What scores nothing loses
/// nothing: a short wrong answer never gains on a long right one, and silence does not pay.
/// </summary>
public sealed class LengthPenalty : IRewardShaper
{
    /// <summary>A penalty.</summary>
    /// <param name="perToken">The share of the score that one token costs; above 0, 0.001 for instance.</param>
    /// <param name="freeTokens">So many tokens cost nothing.</param>
    /// <param name="maxShare">The largest share that is taken, up to 1; below 1 a longer right answer still earns something.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not in its range.</exception>
    public LengthPenalty(double perToken, int freeTokens = 0, double maxShare = 0.5)
    {
        if (!(perToken > 0 && double.IsFinite(perToken)))
        {
            throw new ArgumentOutOfRangeException(nameof(perToken), perToken, "One token costs a share of the score: give a finite number above 0, such as 0.001.");
        }

        if (!(maxShare is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(maxShare), maxShare, "The largest share of the score that is taken lies above 0 and is at most 1.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(freeTokens);
        PerToken = perToken;
        FreeTokens = freeTokens;
        MaxShare = maxShare;
    }

    /// <summary>The share of the score that one token costs.</summary>
    public double PerToken { get; }

    /// <summary>So many tokens cost nothing.</summary>
    public int FreeTokens { get; }

    /// <summary>The largest share that is taken.</summary>
    public double MaxShare { get; }

    /// <summary>The share of the score that is taken from a completion.</summary>
    /// <param name="length">Its length in tokens.</param>
    /// <returns>0 to <see cref="MaxShare"/>.</returns>
    public double ShareOf(int length) => Math.Min(MaxShare, PerToken * Math.Max(0L, (long)length - FreeTokens));

    /// <inheritdoc/>
    public void Shape(RolloutGroup group, Span<float> rewards)
    {
        ArgumentNullException.ThrowIfNull(group);
        for (int i = 0; i < rewards.Length; i++)
        {
            Rollout rollout = group.Rollouts[i];
            rewards[i] -= (float)(rollout.Score * ShareOf(rollout.Completion.Tokens.Length));
        }
    }
}
