using System.Text.Json;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Graders;
using RlvrSharp.Losses;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class PpoTrainerTests
{
    [Fact]
    public async Task The_policy_learns_what_is_rewarded()
    {
        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(valueHead: true), Options(90));

        Assert.True(steps.TakeLast(10).Average(step => step.RewardMean) > 0.8, $"the reward ended at {steps[^1].RewardMean}");
        Assert.Equal(1.0, steps[0].RatioMean);
        Assert.Equal(0.0, steps[0].KlToInitial);
    }

    [Fact]
    public async Task The_critic_learns_what_a_state_is_worth()
    {
        // Half of the prompts score 1 whatever is answered: a critic that reads the prompt can know, a policy can do nothing about it.
        var grading = new GradingPipeline([new WeightedGrader("half", new TestGrader((problem, _) => problem.Prompt is "c" or "d" or "e" ? 1 : 0))]);
        var policy = new BigramPolicy(valueHead: true);
        PpoOptions options = Options(60);
        options.Rollout.Sampling.MaxTokens = 1;
        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in new PpoTrainer(policy, policy.CreateReference(), grading, options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            steps.Add(step);
        }

        Assert.InRange(steps.Take(2).Average(step => step.ExplainedVariance ?? 0), -0.2, 0.2);
        Assert.True(steps.TakeLast(10).Average(step => step.ExplainedVariance ?? 1) > 0.8, string.Join(' ', steps.Select(step => $"{step.ExplainedVariance:F2}")));
    }

    [Fact]
    public async Task A_separate_critic_does_the_same_as_a_value_head()
    {
        var critic = new BigramPolicy(valueHead: true);
        List<TrainingStep> steps = await TrainAsync(new PolicyWithCritic(new BigramPolicy(), critic), Options(90));

        Assert.True(steps.TakeLast(10).Average(step => step.RewardMean) > 0.8, $"the reward ended at {steps[^1].RewardMean}");
        Assert.Equal(new double[81], critic.Logits.ToArray());
    }

    [Fact]
    public async Task While_the_critic_warms_up_the_policy_stays()
    {
        var policy = new BigramPolicy(valueHead: true);
        PpoOptions options = Options(3);
        options.ValueWarmupSteps = 2;
        options.EntropyCoefficient = 0.1;
        options.KlCoefficient = 0.1;
        var seen = new List<double[]>();
        await foreach (TrainingStep _ in new PpoTrainer(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            seen.Add(policy.Logits.ToArray());
        }

        Assert.All(seen.Take(2), logits => Assert.All(logits, logit => Assert.Equal(0, logit)));
        Assert.Contains(seen[2], logit => logit != 0);
    }

    [Fact]
    public async Task A_penalty_in_the_reward_keeps_the_policy_near()
    {
        List<TrainingStep> free = await TrainAsync(new BigramPolicy(valueHead: true), Options(40));
        PpoOptions held = Options(40);
        held.KlPlacement = KlPlacement.Reward;
        held.KlCoefficient = 1;
        List<TrainingStep> near = await TrainAsync(new BigramPolicy(valueHead: true), held);

        Assert.True(near[^1].KlToInitial < free[^1].KlToInitial / 2, $"{near[^1].KlToInitial} against {free[^1].KlToInitial}");
    }

    [Fact]
    public void Ppo_without_values_is_refused_with_the_ways_out()
    {
        var policy = new BigramPolicy();

        var error = Assert.Throws<OptionsValidationException>(() => new PpoTrainer(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), Options(5)));

        Assert.Contains("no value head", error.Message, StringComparison.Ordinal);
        Assert.Contains("PolicyWithCritic", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new PolicyWithCritic(policy, new BigramPolicy()));
    }

    [Fact]
    public void Settings_that_make_no_sense_together_are_named()
    {
        var policy = new BigramPolicy(valueHead: true);
        PpoOptions ppo = Options(5);
        ppo.ValueWarmupSteps = 5;
        ppo.ValueCoefficient = 0;
        ppo.GaeLambda = 2;

        var error = Assert.Throws<OptionsValidationException>(() => new PpoTrainer(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), ppo));

        string all = string.Join('\n', error.Failures);
        Assert.Contains("ValueWarmupSteps is 5", all, StringComparison.Ordinal);
        Assert.Contains("ValueCoefficient is 0", all, StringComparison.Ordinal);
        Assert.Contains("GaeLambda", all, StringComparison.Ordinal);

        GrpoOptions grpo = GrpoTrainerTests.Options(2);
        grpo.Objective = new ClippedSurrogateOptions { RatioLevel = RatioLevel.Sequence };
        grpo.Advantage = new GaeEstimator();
        error = Assert.Throws<OptionsValidationException>(() => GrpoTrainerTests.Trainer(policy, grpo));
        all = string.Join('\n', error.Failures);
        Assert.Contains("GSPO", all, StringComparison.Ordinal);
        Assert.Contains("needs values", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_with_a_critic_resumes_to_the_same_numbers()
    {
        string folder = Directory.CreateTempSubdirectory("rlvr-critic-").FullName;
        try
        {
            List<TrainingStep> whole = await TrainAsync(new PolicyWithCritic(new BigramPolicy(), new BigramPolicy(valueHead: true)), Options(8));

            var first = new PolicyWithCritic(new BigramPolicy(), new BigramPolicy(valueHead: true));
            var trainer = new PpoTrainer(first, first.CreateReference(), GrpoTrainerTests.Grading(), Options(8));
            using var stop = new CancellationTokenSource();
            await foreach (TrainingStep step in trainer.TrainAsync(GrpoTrainerTests.Problems(), stop.Token))
            {
                if (step.Number == 4)
                {
                    await stop.CancelAsync();
                }
            }

            await first.SaveAsync(Path.Combine(folder, "saved"), withOptimizerState: true);
            using var state = new MemoryStream();
            using (var writer = new Utf8JsonWriter(state))
            {
                trainer.SaveState(writer);
            }

            var second = new PolicyWithCritic(new BigramPolicy(), new BigramPolicy(valueHead: true));
            IPolicy reference = second.CreateReference();
            await second.LoadAsync(Path.Combine(folder, "saved"));
            var continued = new PpoTrainer(second, reference, GrpoTrainerTests.Grading(), Options(8));
            continued.LoadState(JsonDocument.Parse(state.ToArray()).RootElement);
            var rest = new List<TrainingStep>();
            await foreach (TrainingStep step in continued.TrainAsync(GrpoTrainerTests.Problems()))
            {
                rest.Add(step);
            }

            Assert.Equal(whole.Skip(4).Select(step => (step.Number, step.Loss, step.KlToInitial)), rest.Select(step => (step.Number, step.Loss, step.KlToInitial)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PpoOptions Options(int steps) => new()
    {
        Steps = steps,
        Rollout = { ProblemsPerStep = 4, GroupSize = 8, Sampling = { MaxTokens = 6 } },
        Optimizer = { LearningRate = 0.1 },
        EpochsPerStep = 2,
        MinibatchesPerEpoch = 2,
    };

    private static async Task<List<TrainingStep>> TrainAsync(ITrainablePolicy policy, PpoOptions options)
    {
        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in new PpoTrainer(policy, policy.CreateReference(), GrpoTrainerTests.Grading(), options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            steps.Add(step);
        }

        return steps;
    }
}
