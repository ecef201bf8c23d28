namespace RlvrSharp.Advantages;

/// <summary>An estimator that looks at one group at a time and gives every token of a completion the completion's advantage.</summary>
public sealed class GroupAdvantageEstimator : IAdvantageEstimator
{
    private readonly GroupAdvantage advantage;

    /// <summary>An estimator from any function of a group's rewards.</summary>
    /// <param name="advantage">The function.</param>
    /// <param name="minGroupSize">The fewest completions a prompt needs.</param>
    public GroupAdvantageEstimator(GroupAdvantage advantage, int minGroupSize = 2)
    {
        ArgumentNullException.ThrowIfNull(advantage);
        ArgumentOutOfRangeException.ThrowIfLessThan(minGroupSize, 1);
        this.advantage = advantage;
        MinGroupSize = minGroupSize;
    }

    /// <inheritdoc/>
    public bool NeedsValues => false;

    /// <inheritdoc/>
    public int MinGroupSize { get; }

    /// <summary>GRPO and, without the division, Dr.GRPO.</summary>
    /// <param name="options">Division, ε, resolution; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator Relative(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, _, advantages) => GroupAdvantages.Relative(rewards, settings, advantages));
    }

    /// <summary>RLOO: against the mean of the others.</summary>
    /// <param name="options">Resolution and singletons; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator LeaveOneOut(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, _, advantages) => GroupAdvantages.LeaveOneOut(rewards, settings, advantages));
    }

    /// <summary>NeMo-RL's GRPO: against the mean of the others, divided by the standard deviation of the others.</summary>
    /// <param name="options">Division, ε, resolution; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator LeaveOneOutScaled(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, _, advantages) => GroupAdvantages.LeaveOneOutScaled(rewards, settings, advantages));
    }

    /// <summary>MaxRL: centred, divided by the mean.</summary>
    /// <param name="options">ε and resolution; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator MaxRl(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, _, advantages) => GroupAdvantages.MaxRl(rewards, settings, advantages));
    }

    /// <summary>OPO: against the length-weighted mean.</summary>
    /// <param name="options">Resolution and singletons; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator LengthWeighted(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, lengths, advantages) => GroupAdvantages.LengthWeighted(rewards, lengths, settings, advantages));
    }

    /// <summary>pass@k training: only the best completion learns.</summary>
    /// <param name="options">Division, ε, resolution; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static GroupAdvantageEstimator BestOnly(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new GroupAdvantageEstimator((rewards, _, advantages) => GroupAdvantages.BestOnly(rewards, settings, advantages));
    }

    /// <inheritdoc/>
    public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return AdvantageRows.Spread(rows, AdvantageRows.PerGroup(rows, row => row.TotalReward, advantage));
    }
}
