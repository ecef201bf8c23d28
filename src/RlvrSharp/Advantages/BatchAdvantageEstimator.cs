namespace RlvrSharp.Advantages;

/// <summary>Estimators that compare completions over the whole batch and give every token its completion's advantage.</summary>
public sealed class BatchAdvantageEstimator : IAdvantageEstimator
{
    private readonly Func<IReadOnlyList<AdvantageRow>, int[], int[], double[]> estimate;

    private BatchAdvantageEstimator(Func<IReadOnlyList<AdvantageRow>, int[], int[], double[]> estimate, int minGroupSize)
    {
        this.estimate = estimate;
        MinGroupSize = minGroupSize;
    }

    /// <inheritdoc/>
    public bool NeedsValues => false;

    /// <inheritdoc/>
    public int MinGroupSize { get; }

    /// <summary>Centred in the group, divided by the batch's standard deviation (TRL's "batch" scaling).</summary>
    /// <param name="options">Std, ε, resolution; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static BatchAdvantageEstimator Scaled(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new BatchAdvantageEstimator(
            (rows, order, sizes) =>
            {
                double[] values = [.. order.Select(i => rows[i].TotalReward)];
                BatchAdvantages.Scaled<double>(values, sizes, settings, values);
                return values;
            },
            2);
    }

    /// <summary>GPG's advantage.</summary>
    /// <param name="options">Resolution and singletons; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static BatchAdvantageEstimator GroupPolicyGradient(GroupAdvantageOptions? options = null)
    {
        GroupAdvantageOptions settings = options ?? new GroupAdvantageOptions();
        return new BatchAdvantageEstimator(
            (rows, order, sizes) =>
            {
                double[] values = [.. order.Select(i => rows[i].TotalReward)];
                BatchAdvantages.GroupPolicyGradient<double>(values, sizes, settings, values);
                return values;
            },
            2);
    }

    /// <summary>GDPO, from <see cref="AdvantageRow.RewardParts"/>.</summary>
    /// <param name="weights">One weight per part of the reward.</param>
    /// <param name="group">Std and ε inside a group; null takes the defaults.</param>
    /// <param name="batch">Std and ε over the batch; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    public static BatchAdvantageEstimator Decoupled(IReadOnlyList<double> weights, GroupAdvantageOptions? group = null, GroupAdvantageOptions? batch = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        double[] partWeights = [.. weights];
        return new BatchAdvantageEstimator(
            (rows, order, sizes) =>
            {
                double[] parts = [.. order.SelectMany(i => rows[i].RewardParts.ToArray())];
                var advantages = new double[rows.Count];
                BatchAdvantages.Decoupled<double>(parts, partWeights, sizes, group ?? new(), batch ?? new(), advantages, new double[parts.Length]);
                return advantages;
            },
            2);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        (int[] order, int[] sizes) = AdvantageRows.ByGroup(rows);
        double[] ordered = estimate(rows, order, sizes);
        var advantages = new double[rows.Count];
        for (int place = 0; place < order.Length; place++)
        {
            advantages[order[place]] = ordered[place];
        }

        return AdvantageRows.Spread(rows, advantages);
    }
}
