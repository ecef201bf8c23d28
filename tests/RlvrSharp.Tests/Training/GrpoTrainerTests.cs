using System.Text.Json;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Graders;
using RlvrSharp.Losses;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class GrpoTrainerTests
{
    [Fact]
    public async Task The_policy_learns_what_is_rewarded()
    {
        var policy = new BigramPolicy();

        List<TrainingStep> steps = await TrainAsync(policy, Options(steps: 90));

        Assert.InRange(steps.Take(5).Average(step => step.RewardMean), 0.0, 0.35);
        Assert.True(steps.TakeLast(10).Average(step => step.RewardMean) > 0.85, $"the reward ended at {steps[^1].RewardMean}");
        Assert.True(steps[^1].KlToInitial > 0.1);
    }

    [Fact]
    public async Task On_the_first_update_the_ratio_is_exactly_one_and_the_divergence_exactly_zero()
    {
        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), Options(steps: 2));

        Assert.Equal(1.0, steps[0].RatioMean);
        Assert.Equal(0.0, steps[0].Metrics["first_ratio_max_deviation"]);
        Assert.Equal(0.0, steps[0].KlToInitial);
        Assert.Equal(0.0, steps[0].ApproxKl);
        Assert.Equal(0.0, steps[0].ClipFraction);
        Assert.Equal(1.0, steps[1].RatioMean);
        Assert.True(steps[1].KlToInitial > 0);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_steps_and_another_seed_others()
    {
        var first = new BigramPolicy();
        var second = new BigramPolicy();
        var other = new BigramPolicy();

        List<TrainingStep> a = await TrainAsync(first, Options(steps: 10));
        List<TrainingStep> b = await TrainAsync(second, Options(steps: 10));
        await TrainAsync(other, Options(steps: 10, seed: 1));

        Assert.Equal(a.Select(step => step.Loss), b.Select(step => step.Loss));
        Assert.Equal(first.Logits.ToArray(), second.Logits.ToArray());
        Assert.NotEqual(first.Logits.ToArray(), other.Logits.ToArray());
    }

    [Fact]
    public async Task A_strong_penalty_keeps_the_policy_near_the_initial_one()
    {
        List<TrainingStep> free = await TrainAsync(new BigramPolicy(), Options(steps: 40));
        GrpoOptions held = Options(steps: 40);
        held.KlCoefficient = 2;
        List<TrainingStep> near = await TrainAsync(new BigramPolicy(), held);

        Assert.True(near[^1].KlToInitial < free[^1].KlToInitial / 3, $"{near[^1].KlToInitial} against {free[^1].KlToInitial}");
    }

    [Fact]
    public async Task A_penalty_in_the_reward_uses_its_estimator_and_that_is_k1_unless_another_is_named()
    {
        var ends = new List<double[]>();
        foreach (KlEstimator? estimator in (KlEstimator?[])[null, KlEstimator.K1, KlEstimator.K3])
        {
            var policy = new BigramPolicy();
            GrpoOptions options = Options(6);
            options.KlPlacement = KlPlacement.Reward;
            options.KlCoefficient = 0.5;
            options.KlEstimator = estimator;
            await foreach (TrainingStep step in Trainer(policy, options).TrainAsync(Problems()))
            {
                Assert.True(double.IsFinite(step.Loss));
            }

            ends.Add(policy.Logits.ToArray());
        }

        Assert.Equal(ends[0], ends[1]);
        Assert.NotEqual(ends[1], ends[2]);
    }

    [Fact]
    public async Task Several_epochs_and_minibatches_move_the_ratio_off_one()
    {
        GrpoOptions options = Options(steps: 3);
        options.EpochsPerStep = 2;
        options.MinibatchesPerEpoch = 4;
        var policy = new BigramPolicy();

        List<TrainingStep> steps = await TrainAsync(policy, options);

        Assert.Equal(3 * 2 * 4, policy.ForwardBackwardCalls);
        Assert.All(steps, step => Assert.Equal(8, step.Metrics["optimizer_steps"]));
        Assert.All(steps, step => Assert.Equal(1.0, step.RatioMean));
        Assert.All(steps, step => Assert.True(step.ApproxKl > 0));
    }

    [Fact]
    public async Task A_limit_on_the_divergence_of_an_update_ends_the_step_early()
    {
        GrpoOptions options = Options(steps: 3);
        options.EpochsPerStep = 50;
        options.TargetKl = 0.001;

        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), options);

        Assert.All(steps, step => Assert.InRange(step.Metrics["optimizer_steps"], 1, 49));
    }

    [Fact]
    public async Task A_rejected_update_leaves_no_trace_in_the_optimiser()
    {
        // The limit lets exactly the first update of each step through, so the run equals one with a single pass.
        GrpoOptions limited = Options(steps: 4);
        limited.EpochsPerStep = 2;
        limited.TargetKl = 1e-12;
        var first = new BigramPolicy();
        var second = new BigramPolicy();

        await TrainAsync(first, limited);
        await TrainAsync(second, Options(steps: 4));

        Assert.Equal(second.Logits.ToArray(), first.Logits.ToArray());
    }

    [Fact]
    public async Task A_grader_that_never_comes_back_is_a_failure_and_not_a_hang()
    {
        using var never = new ManualResetEventSlim();
        var stuck = new WeightedGrader("stuck", new TestGrader((_, completion) =>
        {
            if (completion.Text.StartsWith('b'))
            {
                never.Wait();
            }

            return 1;
        }));
        var pipeline = new GradingPipeline([stuck], new GradingOptions { Timeout = TimeSpan.FromMilliseconds(200), ErrorBudget = 1 });

        IReadOnlyList<Rollout> rollouts = await pipeline.GradeAsync([(new Problem("q"), Completion.FromText("b")), (new Problem("q"), Completion.FromText("a"))]);
        never.Set();

        Assert.Equal([GradeStatus.Failed, GradeStatus.Graded], rollouts.Select(rollout => rollout.Status));
        Assert.Contains("took longer", rollouts[0].Grades["stuck"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_on_the_divergence_from_the_initial_policy_ends_the_run()
    {
        GrpoOptions options = Options(steps: 200);
        options.MaxKlToInitial = 0.05;

        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), options);

        Assert.InRange(steps.Count, 2, 199);
        Assert.True(steps[^1].KlToInitial > 0.05);
        Assert.All(steps.SkipLast(1), step => Assert.True(step.KlToInitial <= 0.05));
    }

    [Fact]
    public async Task Dynamic_sampling_refills_until_the_groups_are_mixed()
    {
        GrpoOptions options = Options(steps: 1);
        options.Rollout.MaxSamplingRounds = 20;
        options.Rollout.ProblemsPerStep = 6;
        options.Rollout.GroupSize = 3;

        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), options);

        // Few groups of 3 random letter strings hold one that begins rightly, so one round is not enough.
        Assert.True(steps[0].Metrics["sampling_rounds"] > 1);
        Assert.Equal(1, steps[0].Metrics["optimizer_steps"]);
    }

    [Fact]
    public async Task Cancelling_ends_the_stream_after_the_step_without_an_exception()
    {
        using var stop = new CancellationTokenSource();
        var steps = new List<TrainingStep>();
        var policy = new BigramPolicy();
        await foreach (TrainingStep step in Trainer(policy, Options(steps: 50)).TrainAsync(Problems(), stop.Token))
        {
            steps.Add(step);
            if (step.Number == 3)
            {
                await stop.CancelAsync();
            }
        }

        Assert.Equal(3, steps.Count);
    }

    [Fact]
    public void Every_bad_setting_is_named_at_once_with_the_way_out()
    {
        var options = new GrpoOptions
        {
            Rollout = { GroupSize = 1, Sampling = { Temperature = 0, TopP = 0.9 } },
            Optimizer = { LearningRate = double.NaN },
            ClipLow = -1,
            Schedule = { WarmupSteps = 1000 },
        };

        var error = Assert.Throws<OptionsValidationException>(() => Trainer(new BigramPolicy(), options));

        string all = string.Join('\n', error.Failures);
        Assert.Contains("GroupSize is 1, but GRPO compares completions within a group: set it to 2 or more.", all, StringComparison.Ordinal);
        Assert.Contains("LearningRate", all, StringComparison.Ordinal);
        Assert.Contains("ClipLow", all, StringComparison.Ordinal);
        Assert.Contains("Temperature is 0", all, StringComparison.Ordinal);
        Assert.Contains("TopP", all, StringComparison.Ordinal);
        Assert.Contains("WarmupSteps is 1000", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    [InlineData(-1.0)]
    public void A_learning_rate_that_moves_nothing_or_nowhere_is_refused(double rate)
    {
        GrpoOptions options = Options(steps: 1);
        options.Optimizer.LearningRate = rate;

        Assert.Throws<OptionsValidationException>(() => Trainer(new BigramPolicy(), options));
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_named_before_anything_runs()
    {
        var policy = new BigramPolicy { ContextLength = 3 };
        GrpoTrainer trainer = Trainer(policy, Options(steps: 1));

        var error = await Assert.ThrowsAsync<DataException>(async () =>
        {
            await foreach (TrainingStep _ in trainer.TrainAsync([new Problem("ab") { Id = "fits" }, new Problem("abcd") { Id = "rows.jsonl:2" }]))
            {
            }
        });

        Assert.StartsWith("rows.jsonl:2: the prompt is 4 tokens", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, policy.ForwardBackwardCalls);
    }

    [Fact]
    public async Task A_failing_grader_leaves_its_group_and_stops_the_run_above_the_budget()
    {
        var sometimes = new WeightedGrader("sometimes", new TestGrader((_, completion) =>
            completion.Text.StartsWith('b') ? throw new InvalidOperationException("boom") : completion.Text.Contains('a', StringComparison.Ordinal) ? 1 : 0));
        var lenient = new GradingPipeline([sometimes], new GradingOptions { ErrorBudget = 0.9 });
        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), Options(steps: 2), lenient);
        Assert.True(steps.Sum(step => step.FailedCount) > 0);
        Assert.True(lenient.FailureCount > 0);

        var strict = new GradingPipeline([sometimes], new GradingOptions { ErrorBudget = 0, ErrorsAlwaysTolerated = 0 });
        var error = await Assert.ThrowsAsync<GradingException>(() => TrainAsync(new BigramPolicy(), Options(steps: 20), strict));
        Assert.Contains("boom", error.Message, StringComparison.Ordinal);
        Assert.Contains("sometimes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resumed_trainer_goes_on_counting_towards_the_error_budget()
    {
        GradingPipeline Pipeline() => new(
            [new WeightedGrader("sometimes", new TestGrader((_, completion) => completion.Text.StartsWith('b') ? throw new InvalidOperationException("boom") : 1))],
            new GradingOptions { ErrorBudget = 1 });
        GradingPipeline first = Pipeline(), second = Pipeline();
        GrpoTrainer trainer = Trainer(new BigramPolicy(), Options(steps: 2), first);
        await foreach (TrainingStep step in trainer.TrainAsync(Problems()))
        {
            Assert.True(double.IsFinite(step.Loss));
        }

        using var state = new MemoryStream();
        using (var writer = new Utf8JsonWriter(state))
        {
            trainer.SaveState(writer);
        }

        Trainer(new BigramPolicy(), Options(steps: 2), second).LoadState(JsonElement.Parse(state.ToArray()));

        Assert.True(first.FailureCount > 0);
        Assert.Equal(first.Counts, second.Counts);
    }

    [Fact]
    public async Task Every_graders_part_of_an_ungradable_answer_is_the_configured_floor()
    {
        var parts = new List<double>();
        GrpoOptions options = Options(steps: 1);
        options.Rollout.Grading.UngradableScore = 0.25;
        options.Advantage = new Recorder(parts);
        var pipeline = new GradingPipeline([new WeightedGrader("none", new DelegateGrader((_, _) => Grade.Ungradable("never")))], options.Rollout.Grading);

        await TrainAsync(new BigramPolicy(), options, pipeline);

        Assert.NotEmpty(parts);
        Assert.All(parts, part => Assert.Equal(0.25, part));
    }

    [Fact]
    public async Task A_step_says_what_each_grader_did()
    {
        int calls = 0;
        var graders = new GradingPipeline(
            [
                new WeightedGrader("flaky", new DelegateGrader((_, _) => Interlocked.Increment(ref calls) % 3 == 0 ? throw new InvalidOperationException("down") : new Grade(0.5))),
                new WeightedGrader("strict", new DelegateGrader((_, completion) => completion.Text.StartsWith('a') ? Grade.Ungradable("an a") : new Grade(1)), weight: 0),
            ],
            new GradingOptions { MaxRetries = 3, RetryDelay = TimeSpan.Zero, MaxConcurrency = 1 });

        TrainingStep step = Assert.Single(await TrainAsync(new BigramPolicy(), Options(steps: 1), graders));

        // 32 completions, and every third try fails: 15 tries were in vain, and no grading was.
        Assert.Equal(0, step.FailedCount);
        Assert.Equal(15, step.Metrics["grader_retries/flaky"]);
        Assert.False(step.Metrics.ContainsKey("grader_failed/flaky"));
        Assert.InRange(step.Metrics["grader_ungradable/strict"], 1, 31);
        Assert.Equal(1 - (step.Metrics["grader_ungradable/strict"] / 32), step.Metrics["grader/strict"], 12);
        Assert.True(step.Seconds["grader/flaky"] > 0);

        // Without retries those tries are failures: they leave their groups, and are counted.
        calls = 0;
        var once = new GradingPipeline(
            [new WeightedGrader("flaky", new DelegateGrader((_, _) => Interlocked.Increment(ref calls) % 8 == 0 ? throw new InvalidOperationException("down") : new Grade(0.5)))],
            new GradingOptions { ErrorBudget = 0.5, MaxConcurrency = 1 });
        step = Assert.Single(await TrainAsync(new BigramPolicy(), Options(steps: 1), once));
        Assert.Equal((4, 4.0), (step.FailedCount, step.Metrics["grader_failed/flaky"]));
    }

    [Fact]
    public async Task Grader_normalisation_takes_parts_by_name_and_no_shapers()
    {
        var multi = new RlvrSharp.Graders.Json.MultiGrader(
            [new("first", new TestGrader((_, completion) => completion.Text.StartsWith('a') ? 1 : 0)), new("second", new TestGrader((_, completion) => completion.Text.EndsWith('b') ? 0.1 : 0))],
            "first");
        var grading = new GradingPipeline([new WeightedGrader("m", multi)]);
        GrpoOptions options = Options(steps: 60);
        options.Advantage = BatchAdvantageEstimator.Decoupled(new Dictionary<string, double> { ["second"] = 1, ["first"] = 0 });
        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), options, grading);

        // The formula never looks at the second part, and it alone is learned.
        Assert.True(steps[^1].Metrics["grader/m.second"] > 0.09, $"ended at {steps[^1].Metrics["grader/m.second"]}");

        options = Options(steps: 1);
        options.Advantage = BatchAdvantageEstimator.Decoupled(new Dictionary<string, double> { ["third"] = 1 });
        GradingException missing = await Assert.ThrowsAsync<GradingException>(() => TrainAsync(new BigramPolicy(), options, grading));
        Assert.Contains("\"third\"", missing.Message, StringComparison.Ordinal);
        var policy = new BigramPolicy();
        Assert.Throws<ArgumentException>(() => new GrpoTrainer(policy, policy.CreateReference(), grading, options, [new RlvrSharp.Rewards.RewardClip(0, 1)]));
        Assert.Throws<ArgumentException>(() => BatchAdvantageEstimator.Decoupled(new Dictionary<string, double> { ["a"] = 0 }));
    }

    [Fact]
    public async Task Groups_without_a_difference_move_nothing()
    {
        var policy = new BigramPolicy();
        double[] before = policy.Logits.ToArray();

        List<TrainingStep> steps = await TrainAsync(policy, Options(steps: 2), new GradingPipeline([new WeightedGrader("same", new TestGrader((_, _) => 0.3))]));

        Assert.Equal(before, policy.Logits.ToArray());
        Assert.All(steps, step => Assert.Equal(1, step.ZeroStdFraction));
        Assert.All(steps, step => Assert.Equal(0, step.GradNorm));
    }

    internal static GrpoOptions Options(int steps, ulong seed = 0) => new()
    {
        Steps = steps,
        Seed = seed,
        Rollout = { ProblemsPerStep = 4, GroupSize = 8, Sampling = { MaxTokens = 6 } },
        Optimizer = { LearningRate = 0.2 },
        AdvantageStd = AdvantageStd.Sample,
    };

    /// <summary>Prompts that are not part of the answer, because a bigram cannot tell the prompt "a" from the answer's.</summary>
    internal static Problem[] Problems() => [.. "cdefgh".Select(letter => new Problem(letter.ToString()) { Id = letter.ToString() })];

    /// <summary>The share of the right answer "ab" that a completion has: a smooth score with a full one that is rare at first.</summary>
    internal static GradingPipeline Grading() => new([new WeightedGrader("ab", new TestGrader((_, completion) => completion.Text switch
    {
        "ab" => 1.0,
        ['a', 'b', ..] => 0.6,
        ['a', ..] => 0.3,
        _ => 0.0,
    }))]);

    internal static GrpoTrainer Trainer(BigramPolicy policy, GrpoOptions options, GradingPipeline? grading = null) =>
        new(policy, policy.CreateReference(), grading ?? Grading(), options);

    private sealed class Recorder(List<double> parts) : IAdvantageEstimator
    {
        private readonly GroupAdvantageEstimator inner = GroupAdvantageEstimator.Relative(new GroupAdvantageOptions());

        public bool NeedsValues => false;

        public int MinGroupSize => 2;

        public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows)
        {
            parts.AddRange(rows.SelectMany(row => row.RewardParts.ToArray()));
            return inner.Estimate(rows);
        }
    }

    private static async Task<List<TrainingStep>> TrainAsync(BigramPolicy policy, GrpoOptions options, GradingPipeline? grading = null)
    {
        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in Trainer(policy, options, grading).TrainAsync(Problems()))
        {
            steps.Add(step);
        }

        return steps;
    }
}
