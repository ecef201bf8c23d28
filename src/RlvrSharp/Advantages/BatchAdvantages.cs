using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>Advantages that need the whole batch. Groups stand one after the other; sizes say where each ends.</summary>
public static class BatchAdvantages
{
    /// <summary>A = (r − group mean) / (batch std + ε): TRL's "batch" scaling (arXiv 2508.08221).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The batch's rewards; NaN is missing.</param>
    /// <param name="groupSizes">The size of each group, in order.</param>
    /// <param name="options">Std of the batch, ε, resolution (of the batch, for the division, and of each group).</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    /// <returns>The mean and spread of the batch.</returns>
    public static GroupStatistics Scaled<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<int> groupSizes, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckSizes(rewards.Length, groupSizes, advantages.Length);
        GroupStatistics batch = GroupStatistics.Of(rewards, options.Resolution);
        double divisor = Divisor(batch, options);
        GroupAdvantageOptions centred = options with { Std = AdvantageStd.None };
        int start = 0;
        foreach (int size in groupSizes)
        {
            GroupAdvantages.Relative(rewards.Slice(start, size), centred, advantages.Slice(start, size));
            start += size;
        }

        Divide(advantages, divisor);
        return batch;
    }

    /// <summary>Normalises finished advantages over the batch: (A − mean) / (std + ε), as TRL's RLOO does on request. NaN is missing and becomes 0.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="advantages">The advantages, changed in place.</param>
    /// <param name="options">Std, ε, resolution.</param>
    /// <returns>The mean and spread before.</returns>
    public static GroupStatistics Normalize<T>(Span<T> advantages, GroupAdvantageOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => GroupAdvantages.Relative(advantages, options, advantages);

    /// <summary>
    /// GDPO (arXiv 2601.05242): each part of the reward is normalised in its group, the weighted sum of the parts over the batch.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="parts">The rewards, [completion, part]; NaN is missing.</param>
    /// <param name="weights">One weight per part.</param>
    /// <param name="groupSizes">The size of each group, in order.</param>
    /// <param name="group">Std and ε inside a group (TRL 1e-4, verl and NeMo 1e-6).</param>
    /// <param name="batch">Std and ε over the batch (TRL 1e-4, NeMo 0). Std None leaves the weighted sum as it is (verl whitens over tokens afterwards).</param>
    /// <param name="advantages">Where the advantages go, one per completion.</param>
    /// <param name="scratch">Room for as many numbers as there are parts × completions.</param>
    /// <returns>The mean and spread of the weighted sums.</returns>
    public static GroupStatistics Decoupled<T>(
        ReadOnlySpan<T> parts, ReadOnlySpan<T> weights, ReadOnlySpan<int> groupSizes, GroupAdvantageOptions group, GroupAdvantageOptions batch, Span<T> advantages, Span<T> scratch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(batch);
        int count = advantages.Length;
        CheckSizes(count, groupSizes, count);
        if (parts.Length != count * weights.Length || scratch.Length < parts.Length)
        {
            throw new ArgumentException(
                $"There are {parts.Length} reward parts, {weights.Length} weights, {count} completions and {scratch.Length} places of scratch: parts and scratch must have completions × weights.", nameof(parts));
        }

        advantages.Clear();
        Span<T> column = scratch[..count];
        Span<T> normalised = count == 0 ? default : scratch.Slice(Math.Min(count, scratch.Length - count), count);
        for (int k = 0; k < weights.Length; k++)
        {
            for (int i = 0; i < count; i++)
            {
                column[i] = parts[(i * weights.Length) + k];
            }

            int start = 0;
            foreach (int size in groupSizes)
            {
                GroupAdvantages.Relative(column.Slice(start, size), group, normalised.Slice(start, size));
                start += size;
            }

            for (int i = 0; i < count; i++)
            {
                advantages[i] += normalised[i] * weights[k];
            }
        }

        // A completion without any part has no advantage, and no part in the batch's mean.
        for (int i = 0; i < count; i++)
        {
            if (T.IsNaN(RewardParts.WeightedSum(parts.Slice(i * weights.Length, weights.Length), weights)))
            {
                advantages[i] = T.NaN;
            }
        }

        if (batch.Std != AdvantageStd.None)
        {
            return Normalize(advantages, batch);
        }

        GroupStatistics statistics = GroupStatistics.Of<T>(advantages, batch.Resolution);
        for (int i = 0; i < count; i++)
        {
            advantages[i] = T.IsNaN(advantages[i]) ? T.Zero : advantages[i];
        }

        return statistics;
    }

    /// <summary>A = α·(r − group mean), α = completions / completions with a reward other than 0: GPG's advantage (arXiv 2504.02546).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The batch's rewards; NaN is missing.</param>
    /// <param name="groupSizes">The size of each group, in order.</param>
    /// <param name="options">Resolution and singletons; std and ε are not looked at.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    public static void GroupPolicyGradient<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<int> groupSizes, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        int count = 0, nonZero = 0;
        foreach (T reward in rewards)
        {
            count += T.IsNaN(reward) ? 0 : 1;
            nonZero += T.IsNaN(reward) || T.IsZero(reward) ? 0 : 1;
        }

        Scaled(rewards, groupSizes, options with { Std = AdvantageStd.None }, advantages);
        Divide(advantages, Math.Max(nonZero, 1) / (double)Math.Max(count, 1));
    }

    private static double Divisor(GroupStatistics statistics, GroupAdvantageOptions options) => options.Std switch
    {
        AdvantageStd.None => 1,
        _ when statistics.IsFlat => 1,
        AdvantageStd.Sample => statistics.SampleStd + options.Epsilon,
        _ => statistics.PopulationStd + options.Epsilon,
    };

    private static void Divide<T>(Span<T> advantages, double divisor)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < advantages.Length; i++)
        {
            advantages[i] = T.CreateTruncating(double.CreateTruncating(advantages[i]) / divisor);
        }
    }

    private static void CheckSizes(int count, ReadOnlySpan<int> groupSizes, int room)
    {
        int total = 0;
        foreach (int size in groupSizes)
        {
            total += size;
        }

        if (total != count || room != count)
        {
            throw new ArgumentException($"There are {count} completions, groups for {total} and room for {room} advantages: the three must agree.", nameof(groupSizes));
        }
    }
}
