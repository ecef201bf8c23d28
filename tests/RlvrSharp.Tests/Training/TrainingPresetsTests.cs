using RlvrSharp.Advantages;
using RlvrSharp.Losses;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class TrainingPresetsTests
{
    public static TheoryData<string> Names() => [.. TrainingPresets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_algorithm_learns_the_toy_task(string name)
    {
        PolicyTrainerOptions options = TrainingPresets.Create(name);
        options.Steps = 90;
        options.Rollout.ProblemsPerStep = 4;
        options.Rollout.GroupSize = 8;
        options.Rollout.Sampling.MaxTokens = 6;
        options.Optimizer.LearningRate = options.EpochsPerStep > 1 ? 0.1 : 0.2;
        options.KlCoefficient = Math.Min(options.KlCoefficient, 0.01);
        var policy = new BigramPolicy(valueHead: options is PpoOptions);
        PolicyTrainer trainer = PolicyTrainer.Create(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), options);

        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in trainer.TrainAsync(GrpoTrainerTests.Problems()))
        {
            steps.Add(step);
        }

        Assert.True(steps.TakeLast(10).Average(step => step.RewardMean) > 0.75, $"{name} ended at {steps.TakeLast(10).Average(step => step.RewardMean):F3}");
        Assert.Equal(0.0, steps[0].KlToInitial);
    }

    [Fact]
    public void The_presets_are_the_values_of_their_papers()
    {
        Assert.Equal(["cispo", "clip-cov", "dapo", "dr-grpo", "grpo", "gspo", "kl-cov", "ppo", "reinforce++", "rloo", "tulu3-ppo"], TrainingPresets.Names);
        var dapo = Assert.IsType<GrpoOptions>(TrainingPresets.Create("dapo"));
        Assert.Equal((0.2, 0.28, 0.0, LossAggregation.TokenMean), (dapo.ClipLow, dapo.ClipHigh, dapo.KlCoefficient, dapo.Aggregation));
        var drGrpo = Assert.IsType<GrpoOptions>(TrainingPresets.Create("dr-grpo"));
        Assert.Equal((AdvantageStd.None, LossAggregation.FixedLength), (drGrpo.AdvantageStd, drGrpo.Aggregation));
        var ppo = Assert.IsType<PpoOptions>(TrainingPresets.Create("ppo"));
        Assert.Equal((1, 1, 1.0, 1.0, 0.1, false), (ppo.EpochsPerStep, ppo.MinibatchesPerEpoch, ppo.Discount, ppo.GaeLambda, ppo.ValueCoefficient, ppo.WhitenAdvantages));
        var tulu = Assert.IsType<PpoOptions>(TrainingPresets.Create("tulu3-ppo"));
        Assert.Equal((4, 0.05, 0.95, 1.0, KlPlacement.Reward), (tulu.EpochsPerStep, tulu.KlCoefficient, tulu.GaeLambda, tulu.Discount, tulu.KlPlacement));
        var covariance = Assert.IsType<KlCovarianceOptions>(TrainingPresets.Create("kl-cov").Objective);
        Assert.Equal((0.0002, 1.0), (covariance.Share, covariance.Coefficient));
        Assert.Contains("\"grpo\"", Assert.Throws<ArgumentException>(() => TrainingPresets.Create("gpro")).Message, StringComparison.Ordinal);
    }
}
