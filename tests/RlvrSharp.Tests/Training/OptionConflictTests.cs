using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

/// <summary>Each combination that makes no sense is refused before anything is trained, with the reason.</summary>
public class OptionConflictTests
{
    public static TheoryData<Action<GrpoOptions>, string> Grpo() => new()
    {
        { options => options.Rollout.GroupSize = 1, "GroupSize is 1, but GRPO compares completions within a group: set it to 2 or more." },
        { options => options.Advantage = new GroupAdvantageEstimator((_, _, _) => { }, minGroupSize: 16), "set it to 16 or more" },
        { options => options.Advantage = new GaeEstimator(), "GRPO has no critic" },
        { options => options.Objective = new ClippedSurrogateOptions { RatioLevel = RatioLevel.Sequence }, "Aggregation is TokenMean" },
        { options => options.Objective = new ClippedSurrogateOptions { ClipLow = 3e-4, ClipHigh = 4e-4 }, "Set RatioLevel to Sequence" },
        { options => (options.ClipLow, options.ClipHigh) = (3e-4, 4e-4), "Set RatioLevel to Sequence" },
        { options => options.ClipLow = 1.5, "ClipLow" },
        { options => options.ClipHigh = -0.5, "ClipHigh" },
        { options => options.Objective = new ClippedSurrogateOptions { ClipLow = 1.5 }, "ClipLow is 1.5" },
        { options => options.Objective = new ClippedSurrogateOptions { ClipHigh = -0.5 }, "ClipHigh is -0.5" },
        { options => options.Objective = new CispoOptions { Bounds = CispoBounds.TwoSided, ClipLow = -1, ClipHigh = 0.5 }, "which is empty" },
        { options => options.Objective = new CispoOptions { ClipHigh = 0.28 }, "largest ratio itself" },
        { options => options.Objective = new KlCovarianceOptions(), "one update" },
        { options => options.Objective = new ClipCovarianceOptions { Lowest = 5, Highest = 1 }, "set Lowest below Highest" },
        { options => options.OffPolicy = new OffPolicyOptions { MinWeight = 3, MaxWeight = 2 }, "[3, 2]" },
        { options => options.AdaptiveKl = new AdaptiveKlOptions(), "KlCoefficient is 0" },
        { options => options.AdaptiveEntropy = new AdaptiveEntropyOptions { Min = 0.5, Max = 0.1 }, "Min 0.5 and Max 0.1" },
        { options => options.KlCoefficient = -1, "KlCoefficient" },
        { options => options.Rollout.MinGroupSize = 9, "every group would be dropped" },
        { options => options.Rollout.MaxGroupSize = 4, "MaxGroupSize is 4" },
        { options => (options.Advantage, options.Rollout.GroupSize, options.Rollout.DropZeroSignalGroups) = (new ReinforceEstimator { Baseline = ReinforceBaseline.None }, 1, true), "that is every group" },
        { options => options.Schedule.WarmupSteps = 5, "the full learning rate would never be reached" },
        { options => options.Rollout.Sampling.Temperature = 0, "greedy sampling" },
        { options => options.Rollout.Sampling.TopK = 5, "set TopP to 1 and TopK to 0" },
    };

    [Theory]
    [MemberData(nameof(Grpo))]
    public void Grpo_refuses(Action<GrpoOptions> change, string message)
    {
        GrpoOptions options = GrpoTrainerTests.Options(steps: 5);
        change(options);

        var error = Assert.Throws<OptionsValidationException>(() => GrpoTrainerTests.Trainer(new BigramPolicy(), options));

        Assert.Contains(error.Failures, failure => failure.Contains(message, StringComparison.Ordinal));
    }

    public static TheoryData<Action<PpoOptions>, string> Ppo() => new()
    {
        { options => options.ValueCoefficient = 0, "the critic would never learn" },
        { options => options.ValueWarmupSteps = 5, "the policy would never move" },
        { options => options.ValueClip = 0, "ValueClip" },
        { options => options.GaeLambda = 1.1, "GaeLambda" },
        { options => options.Discount = -0.1, "Discount" },
        { options => options.ClipLow = 1.5, "ClipLow" },
    };

    [Theory]
    [MemberData(nameof(Ppo))]
    public void Ppo_refuses(Action<PpoOptions> change, string message)
    {
        var options = new PpoOptions { Steps = 5 };
        change(options);
        var policy = new BigramPolicy(valueHead: true);

        var error = Assert.Throws<OptionsValidationException>(() => new PpoTrainer(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), options));

        Assert.Contains(error.Failures, failure => failure.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_policy_without_values_and_a_missing_reference_are_refused_with_the_way_out()
    {
        var policy = new BigramPolicy();

        Assert.Contains("no value head", Assert.Throws<OptionsValidationException>(
            () => PolicyTrainer.Create(policy, policy, GrpoTrainerTests.Grading(), new PpoOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("CreateReference", Assert.Throws<ArgumentNullException>(
            () => PolicyTrainer.Create(policy, null!, GrpoTrainerTests.Grading(), new GrpoOptions { KlCoefficient = 0.1 })).Message, StringComparison.Ordinal);
    }
}
