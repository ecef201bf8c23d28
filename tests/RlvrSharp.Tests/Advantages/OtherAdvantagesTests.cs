using RlvrSharp.Advantages;

namespace RlvrSharp.Tests.Advantages;

public class OtherAdvantagesTests
{
    private static readonly double[] Rewards = [1, 0, 0, 1, 0, 0, 0, 0];

    [Fact]
    public void Leave_one_out_and_max_rl_match_numbers_worked_by_hand()
    {
        var advantages = new double[8];
        GroupAdvantages.LeaveOneOut<double>(Rewards, new(), advantages);
        Near(Rewards.Select(reward => reward > 0 ? 0.857143 : -0.285714), advantages);
        GroupAdvantages.MaxRl<double>(Rewards, new() { Epsilon = 0 }, advantages);
        Near(Rewards.Select(reward => reward > 0 ? 3.0 : -1), advantages);
        GroupAdvantages.MaxRl<double>(new double[8], new() { Epsilon = 0 }, advantages);
        Assert.All(advantages, value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_length_weighted_baseline_counts_tokens()
    {
        var advantages = new double[3];
        GroupAdvantages.LengthWeighted<double>([1, 0, 0.5], [10, 30, 20], new(), advantages);
        double baseline = (10 + 10.0) / 60;
        Near([1 - baseline, -baseline, 0.5 - baseline], advantages);
    }

    [Fact]
    public void Only_the_best_completion_learns_for_pass_at_k()
    {
        var advantages = new double[4];
        GroupAdvantages.BestOnly<double>([0.2, 0.9, double.NaN, 0.6], new() { Std = AdvantageStd.None }, advantages);
        Near([0, 0.3, 0, 0], advantages);
    }

    [Theory]
    [InlineData(0.95, 0.826750, 0.765, 0.7)]
    [InlineData(1, 0.9, 0.8, 0.7)]
    public void Gae_matches_numbers_worked_by_hand(double lambda, double first, double second, double third)
    {
        double[] advantages = new double[3], returns = new double[3], values = [0.1, 0.2, 0.3];
        Gae.Estimate<double>([0, 0, 1], values, default, new() { Lambda = lambda }, advantages, returns);
        Near([first, second, third], advantages);
        Near(advantages.Zip(values, (a, b) => a + b), returns);
    }

    [Fact]
    public void Whitening_matches_numbers_worked_by_hand()
    {
        double[] values = [0.826750, 0.765, 0.7];
        Whitening.Apply<double>(values, default, new(), values);
        Near([0.991343, 0.017092, -1.008435], values, 1e-5);
    }

    [Fact]
    public void Whitened_equal_values_are_zero_and_finite()
    {
        float[] values = [2, 2, 2];
        Whitening.Apply<float>(values, default, new(), values);
        Assert.All(values, value => Assert.Equal(0, value));
        Whitening.Apply<float>([], [], new(), []);
    }

    [Fact]
    public void Skipped_tokens_pass_value_and_advantage_through()
    {
        // A tool's answer in the middle: as if it were not there.
        double[] with = new double[4], without = new double[3], returns = new double[4];
        GaeOptions options = new() { Discount = 0.9, Lambda = 0.8 };
        Gae.Estimate<double>([0.1, 5, 0, 1], [0.2, 7, 0.3, 0.4], [1, 0, 1, 1], options, with, returns);
        Gae.Estimate<double>([0.1, 0, 1], [0.2, 0.3, 0.4], default, options, without, new double[3]);
        Near(without, [with[0], with[2], with[3]]);
    }

    [Fact]
    public void Packed_sequences_do_not_see_each_other()
    {
        double[] packed = new double[5], alone = new double[2], rest = new double[3], rewards = [0.5, 1, 0, 0, 2], values = [0.1, 0.2, 0.3, 0.4, 0.5];
        GaeOptions options = new() { Discount = 0.9, Lambda = 0.8 };
        Gae.Estimate<double>(rewards, values, default, options, packed, new double[5], [0, 1, 0, 0, 1]);
        Gae.Estimate<double>(rewards.AsSpan(0, 2), values.AsSpan(0, 2), default, options, alone, new double[2]);
        Gae.Estimate<double>(rewards.AsSpan(2), values.AsSpan(2), default, options, rest, new double[3]);
        Near(alone.Concat(rest), packed);
    }

    [Fact]
    public void Lambda_may_follow_the_length_and_differ_for_the_returns()
    {
        GaeOptions options = new() { LengthAdaptiveAlpha = 0.05, ReturnLambda = 1 };
        Assert.Equal(0, options.LambdaFor(10));
        Assert.Equal(1 - (1 / (0.05 * 100)), options.LambdaFor(100), 1e-12);
        double[] rewards = new double[40], values = [.. Enumerable.Range(0, 40).Select(i => i * 0.01)], advantages = new double[40], returns = new double[40];
        rewards[39] = 1;
        Gae.Estimate<double>(rewards, values, default, options, advantages, returns);
        Assert.All(returns, value => Assert.Equal(1, value, 1e-12));
        double[] expected = new double[40];
        Gae.Estimate<double>(rewards, values, default, new() { Lambda = 0.5 }, expected, new double[40]);
        Near(expected, advantages);
    }

    [Theory]
    [InlineData(8, 2, 4, 0.785714)]
    [InlineData(8, 0, 4, 0)]
    [InlineData(8, 5, 4, 1)]
    [InlineData(5, 2, 1, 0.4)]
    public void Unbiased_pass_at_k_matches_numbers_worked_by_hand(int count, int correct, int k, double expected) =>
        Assert.Equal(expected, PassAtK.Unbiased(count, correct, k), 1e-6);

    [Fact]
    public void Reward_parts_that_are_missing_are_left_out()
    {
        Assert.Equal(0.5, RewardParts.WeightedSum<double>([double.NaN, 1], [1, 0.5]));
        Assert.True(double.IsNaN(RewardParts.WeightedSum<double>([double.NaN, double.NaN], [1, 0.5])));
    }

    [Fact]
    public void Estimators_give_the_kernels_numbers_and_zero_where_a_token_does_not_count()
    {
        AdvantageRow[] rows =
        [
            Row(0, 1, [1, 0, 1], [0.1f, 0.2f, 0.3f]),
            Row(0, 0, [1, 1], [0.2f, 0.1f]),
            Row(1, 0.5, [1], [0.3f]),
            Row(1, 0.25, [1, 1], [0.5f, 0.5f]),
        ];
        (IAdvantageEstimator Estimator, double[] First)[] cases =
        [
            (GroupAdvantageEstimator.LeaveOneOut(), [1, 0, 1]),
            (GroupAdvantageEstimator.MaxRl(new() { Epsilon = 0 }), [1, 0, 1]),
            (GroupAdvantageEstimator.LengthWeighted(), [0.5, 0, 0.5]),
            (GroupAdvantageEstimator.BestOnly(new() { Std = AdvantageStd.None }), [1, 0, 1]),
            (BatchAdvantageEstimator.Scaled(new() { Epsilon = 0 }), [0.5 / BatchStd, 0, 0.5 / BatchStd]),
            (BatchAdvantageEstimator.GroupPolicyGradient(), [0.5 * 4 / 3, 0, 0.5 * 4 / 3]),
            (new ReinforceEstimator { Baseline = ReinforceBaseline.Greedy, Whitening = null }, [0.6, 0, 0.6]),
        ];
        foreach ((IAdvantageEstimator estimator, double[] first) in cases)
        {
            IReadOnlyList<TokenAdvantages> result = estimator.Estimate(rows);
            Near(first, [.. result[0].Advantages.Select(value => (double)value)]);
            Assert.Equal(rows.Select(row => row.Length), result.Select(entry => entry.Advantages.Length));
        }
    }

    [Fact]
    public void Whitened_estimators_have_mean_zero_and_variance_one_over_the_counted_tokens()
    {
        AdvantageRow[] rows = [Row(0, 1, [1, 0, 1], [0.1f, 9, 0.3f]), Row(0, 0, [1, 1], [0.2f, 0.1f]), Row(1, 0.5, [1], [0.3f]), Row(1, 0.25, [1, 1], [0.5f, 0.5f])];
        foreach (IAdvantageEstimator estimator in new IAdvantageEstimator[] { new GaeEstimator(), new ReinforceEstimator { Discount = 0.9 }, new ReinforceEstimator { Baseline = ReinforceBaseline.GroupMean } })
        {
            IReadOnlyList<TokenAdvantages> result = estimator.Estimate(rows);
            Assert.Equal(0, result[0].Advantages[1]);
            double[] counted = [.. rows.SelectMany((row, i) => result[i].Advantages.Where((_, t) => row.Mask.Span[t] != 0)).Select(value => (double)value)];
            Assert.Equal(0, counted.Average(), 1e-5);
            Assert.Equal(1, counted.Sum(value => value * value) / (counted.Length - 1), 1e-5);
        }

        Assert.Equal([1f, 9.7f, 1], new GaeEstimator { Options = new() { Lambda = 1 } }.Estimate(rows)[0].Returns, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void A_kl_penalty_in_the_reward_reaches_every_estimator()
    {
        AdvantageRow[] rows =
        [
            new() { Group = 0, Reward = 1, Length = 2, TokenRewards = new[] { -0.25f, -0.25f } },
            new() { Group = 0, Reward = 0.5, Length = 1 },
        ];
        Assert.All(GroupAdvantageEstimator.Relative().Estimate(rows), entry => Assert.All(entry.Advantages, value => Assert.Equal(0, value)));
        Assert.Equal([0.5f, 0.75f], new ReinforceEstimator { Whitening = null }.Estimate(rows)[0].Advantages);
    }

    [Fact]
    public void Gae_without_values_is_refused()
    {
        PolicyException error = Assert.Throws<PolicyException>(() => new GaeEstimator().Estimate([new() { Group = 0, Reward = 1, Length = 2 }]));
        Assert.Contains("2 tokens has 0 values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decoupled_normalisation_gives_every_part_the_same_say()
    {
        // The second part is ten times as large and says the opposite: decoupled, they cancel.
        AdvantageRow[] rows = [Parts(0, 1, 0), Parts(0, 0, 10), Parts(1, 1, 10), Parts(1, 0, 0)];
        IReadOnlyList<TokenAdvantages> result = BatchAdvantageEstimator.Decoupled([1, 1], new() { Epsilon = 0 }, new() { Std = AdvantageStd.None }).Estimate(rows);
        Assert.Equal(0, result[0].Advantages[0], 1e-6f);
        Assert.Equal(MathF.Sqrt(2), result[2].Advantages[0], 1e-6f);

        static AdvantageRow Parts(int group, double first, double second) => new() { Group = group, Reward = 0, Length = 1, RewardParts = new[] { first, second } };
    }

    private static double BatchStd => Math.Sqrt(new[] { 1, 0, 0.5, 0.25 }.Sum(reward => Math.Pow(reward - 0.4375, 2)) / 3);

    private static AdvantageRow Row(int group, double reward, float[] mask, float[] values) =>
        new() { Group = group, Reward = reward, Length = mask.Length, Mask = mask, Values = values, GreedyReward = 0.4 };

    private static void Near(IEnumerable<double> expected, double[] actual, double tolerance = 1e-6) =>
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < tolerance);
}
