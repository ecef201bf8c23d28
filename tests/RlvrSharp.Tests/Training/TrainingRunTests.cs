using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Evaluation;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public sealed class TrainingRunTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-run-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_run_writes_its_summary_its_steps_and_its_checkpoints()
    {
        string folder = Path.Combine(root, "run");

        List<RunEvent> events = await RunAsync(folder, new BigramPolicy(), steps: 20);

        var summary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")))!;
        Assert.Equal(20, (int)summary["steps"]!);
        Assert.True((double)summary["final"]!["score"]! > (double)summary["baseline"]!["score"]! + 0.2);
        Assert.True((double)summary["final"]!["low"]! <= (double)summary["final"]!["score"]!);
        Assert.Equal(6, (int)summary["final"]!["n"]!);
        Assert.True((double)summary["gain"]!["low"]! > 0);
        Assert.True((double)summary["kl_to_initial"]! > 0);
        Assert.Equal(0, (double)summary["baseline"]!["kl_to_initial"]!);
        Assert.True((long)summary["tokens"]!["sampled"]! > 0);
        Assert.NotNull(summary["baseline"]!["greedy"]!["exact"]);
        Assert.Equal(["model"], summary["hashes"]!.AsObject().Select(hash => hash.Key));
        foreach (string phase in (string[])["total", "rollout", "grade", "train", "eval", "load"])
        {
            Assert.True((double)summary["seconds"]![phase]! >= 0, phase);
        }

        string[] lines = File.ReadAllLines(Path.Combine(folder, "metrics.jsonl"));
        Assert.Equal(Enumerable.Range(1, 20), lines.Select(line => (int)JsonNode.Parse(line)!["step"]!));
        Assert.NotNull(JsonNode.Parse(lines[9])!["validation"]);
        Assert.Null(JsonNode.Parse(lines[8])!["validation"]);
        Assert.Equal(["step-000010", "step-000020"], Directory.GetDirectories(Path.Combine(folder, "checkpoints")).Select(Path.GetFileName).Order());
        Assert.IsType<RunEvent.Finished>(events[^1]);
        Assert.Equal((int)summary["best_step"]!, ((RunEvent.Finished)events[^1]).Summary.BestStep);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(17)]
    public async Task A_run_that_was_stopped_and_resumed_equals_one_that_was_not(int stopAfter)
    {
        string whole = Path.Combine(root, "whole");
        string broken = Path.Combine(root, "broken");
        var uncut = new BigramPolicy();
        var cut = new BigramPolicy();

        await RunAsync(whole, uncut, steps: 24);
        await RunAsync(broken, cut, steps: 24, stopAfter: stopAfter);
        var summary = JsonNode.Parse(File.ReadAllText(Path.Combine(broken, "summary.json")))!;
        Assert.True((bool)summary["interrupted"]!);
        Assert.Equal(stopAfter, (int)summary["steps"]!);

        var resumed = new BigramPolicy();
        await RunAsync(broken, resumed, steps: 24, resume: true);

        Assert.Equal(uncut.Logits.ToArray(), resumed.Logits.ToArray());
        Assert.Equal(WithoutSeconds(whole), WithoutSeconds(broken));
        Assert.Equal(Checkpoint(whole, 24), Checkpoint(broken, 24));
        summary = JsonNode.Parse(File.ReadAllText(Path.Combine(broken, "summary.json")))!;
        Assert.False((bool)summary["interrupted"]!);
    }

    [Fact]
    public async Task A_kill_in_the_middle_of_a_line_or_a_checkpoint_does_not_spoil_the_resumed_run()
    {
        string whole = Path.Combine(root, "whole");
        string broken = Path.Combine(root, "broken");
        await RunAsync(whole, new BigramPolicy(), steps: 24);
        await RunAsync(broken, new BigramPolicy(), steps: 24, stopAfter: 12);
        File.AppendAllText(Path.Combine(broken, "metrics.jsonl"), "{\"step\":13,\"score_mean\":0.5}\n{\"step\":14,\"sco");
        string half = Path.Combine(broken, "checkpoints", ".tmp-step-000014");
        Directory.CreateDirectory(half);
        File.WriteAllText(Path.Combine(half, "bigram.json"), "[[1,");

        await RunAsync(broken, new BigramPolicy(), steps: 24, resume: true);

        Assert.Equal(WithoutSeconds(whole), WithoutSeconds(broken));
    }

    [Fact]
    public async Task A_run_that_its_own_limit_ends_is_measured_where_it_ended_and_is_not_interrupted()
    {
        string folder = Path.Combine(root, "limited");

        List<RunEvent> events = await RunAsync(folder, new BigramPolicy(), steps: 200, maxKl: 0.05);

        RunSummary summary = Assert.IsType<RunEvent.Finished>(events[^1]).Summary;
        Assert.False(summary.Interrupted);
        Assert.InRange(summary.Steps, 2, 199);
        Assert.Contains(events, happened => happened is RunEvent.Evaluated evaluated && evaluated.Step == summary.Steps);
        Assert.True(Directory.Exists(Path.Combine(folder, "checkpoints", $"step-{summary.Steps:D6}")));
    }

    [Fact]
    public async Task A_stop_during_the_last_evaluation_is_made_up_for_when_the_run_is_resumed()
    {
        string folder = Path.Combine(root, "late");
        await RunAsync(folder, new BigramPolicy(), steps: 7, stopAfter: 7);
        Assert.True((bool)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")))!["interrupted"]!);

        List<RunEvent> events = await RunAsync(folder, new BigramPolicy(), steps: 7, resume: true);

        Assert.Contains(events, happened => happened is RunEvent.Evaluated { Step: 7 });
        Assert.False((bool)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")))!["interrupted"]!);
    }

    [Fact]
    public async Task Of_two_runs_that_want_one_folder_one_is_refused()
    {
        string folder = Path.Combine(root, "shared");

        Task<List<RunEvent>>[] runs = [RunAsync(folder, new BigramPolicy(), steps: 3), RunAsync(folder, new BigramPolicy(), steps: 3)];
        Exception?[] errors = await Task.WhenAll(runs.Select(async run => await Record.ExceptionAsync(() => run)));

        Assert.Single(errors, error => error is null);
        Assert.Single(errors, error => error is DataException);
        Assert.Equal(3, File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Length);
    }

    [Fact]
    public async Task A_folder_that_holds_a_run_is_refused_and_left_alone()
    {
        string folder = Path.Combine(root, "run");
        await RunAsync(folder, new BigramPolicy(), steps: 2);
        string before = File.ReadAllText(Path.Combine(folder, "summary.json"));

        var error = await Assert.ThrowsAsync<DataException>(() => RunAsync(folder, new BigramPolicy(), steps: 2));

        Assert.Contains("already holds a run", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(folder, "summary.json")));
    }

    [Fact]
    public async Task A_run_that_fails_before_it_starts_leaves_no_folder()
    {
        string folder = Path.Combine(root, "none");
        var policy = new BigramPolicy { ContextLength = 1 };

        await Assert.ThrowsAsync<DataException>(() => RunAsync(folder, policy, steps: 2));

        Assert.False(Directory.Exists(folder));
        await Assert.ThrowsAsync<DataException>(() => RunAsync(Path.Combine(root, "nothing"), new BigramPolicy(), steps: 2, resume: true));
    }

    [Fact]
    public async Task Another_model_seed_or_dataset_is_never_resumed_without_a_word()
    {
        string folder = Path.Combine(root, "run");
        await RunAsync(folder, new BigramPolicy(), steps: 10, stopAfter: 5);

        var model = await Assert.ThrowsAsync<CheckpointException>(() => RunAsync(folder, new BigramPolicy(), steps: 10, resume: true, modelHash: "other"));
        var seed = await Assert.ThrowsAsync<CheckpointException>(() => RunAsync(folder, new BigramPolicy(), steps: 10, resume: true, seed: 7));

        Assert.Contains("model", model.Message, StringComparison.Ordinal);
        Assert.Contains("seed (was 0, is 7)", seed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("cut")]
    public async Task A_checkpoint_that_lost_a_file_is_not_resumed_as_another_run(string how)
    {
        string folder = Path.Combine(root, "run");
        await RunAsync(folder, new BigramPolicy(), steps: 10, stopAfter: 5);
        string file = Path.Combine(folder, "checkpoints", "step-000005", "bigram.json");
        byte[] whole = File.ReadAllBytes(file);
        if (how == "gone")
        {
            File.Delete(file);
        }
        else
        {
            File.WriteAllBytes(file, whole[..^1]);
        }

        var error = await Assert.ThrowsAsync<CheckpointException>(() => RunAsync(folder, new BigramPolicy(), steps: 10, resume: true));

        Assert.Contains("bigram.json", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{whole.Length} bytes", error.Message, StringComparison.Ordinal);
        File.WriteAllBytes(file, whole);
        await RunAsync(folder, new BigramPolicy(), steps: 10, resume: true);
    }

    [Theory]
    [InlineData("best_step")]
    [InlineData("hashes")]
    [InlineData("files")]
    [InlineData("trainer")]
    [InlineData("completed_steps")]
    [InlineData("success_rates")]
    public async Task A_state_that_lacks_something_says_what_and_what_to_do(string key)
    {
        string folder = Path.Combine(root, "run");
        await RunAsync(folder, new BigramPolicy(), steps: 10, stopAfter: 5);
        string file = Path.Combine(folder, "checkpoints", "step-000005", "run_state.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace($"\"{key}\"", "\"other\"", StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<CheckpointException>(() => RunAsync(folder, new BigramPolicy(), steps: 10, resume: true));

        Assert.Contains("run_state.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("delete that checkpoint folder", error.Message, StringComparison.Ordinal);
    }

    private static async Task<List<RunEvent>> RunAsync(
        string folder, BigramPolicy policy, int steps, int stopAfter = 0, bool resume = false, string modelHash = "abc", ulong seed = 0, double maxKl = 0)
    {
        var options = new TrainingRunOptions
        {
            OutputDirectory = folder,
            Resume = resume,
            EvaluateEvery = 10,
            Seed = seed,
            Evaluation = { DrawsPerProblem = 4, Sampling = { MaxTokens = 6 } },
            Hashes = { ["model"] = modelHash },
        };
        GrpoOptions grpo = GrpoTrainerTests.Options(steps, seed);
        grpo.MaxKlToInitial = maxKl;
        grpo.Rollout.ReplaySteps = 5;
        grpo.Rollout.MaxGroupSize = 12;
        IPolicy reference = policy.CreateReference();
        var trainer = new GrpoTrainer(policy, reference, GrpoTrainerTests.Grading(), grpo);
        var run = new TrainingRun(policy, reference, trainer, new Evaluator(GrpoTrainerTests.Grading()), options);
        using var stop = new CancellationTokenSource();
        var events = new List<RunEvent>();
        await foreach (RunEvent happened in run.RunAsync(GrpoTrainerTests.Problems(), GrpoTrainerTests.Problems(), stop.Token))
        {
            events.Add(happened);
            if (happened is RunEvent.StepCompleted { Report.Number: var number } && number == stopAfter)
            {
                await stop.CancelAsync();
            }
        }

        return events;
    }

    private static string[] WithoutSeconds(string folder) => File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Select(line =>
    {
        JsonObject step = JsonNode.Parse(line)!.AsObject();
        step.Remove("seconds");

        // An evaluation that a stop gave up is not made up for: everything else must be equal.
        step.Remove("validation");
        return step.ToJsonString();
    }).ToArray();

    private static string Checkpoint(string folder, int step) => File.ReadAllText(Path.Combine(folder, "checkpoints", $"step-{step:D6}", "bigram.json"));
}
