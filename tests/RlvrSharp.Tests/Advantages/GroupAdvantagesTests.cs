using RlvrSharp.Advantages;

namespace RlvrSharp.Tests.Advantages;

public class GroupAdvantagesTests
{
    private static readonly double[] Rewards = [1, 0, 0, 1, 0, 0, 0, 0];

    [Theory]
    [InlineData(AdvantageStd.Sample, 1e-4, 1.619835, -0.539945)]
    [InlineData(AdvantageStd.Sample, 1e-6, 1.620182, -0.540061)]
    [InlineData(AdvantageStd.Population, 1e-8, 1.732051, -0.577350)]
    [InlineData(AdvantageStd.None, 0, 0.75, -0.25)]
    public void Relative_matches_numbers_worked_by_hand(AdvantageStd std, double epsilon, double win, double loss)
    {
        var advantages = new double[8];
        GroupAdvantages.Relative<double>(Rewards, new GroupAdvantageOptions { Std = std, Epsilon = epsilon }, advantages);
        Assert.Equal(Rewards.Select(reward => reward > 0 ? win : loss), advantages, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void The_leave_one_out_spread_matches_numbers_worked_by_hand()
    {
        var advantages = new double[8];
        GroupAdvantages.LeaveOneOutScaled<double>(Rewards, new GroupAdvantageOptions(), advantages);
        Assert.Equal(Rewards.Select(reward => reward > 0 ? 2.267781 : -0.585539), advantages, (a, b) => Math.Abs(a - b) < 1e-6);

        // One other has no spread, and equal others have none either: nothing is divided.
        GroupAdvantages.LeaveOneOutScaled<double>([1.0, 0.25], new GroupAdvantageOptions(), advantages.AsSpan(0, 2));
        Assert.Equal([0.75, -0.75], advantages[..2]);
        GroupAdvantages.LeaveOneOutScaled<double>([1.0, 0.1 + 0.2, 0.3, 0.3], new GroupAdvantageOptions(), advantages.AsSpan(0, 4));
        Assert.Equal(0.7, advantages[0], 1e-12);
        Assert.All(advantages[1..4], advantage => Assert.InRange(advantage, -0.6, -0.5));

        // Without a division it is leave-one-out; missing rewards take no part; an equal group is silent.
        GroupAdvantages.LeaveOneOutScaled<double>([1.0, double.NaN, 0, 0.5], new GroupAdvantageOptions { Std = AdvantageStd.None }, advantages.AsSpan(0, 4));
        Assert.Equal([0.75, 0, -0.75, 0], advantages[..4]);
        GroupAdvantages.LeaveOneOutScaled<double>([0.1 + 0.2, 0.3, 0.3], new GroupAdvantageOptions(), advantages.AsSpan(0, 3));
        Assert.Equal([0, 0, 0], advantages[..3]);
    }

    [Fact]
    public void Rounding_never_becomes_an_advantage()
    {
        // The same score, summed in two orders: they differ in the last bit, in both precisions.
        double[] doubles = [0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.6, 0.6];
        float[] floats = [0.6f, MathF.BitIncrement(0.6f), MathF.BitDecrement(0.6f), 0.6f];
        Assert.True(doubles.Distinct().Count() > 1 && floats.Distinct().Count() > 1);
        foreach (AdvantageStd std in Enum.GetValues<AdvantageStd>())
        {
            var options = new GroupAdvantageOptions { Std = std, Epsilon = 0 };
            var fromDoubles = new double[4];
            var fromFloats = new float[4];
            Assert.True(GroupAdvantages.Relative<double>(doubles, options, fromDoubles).IsFlat);
            Assert.True(GroupAdvantages.Relative<float>(floats, options, fromFloats).IsFlat);
            Assert.All(fromDoubles, value => Assert.Equal(0, value));
            Assert.All(fromFloats, value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void Missing_rewards_take_no_part()
    {
        var advantages = new double[4];
        GroupStatistics statistics = GroupAdvantages.Relative<double>([1, double.NaN, 0, double.NaN], new GroupAdvantageOptions { Std = AdvantageStd.None }, advantages);
        Assert.Equal([0.5, 0, -0.5, 0], advantages);
        Assert.Equal(2, statistics.Count);
    }

    [Fact]
    public void A_group_of_one_has_no_signal_unless_asked()
    {
        var advantages = new double[1];
        GroupAdvantages.Relative<double>([3.0], new GroupAdvantageOptions(), advantages);
        Assert.Equal(0, advantages[0]);
        GroupAdvantages.Relative<double>([3.0], new GroupAdvantageOptions { KeepSingletons = true }, advantages);
        Assert.Equal(3 / (1 + 1e-6), advantages[0], 12);
    }

    [Fact]
    public void The_estimator_spreads_a_completions_advantage_over_its_counted_tokens()
    {
        AdvantageRow[] rows =
        [
            new() { Group = 5, Reward = 1, Length = 3, Mask = new float[] { 1, 0, 1 } },
            new() { Group = 6, Reward = 1, Length = 1 },
            new() { Group = 5, Reward = 0, Length = 2 },
            new() { Group = 6, Reward = 1, Length = 0 },
        ];
        IReadOnlyList<TokenAdvantages> result = GroupAdvantageEstimator.Relative(new GroupAdvantageOptions { Std = AdvantageStd.None }).Estimate(rows);
        Assert.Equal([0.5f, 0, 0.5f], result[0].Advantages);
        Assert.Equal([0f], result[1].Advantages);
        Assert.Equal([-0.5f, -0.5f], result[2].Advantages);
        Assert.Empty(result[3].Advantages);
    }
}
