namespace RlvrSharp.Advantages;

/// <summary>One completion as an advantage estimator sees it. Most estimators need the first three properties only.</summary>
public sealed class AdvantageRow
{
    /// <summary>Which group (prompt) it belongs to; rows of one group have the same number and need not stand together.</summary>
    public required int Group { get; init; }

    /// <summary>The reward of the whole completion, after shaping; NaN where there is none.</summary>
    public required double Reward { get; init; }

    /// <summary>The number of tokens.</summary>
    public required int Length { get; init; }

    /// <summary>Which tokens count (not 0: counts), one per token; empty means all.</summary>
    public ReadOnlyMemory<float> Mask { get; init; }

    /// <summary>Rewards per token, added to <see cref="Reward"/> at the last counted token: a KL penalty in the reward, process rewards. Empty means 0.</summary>
    public ReadOnlyMemory<float> TokenRewards { get; init; }

    /// <summary>The value head's estimates before each token; for GAE.</summary>
    public ReadOnlyMemory<float> Values { get; init; }

    /// <summary>The parts of the reward, one per grader in the same order for all rows, NaN where one is missing; for GDPO.</summary>
    public ReadOnlyMemory<double> RewardParts { get; init; }

    /// <summary>The reward of the greedy completion of the same prompt; for ReMax.</summary>
    public double GreedyReward { get; init; }

    /// <summary>The number of counted tokens.</summary>
    public int CountedLength
    {
        get
        {
            if (Mask.IsEmpty)
            {
                return Length;
            }

            int count = 0;
            foreach (float value in Mask.Span)
            {
                count += value != 0 ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>
    /// <see cref="Reward"/> and the rewards of all counted tokens: what estimators see that look at whole completions. So a KL penalty in the reward works with each of them.
    /// </summary>
    public double TotalReward
    {
        get
        {
            double total = Reward;
            ReadOnlySpan<float> rewards = TokenRewards.Span;
            for (int t = 0; t < rewards.Length; t++)
            {
                total += Counts(t) ? rewards[t] : 0;
            }

            return total;
        }
    }

    internal bool Counts(int token) => Mask.IsEmpty || Mask.Span[token] != 0;
}
