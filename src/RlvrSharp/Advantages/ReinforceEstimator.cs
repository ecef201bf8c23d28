namespace RlvrSharp.Advantages;

/// <summary>
/// The REINFORCE family: discounted returns per token minus a baseline, whitened over the batch. REINFORCE++ (arXiv 2501.03262) has no baseline, its
/// other form the group mean, ReMax (2310.10505) the reward of the greedy completion.
/// </summary>
public sealed class ReinforceEstimator : IAdvantageEstimator
{
    /// <summary>What is subtracted.</summary>
    /// <value>The default value is <see cref="ReinforceBaseline.None"/>.</value>
    public ReinforceBaseline Baseline { get; init; }

    /// <summary>γ, the discount per token; only without a group baseline.</summary>
    /// <value>The default value is 1.</value>
    public double Discount { get; init; } = 1;

    /// <summary>How the result is whitened; null leaves it as it is (ReMax).</summary>
    public WhiteningOptions? Whitening { get; init; } = new();

    /// <inheritdoc/>
    public bool NeedsValues => false;

    /// <inheritdoc/>
    public int MinGroupSize => Baseline == ReinforceBaseline.GroupMean ? 2 : 1;

    /// <inheritdoc/>
    public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var advantages = new float[rows.Count][];
        if (Baseline == ReinforceBaseline.GroupMean)
        {
            var centred = new GroupAdvantageOptions { Std = AdvantageStd.None, KeepSingletons = true };
            double[] perRow = AdvantageRows.PerGroup(rows, row => row.Reward, (rewards, _, result) => GroupAdvantages.Relative(rewards, centred, result));
            TokenAdvantages[] spread = AdvantageRows.Spread(rows, perRow);
            for (int i = 0; i < rows.Count; i++)
            {
                advantages[i] = spread[i].Advantages;
                AddTokenRewards(rows[i], advantages[i]);
            }
        }
        else
        {
            for (int i = 0; i < rows.Count; i++)
            {
                float[] mask = rows[i].Mask.ToArray();
                advantages[i] = AdvantageRows.TokenRewards(rows[i]);
                Gae.Returns<float>(advantages[i], mask, Discount, Baseline == ReinforceBaseline.Greedy ? MaskedTokens.Zero : MaskedTokens.Cut, advantages[i]);
                for (int t = 0; t < advantages[i].Length && Baseline == ReinforceBaseline.Greedy; t++)
                {
                    advantages[i][t] -= (float)rows[i].GreedyReward;
                }
            }
        }

        AdvantageRows.Whiten(rows, advantages, Whitening);
        return [.. advantages.Select(tokens => new TokenAdvantages(tokens, []))];
    }

    /// <summary>A KL penalty in the reward stays with its token and those before it.</summary>
    private void AddTokenRewards(AdvantageRow row, float[] advantages)
    {
        if (!row.TokenRewards.IsEmpty)
        {
            float[] returns = row.TokenRewards.ToArray();
            Gae.Returns<float>(returns, row.Mask.Span, Discount, MaskedTokens.Zero, returns);
            for (int t = 0; t < returns.Length; t++)
            {
                advantages[t] += returns[t];
            }
        }
    }
}
