namespace RlvrSharp.Rewards;

/// <summary>
/// Soft overlong punishment (DAPO, arXiv 2503.14476, equation 13): nothing up to a length, then a penalty that grows in a straight line to
/// −<see cref="MaxPenalty"/> at the longest allowed length, and stays there. Without a buffer it is a hard one: nothing below that length, all of it from there on.
/// </summary>
public sealed class OverlongPenalty : IRewardShaper
{
    /// <summary>A penalty.</summary>
    /// <param name="maxLength">L_max: the completion length, in tokens, from which the penalty is full.</param>
    /// <param name="buffer">L_cache: the last so many tokens before it, over which the penalty grows; 0 for a hard limit.</param>
    /// <param name="maxPenalty">What is taken from the reward at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is not between 0 and <paramref name="maxLength"/>, or the penalty is not a number of 0 or more.</exception>
    public OverlongPenalty(int maxLength, int buffer, double maxPenalty = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(buffer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffer, maxLength);
        if (!(maxPenalty >= 0 && double.IsFinite(maxPenalty)))
        {
            throw new ArgumentOutOfRangeException(nameof(maxPenalty), maxPenalty, "What is taken at most is a finite number of 0 or more.");
        }

        MaxLength = maxLength;
        Buffer = buffer;
        MaxPenalty = maxPenalty;
    }

    /// <summary>L_max, in tokens.</summary>
    public int MaxLength { get; }

    /// <summary>L_cache, in tokens.</summary>
    public int Buffer { get; }

    /// <summary>The most that is taken.</summary>
    public double MaxPenalty { get; }

    /// <summary>What is taken from the reward of a completion.</summary>
    /// <param name="length">Its length in tokens.</param>
    /// <returns>0 to −<see cref="MaxPenalty"/>.</returns>
    public double PenaltyOf(int length) => length >= MaxLength ? -MaxPenalty
        : length <= MaxLength - Buffer ? 0
        : MaxPenalty * (MaxLength - Buffer - length) / Buffer;

    /// <inheritdoc/>
    public void Shape(RolloutGroup group, Span<float> rewards)
    {
        ArgumentNullException.ThrowIfNull(group);
        for (int i = 0; i < rewards.Length; i++)
        {
            rewards[i] += (float)PenaltyOf(group.Rollouts[i].Completion.Tokens.Length);
        }
    }
}
