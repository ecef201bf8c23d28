using RlvrSharp.Rewards;

namespace RlvrSharp.Tests.Rewards;

public class RewardShaperTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(80, 0)]
    [InlineData(90, -0.5)]
    [InlineData(100, -1)]
    [InlineData(101, -1)]
    public void The_overlong_penalty_has_the_published_values(int length, double penalty)
    {
        // DAPO's equation 13 with L_max 100 and a buffer of 20.
        Assert.Equal(penalty, new OverlongPenalty(100, 20).PenaltyOf(length), 12);
        Assert.Equal(0.3 * penalty, new OverlongPenalty(100, 20, 0.3).PenaltyOf(length), 12);
    }

    [Fact]
    public void Shapers_change_rewards_in_place()
    {
        Rollout[] rollouts = [Rollout(80), Rollout(90), Rollout(200)];
        var group = new RolloutGroup(new Problem("q"), 0, rollouts);
        float[] rewards = [1, 1, 0.25f];

        new OverlongPenalty(100, 20).Shape(group, rewards);
        Assert.Equal([1, 0.5f, -0.75f], rewards);
        new RewardClip(0, 0.75).Shape(group, rewards);
        Assert.Equal([0.75f, 0.5f, 0], rewards);
    }

    [Fact]
    public void Bounds_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new RewardClip(1, 1));
        Assert.Throws<ArgumentException>(() => new RewardClip(double.NaN, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OverlongPenalty(10, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OverlongPenalty(10, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OverlongPenalty(10, 5, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPenalty(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPenalty(0.1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPenalty(0.1, 0, 1.5));
    }

    [Theory]
    [InlineData(99, 0)]
    [InlineData(100, -0.5)]
    [InlineData(1000, -0.5)]
    public void Without_a_buffer_the_overlong_penalty_is_a_hard_limit(int length, double penalty) =>
        Assert.Equal(penalty, new OverlongPenalty(100, 0, 0.5).PenaltyOf(length));

    [Fact]
    public void The_length_penalty_takes_a_share_of_the_score_so_silence_does_not_pay()
    {
        Rollout[] rollouts = [Rollout(20), Rollout(40), Rollout(4000), Rollout(1, score: 0), Rollout(4000, score: 0), Rollout(40, score: 0.5)];
        float[] rewards = [1, 1, 1, 0, 0, 0.5f];

        new LengthPenalty(0.01, freeTokens: 20, maxShare: 0.5).Shape(new RolloutGroup(new Problem("q"), 0, rollouts), rewards);

        Assert.Equal([1, 0.8f, 0.5f, 0, 0, 0.4f], rewards);
    }

    private static Rollout Rollout(int length, double score = 1) => new()
    {
        Completion = new Completion { Text = string.Empty, PromptTokens = default, Tokens = new int[length], LogProbs = new float[length], FinishReason = FinishReason.Stop },
        Grades = new Dictionary<string, Grade>(),
        Status = GradeStatus.Graded,
        Score = score,
    };
}
