using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>
/// Advantages from the rewards of one group: the completions of one prompt compared with each other. Rewards that are NaN are
/// missing: they take no part in the baseline and their advantage is 0. Sums run in double, in order.
/// </summary>
public static partial class GroupAdvantages
{
    /// <summary>A = (r − mean) / (std + ε): GRPO (arXiv 2402.03300), or Dr.GRPO (2503.20783) without the division.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards; NaN is missing.</param>
    /// <param name="options">Division, ε, resolution.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    /// <returns>The mean and spread that were used.</returns>
    public static GroupStatistics Relative<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckLength(rewards, advantages);
        GroupStatistics statistics = GroupStatistics.Of(rewards, options.Resolution);
        (double mean, double divisor) = options.Std switch
        {
            _ when statistics.Count == 1 && options.KeepSingletons => (0, options.Std == AdvantageStd.None ? 1 : 1 + options.Epsilon),
            AdvantageStd.None => (statistics.Mean, 1),
            AdvantageStd.Sample => (statistics.Mean, statistics.SampleStd + options.Epsilon),
            AdvantageStd.Population => (statistics.Mean, statistics.PopulationStd + options.Epsilon),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Std, "Unknown standard deviation."),
        };
        bool flat = statistics.IsFlat && !(statistics.Count == 1 && options.KeepSingletons);
        for (int i = 0; i < rewards.Length; i++)
        {
            advantages[i] = flat || T.IsNaN(rewards[i]) ? T.Zero : T.CreateTruncating((double.CreateTruncating(rewards[i]) - mean) / divisor);
        }

        return statistics;
    }

    private static void CheckLength<T>(ReadOnlySpan<T> rewards, Span<T> advantages)
    {
        if (rewards.Length != advantages.Length)
        {
            throw new ArgumentException($"There are {rewards.Length} rewards and room for {advantages.Length} advantages: give one per completion.", nameof(advantages));
        }
    }
}
