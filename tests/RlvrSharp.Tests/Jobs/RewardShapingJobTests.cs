using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Graders.Json;
using RlvrSharp.Jobs;
using RlvrSharp.Rewards;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Jobs;

/// <summary>A job's <c>rlvr.reward_shaping</c>: what it makes, what it refuses, and that it reaches the rewards.</summary>
public sealed class RewardShapingJobTests : IDisposable
{
    private const string Multi = """
        {"type": "multi", "name": "m", "graders": {
           "e": {"type": "string_check", "name": "e", "input": "{{sample.output_text}}", "reference": "e", "operation": "like"},
           "a": {"type": "string_check", "name": "a", "input": "{{sample.output_text}}", "reference": "a", "operation": "like"}},
         "calculate_output": "e"}
        """;

    private readonly string root = Directory.CreateTempSubdirectory("rlvr-shaping-job-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void The_keys_make_shapers_in_the_order_in_which_they_run()
    {
        JobFile job = Job("""
            {"clip": {"low": 0}, "overlong": {"max_length": 40, "buffer": 8, "max_penalty": 0.5}, "length_penalty": {"per_token": 0.01, "free_tokens": 4, "max_share": 0.25}}
            """);
        Assert.Equal(3, job.Shapers.Count);
        var length = Assert.IsType<LengthPenalty>(job.Shapers[0]);
        Assert.Equal((0.01, 4, 0.25), (length.PerToken, length.FreeTokens, length.MaxShare));
        var overlong = Assert.IsType<OverlongPenalty>(job.Shapers[1]);
        Assert.Equal((40, 8, 0.5), (overlong.MaxLength, overlong.Buffer, overlong.MaxPenalty));
        Assert.IsType<RewardClip>(job.Shapers[2]);

        // Without its keys: a hard limit at the longest completion there can be.
        var hard = Assert.IsType<OverlongPenalty>(Assert.Single(Job("""{"overlong": {}}""").Shapers));
        Assert.Equal((48, 0, 1), (hard.MaxLength, hard.Buffer, hard.MaxPenalty));
        Assert.Empty(Job("null").Shapers);
        Assert.Empty(Job("{}").Shapers);
        Assert.NotNull(((GrpoOptions)Job("""{"grader_normalization": {"weights": {"e": 1, "a": 0.5}}}""", Multi).Trainer).Advantage);
    }

    [Theory]
    [InlineData("\"x\"", "rlvr.reward_shaping is \"x\", but it must be an object")]
    [InlineData("""{"clop": {}}""", "rlvr.reward_shaping.clop is not a known key: did you mean \"clip\"?")]
    [InlineData("""{"clip": {"low": 1, "high": 0}}""", "rlvr.reward_shaping.clip.low is 1, but it must be below high")]
    [InlineData("""{"clip": {"lo": 1}}""", "rlvr.reward_shaping.clip.lo is not a known key: did you mean \"low\"?")]
    [InlineData("""{"length_penalty": {}}""", "rlvr.reward_shaping.length_penalty.per_token must be given as a number")]
    [InlineData("""{"length_penalty": {"per_token": "auto"}}""", "rlvr.reward_shaping.length_penalty.per_token must be given as a number")]
    [InlineData("""{"length_penalty": {"per_token": 0}}""", "rlvr.reward_shaping.length_penalty.per_token is 0")]
    [InlineData("""{"length_penalty": {"per_token": 0.1, "free_tokens": 48}}""", "rlvr.reward_shaping.length_penalty.free_tokens is 48")]
    [InlineData("""{"length_penalty": {"per_token": 0.1, "max_share": 2}}""", "rlvr.reward_shaping.length_penalty.max_share is 2")]
    [InlineData("""{"overlong": {"max_length": 49}}""", "rlvr.reward_shaping.overlong.max_length is 49")]
    [InlineData("""{"overlong": {"max_length": 10, "buffer": 11}}""", "rlvr.reward_shaping.overlong.buffer is 11")]
    [InlineData("""{"overlong": {"max_penalty": 0}}""", "rlvr.reward_shaping.overlong.max_penalty is 0")]
    [InlineData("""{"grader_normalization": {}}""", "rlvr.reward_shaping.grader_normalization.weights must be an object")]
    [InlineData("""{"grader_normalization": {"weights": {"e": -1}}}""", "rlvr.reward_shaping.grader_normalization.weights.e is -1")]
    [InlineData("""{"clip": {}, "grader_normalization": {"weights": {"e": 1}}}""", "never at shaped rewards")]
    public void A_wrong_value_is_refused_by_its_path(string shaping, string message) =>
        Assert.Contains(message, Assert.Throws<DataException>(() => Job(shaping, Multi)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("rloo", "choose grpo or one of its kind")]
    [InlineData("ppo", "choose grpo or one of its kind")]
    public void Normalising_each_grader_needs_an_algorithm_that_compares_within_groups(string algorithm, string message) => Assert.Contains(
        message,
        Assert.Throws<DataException>(() => Job("""{"grader_normalization": {"weights": {"e": 1}}}""", Multi, rlvr => rlvr["algorithm"] = algorithm)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_penalty_in_the_reward_that_would_have_no_effect_is_refused()
    {
        DataException error = Assert.Throws<DataException>(() => Job(
            """{"grader_normalization": {"weights": {"e": 1}}}""", Multi, rlvr => (rlvr["kl_placement"], rlvr["kl_coefficient"]) = ("reward", 0.1)));
        Assert.Contains("KlPlacement to Loss (\"kl_placement\": \"loss\" in a job file)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Multi, "weights.x is not a part of the grader")]
    [InlineData("""{"type": "string_check", "name": "e", "input": "{{sample.output_text}}", "reference": "e", "operation": "like"}""", "the job's grader has no parts")]
    public void Parts_that_the_grader_does_not_have_are_refused(string grader, string message)
    {
        CopyModel();
        JobFile job = Job("""{"grader_normalization": {"weights": {"x": 1}}}""", grader);
        Assert.Contains(message, Assert.Throws<DataException>(() => TrainingJob.Load(job, Path.Combine(root, "run"))).Message, StringComparison.Ordinal);
        Assert.Contains(message, Assert.Throws<DataException>(() => TrainingJob.CheckParts(job, GraderJson.Parse(grader))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_compared_by_value()
    {
        Assert.Equal(Job("""{"clip": {"low": 0}}""").Settings, Job("""{"overlong": null, "clip": {"high": null, "low": 0.0}}""").Settings);
        Assert.NotEqual(Job("""{"clip": {"low": 0}}""").Settings, Job("""{"clip": {"low": 0.01}}""").Settings);
    }

    [Fact]
    public void The_section_belongs_into_rlvr()
    {
        JsonObject job = Body("null", Multi, _ => { });
        job["reward_shaping"] = new JsonObject();
        DataException error = Assert.Throws<DataException>(() => JobFile.Parse(Encoding.UTF8.GetBytes(job.ToJsonString()), Path.Combine(root, "job.json")));
        Assert.Contains("rlvr.reward_shaping", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shaping_reaches_the_rewards_and_a_resumed_run_must_have_the_same()
    {
        CopyModel();
        const string Hard = """{"overlong": {"max_length": 1, "max_penalty": 0.25}}""";
        List<TrainingStep> plain = await RunAsync(Job("null", Multi), "plain");
        List<TrainingStep> shaped = await RunAsync(Job(Hard, Multi), "shaped");

        // Every completion has a token at least, so each loses a quarter; scores stay what they are.
        Assert.Equal(plain[0].ScoreMean, shaped[0].ScoreMean);
        Assert.Equal(plain[0].RewardMean - 0.25, shaped[0].RewardMean, 6);

        // The multi grader's parts are measured, those that its formula leaves out too.
        Assert.Equal(plain[0].Metrics["grader/m"], plain[0].Metrics["grader/m.e"]);
        Assert.True(plain[0].Metrics.ContainsKey("grader/m.a"));
        Assert.True(plain[0].Seconds["grader/m"] >= 0);

        Directory.Delete(Path.Combine(root, "shaped", "checkpoints", "step-000002"), recursive: true);
        RlvrException other = await Assert.ThrowsAnyAsync<RlvrException>(() => RunAsync(Job("""{"overlong": {"max_length": 2, "max_penalty": 0.25}}""", Multi), "shaped", resume: true));
        Assert.Contains("settings", other.Message, StringComparison.Ordinal);
        Assert.Single(await RunAsync(Job(Hard, Multi), "shaped", resume: true));

        // A part that is called as the whole grader is the part.
        const string Weights = """{"grader_normalization": {"weights": {"e": 1}}}""";
        string namesake = Multi.Replace("\"name\": \"m\"", "\"name\": \"e\"", StringComparison.Ordinal);
        Assert.Equal((await RunAsync(Job(Weights, Multi), "one"))[0].GradNorm, (await RunAsync(Job(Weights, namesake), "namesake"))[0].GradNorm);

        List<TrainingStep> parts = await RunAsync(Job("""{"grader_normalization": {"weights": {"e": 1, "a": 1}}}""", Multi), "parts");
        Assert.Equal(plain[0].ScoreMean, parts[0].ScoreMean);
        Assert.NotEqual(plain[0].GradNorm, parts[0].GradNorm);
    }

    private void CopyModel()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden", "models", "llama-tiny-bf16");
        Directory.CreateDirectory(Path.Combine(root, "model"));
        foreach (string file in Directory.GetFiles(golden).Where(file => Path.GetFileName(file) != "golden.json"))
        {
            File.Copy(file, Path.Combine(root, "model", Path.GetFileName(file)));
        }
    }

    private async Task<List<TrainingStep>> RunAsync(JobFile job, string run, bool resume = false)
    {
        var steps = new List<TrainingStep>();
        await using TrainingJob training = TrainingJob.Load(job, Path.Combine(root, run), resume);
        await foreach (RunEvent happened in training.RunAsync())
        {
            if (happened is RunEvent.StepCompleted done)
            {
                steps.Add(done.Report);
            }
        }

        return steps;
    }

    private JobFile Job(string shaping, string grader = Multi, Action<JsonObject>? change = null) =>
        JobFile.Parse(Encoding.UTF8.GetBytes(Body(shaping, grader, change ?? (_ => { })).ToJsonString()), Path.Combine(root, "job.json"));

    private JsonObject Body(string shaping, string grader, Action<JsonObject> change)
    {
        File.WriteAllLines(Path.Combine(root, "rows.jsonl"), Enumerable.Range(0, 4).Select(i => $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"row {i}\"}}],\"reference\":\"{i}\"}}"));
        var rlvr = new JsonObject
        {
            ["steps"] = 2, ["group_size"] = 4, ["max_tokens"] = 48, ["learning_rate"] = 0.01, ["checkpoint_interval"] = 1, ["reward_shaping"] = JsonNode.Parse(shaping),
        };
        change(rlvr);
        return new JsonObject
        {
            ["model"] = "model",
            ["training_file"] = "rows.jsonl",
            ["validation_file"] = "rows.jsonl",
            ["seed"] = 7,
            ["method"] = new JsonObject
            {
                ["type"] = "reinforcement",
                ["reinforcement"] = new JsonObject
                {
                    ["grader"] = JsonNode.Parse(grader),
                    ["hyperparameters"] = JsonNode.Parse("""{"batch_size": 2, "eval_interval": 2, "eval_samples": 1}"""),
                },
            },
            ["rlvr"] = rlvr,
        };
    }
}
