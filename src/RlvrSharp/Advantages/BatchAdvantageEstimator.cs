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

    /// <summary>Whether it looks at the parts of rewards, so that neither shaped rewards nor rewards per token reach it.</summary>
    internal bool NeedsParts { get; private init; }

    /// <summary>The parts it wants, by name, or null for one part per rewarded grader.</summary>
    internal IReadOnlyList<string>? PartNames { get; private init; }

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

    /// <summary>
    /// GDPO, from <see cref="AdvantageRow.RewardParts"/>. It sees each grader's own score, so reward shapers and a KL penalty in the reward have no
    /// place beside it: trainers refuse them.
    /// </summary>
    /// <param name="weights">One weight per part of the reward: per grader with a weight, in their order.</param>
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
            2)
        {
            NeedsParts = true,
        };
    }

    /// <summary>GDPO over parts that are picked by name, such as those of one <see cref="Graders.Json.MultiGrader"/>.</summary>
    /// <param name="weights">The weight of each part. A name is a grader's, or that of a number in a grader's metrics, as parts of a multi grader are.</param>
    /// <param name="group">Std and ε inside a group; null takes the defaults.</param>
    /// <param name="batch">Std and ε over the batch; null takes the defaults.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">There is no weight, or one is negative or not a number.</exception>
    public static BatchAdvantageEstimator Decoupled(IReadOnlyDictionary<string, double> weights, GroupAdvantageOptions? group = null, GroupAdvantageOptions? batch = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        KeyValuePair<string, double>[] parts = [.. weights.OrderBy(pair => pair.Key, StringComparer.Ordinal)];
        if (parts.Length == 0 || !System.Array.TrueForAll(parts, part => part.Value >= 0 && double.IsFinite(part.Value)) || System.Array.TrueForAll(parts, part => part.Value == 0))
        {
            throw new ArgumentException("Each part of the reward needs a weight that is a finite number of 0 or more, and at least one above 0.", nameof(weights));
        }

        BatchAdvantageEstimator estimator = Decoupled([.. parts.Select(part => part.Value)], group, batch);
        return new BatchAdvantageEstimator(estimator.estimate, estimator.MinGroupSize) { NeedsParts = true, PartNames = [.. parts.Select(part => part.Key)] };
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
