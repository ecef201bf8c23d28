using System.Numerics;

namespace RlvrSharp.Advantages;

public static partial class GroupAdvantages
{
    /// <summary>A = r − mean of the others: leave-one-out, RLOO (arXiv 2402.14740).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards; NaN is missing.</param>
    /// <param name="options">Resolution and singletons; std and ε are not looked at.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    /// <returns>The mean and spread of the group.</returns>
    public static GroupStatistics LeaveOneOut<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GroupStatistics statistics = Begin(rewards, options, advantages);
        double n = statistics.Count;
        for (int i = 0; i < rewards.Length; i++)
        {
            double reward = double.CreateTruncating(rewards[i]);
            double advantage = n > 1 ? n / (n - 1) * (reward - statistics.Mean) : reward;
            advantages[i] = Settle(rewards[i], advantage, statistics, options);
        }

        return statistics;
    }

    /// <summary>A = (r − mean of the others) / (std of the others + ε): leave-one-out with its own spread, as NeMo-RL has it.</summary>
    /// <remarks>
    /// Where the others do not differ, nothing is divided. With two completions there is one other, which has no spread: then this is <see cref="LeaveOneOut"/>.
    /// A spread within <see cref="GroupAdvantageOptions.Resolution"/> counts as none; NeMo-RL once divided by the rounding left in it.
    /// </remarks>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards; NaN is missing.</param>
    /// <param name="options">Division (sample or population; none is <see cref="LeaveOneOut"/>), ε, resolution.</param>
    /// <param name="advantages">Where the advantages go; one per completion, not the rewards' own memory.</param>
    /// <returns>The mean and spread of the group.</returns>
    public static GroupStatistics LeaveOneOutScaled<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GroupStatistics statistics = LeaveOneOut(rewards, options, advantages);
        if (options.Std == AdvantageStd.None || statistics.IsFlat)
        {
            return statistics;
        }

        double n = statistics.Count, largest = 0;
        foreach (T reward in rewards)
        {
            largest = T.IsNaN(reward) ? largest : Math.Max(largest, Math.Abs(double.CreateTruncating(reward)));
        }

        for (int i = 0; i < rewards.Length; i++)
        {
            if (T.IsNaN(rewards[i]))
            {
                continue;
            }

            double mean = ((n * statistics.Mean) - double.CreateTruncating(rewards[i])) / (n - 1), squares = 0;
            for (int j = 0; j < rewards.Length; j++)
            {
                double deviation = j == i || T.IsNaN(rewards[j]) ? 0 : double.CreateTruncating(rewards[j]) - mean;
                squares += deviation * deviation;
            }

            double degrees = options.Std == AdvantageStd.Sample ? n - 2 : n - 1;
            double std = degrees > 0 ? Math.Sqrt(squares / degrees) : 0;
            if (std > options.Resolution * Math.Max(1, largest))
            {
                advantages[i] = T.CreateTruncating((double.CreateTruncating(rewards[i]) - mean) / (std + options.Epsilon));
            }
        }

        return statistics;
    }

    /// <summary>A = (r − mean) / (mean + ε): MaxRL, as prime-rl and SkyRL have it.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards, 0 or more; NaN is missing.</param>
    /// <param name="options">ε (prime-rl 0, SkyRL 1e-6) and resolution.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory. A group with mean 0 gets 0.</param>
    /// <returns>The mean and spread of the group.</returns>
    public static GroupStatistics MaxRl<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GroupStatistics statistics = Begin(rewards, options, advantages);
        double divisor = statistics.Mean + options.Epsilon;
        for (int i = 0; i < rewards.Length; i++)
        {
            double advantage = divisor == 0 ? 0 : (double.CreateTruncating(rewards[i]) - statistics.Mean) / divisor;
            advantages[i] = statistics.IsFlat || T.IsNaN(rewards[i]) ? T.Zero : T.CreateTruncating(advantage);
        }

        return statistics;
    }

    /// <summary>A = r − Σ nⱼrⱼ / Σ nⱼ: OPO's length-weighted baseline (arXiv 2505.23585).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards; NaN is missing.</param>
    /// <param name="lengths">The number of counted tokens of each completion.</param>
    /// <param name="options">Resolution and singletons; std and ε are not looked at.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    /// <returns>The mean and spread of the group.</returns>
    public static GroupStatistics LengthWeighted<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<int> lengths, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GroupStatistics statistics = Begin(rewards, options, advantages);
        if (lengths.Length != rewards.Length)
        {
            throw new ArgumentException($"There are {rewards.Length} rewards and {lengths.Length} lengths: give one of each per completion.", nameof(lengths));
        }

        double weighted = 0, tokens = 0;
        for (int i = 0; i < rewards.Length; i++)
        {
            if (!T.IsNaN(rewards[i]))
            {
                weighted += lengths[i] * double.CreateTruncating(rewards[i]);
                tokens += lengths[i];
            }
        }

        double baseline = statistics.Count > 1 && tokens > 0 ? weighted / tokens : 0;
        for (int i = 0; i < rewards.Length; i++)
        {
            advantages[i] = Settle(rewards[i], double.CreateTruncating(rewards[i]) - baseline, statistics, options);
        }

        return statistics;
    }

    /// <summary>Only the best completion has an advantage: (best − second best) / (std + ε): pass@k training (arXiv 2503.19595).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The group's rewards; NaN is missing. The first of equal bests counts as the best.</param>
    /// <param name="options">Division, ε, resolution.</param>
    /// <param name="advantages">Where the advantages go; may be the rewards' own memory.</param>
    /// <returns>The mean and spread of the group.</returns>
    public static GroupStatistics BestOnly<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        GroupStatistics statistics = Begin(rewards, options, advantages);
        int best = -1;
        double first = double.NegativeInfinity, second = double.NegativeInfinity;
        for (int i = 0; i < rewards.Length; i++)
        {
            double reward = double.CreateTruncating(rewards[i]);
            if (reward > first)
            {
                (first, second, best) = (reward, first, i);
            }
            else if (reward > second)
            {
                second = reward;
            }
        }

        advantages.Clear();
        if (statistics.Count > 1 && !statistics.IsFlat)
        {
            double divisor = options.Std switch
            {
                AdvantageStd.None => 1,
                AdvantageStd.Sample => statistics.SampleStd + options.Epsilon,
                _ => statistics.PopulationStd + options.Epsilon,
            };
            advantages[best] = T.CreateTruncating((first - second) / divisor);
        }

        return statistics;
    }

    private static GroupStatistics Begin<T>(ReadOnlySpan<T> rewards, GroupAdvantageOptions options, Span<T> advantages)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckLength(rewards, advantages);
        return GroupStatistics.Of(rewards, options.Resolution);
    }

    private static T Settle<T>(T reward, double advantage, GroupStatistics statistics, GroupAdvantageOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool silent = statistics.Count == 1 ? !options.KeepSingletons : statistics.IsFlat;
        return silent || T.IsNaN(reward) ? T.Zero : T.CreateTruncating(advantage);
    }
}
