using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Jobs;

/// <summary>Jobs that train adapters: what the keys set, what lies in the run's folder, and that a run resumes to the same bits.</summary>
public sealed class LoraJobTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-lora-job-").FullName;

    public LoraJobTests()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Golden", "models", "llama-tiny-bf16");
        Directory.CreateDirectory(Path.Combine(root, "project", "model"));
        foreach (string file in Directory.GetFiles(golden).Where(file => Path.GetFileName(file) != "golden.json"))
        {
            File.Copy(file, Path.Combine(root, "project", "model", Path.GetFileName(file)));
        }
    }

    private string Project => Path.Combine(root, "project");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void The_keys_set_the_options()
    {
        JobFile job = Job(rlvr =>
        {
            rlvr["lora"] = JsonNode.Parse("""{"rank": 4, "target_modules": ["q_proj", "v_proj"], "dropout": 0}""");
            rlvr["weights"] = "bf16";
            rlvr["recompute_activations"] = true;
            rlvr["max_batch"] = 3;
            rlvr["max_tokens_per_pass"] = 99;
            rlvr["merge"] = true;
            rlvr["chat_template_variables"] = JsonNode.Parse("""{"enable_thinking": false}""");
        });
        Assert.Equal(4, job.Policy.Lora!.Rank);
        Assert.Equal(8, job.Policy.Lora.Alpha);
        Assert.Equal(["q_proj", "v_proj"], job.Policy.Lora.TargetModules);
        Assert.Equal(7ul, job.Policy.Lora.Seed);
        Assert.True(job.Policy.BFloat16Weights);
        Assert.True(job.Policy.RecomputeActivations);
        Assert.Equal(3, job.Policy.MaxBatch);
        Assert.Equal(99, job.Policy.MaxTokensPerPass);
        Assert.True(job.Merge);
        Assert.Equal(JsonValueKind.False, ((JsonElement)job.Policy.ChatTemplateVariables["enable_thinking"]!).ValueKind);
        job.Override(seed: 9);
        Assert.Equal(9ul, job.Policy.Lora.Seed);
        Assert.Null(Job(_ => { }).Policy.Lora);
    }

    [Theory]
    [InlineData("lora", "true", "rlvr.lora is true, but it must be an object")]
    [InlineData("lora", "{\"rank\": 0}", "rlvr.lora.rank is 0")]
    [InlineData("lora", "{\"rnak\": 4}", "\"rank\"")]
    [InlineData("lora", "{\"dropout\": 0.1}", "rlvr.lora.dropout is above 0")]
    [InlineData("lora", "{\"target_modules\": [\"q_prj\"]}", "rlvr.lora.target_modules holds \"q_prj\"")]
    [InlineData("lora", "{\"target_modules\": \"q_proj\"}", "must be a list of texts")]
    [InlineData("weights", "\"int8\"", "rlvr.weights is \"int8\"")]
    [InlineData("chat_template_variables", "[1]", "rlvr.chat_template_variables must be an object")]
    public void A_wrong_value_is_refused_by_name(string key, string value, string message)
    {
        DataException error = Assert.Throws<DataException>(() => Job(rlvr => rlvr[key] = JsonNode.Parse(value)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights", "\"bfloat16\"", "rlvr.weights is bfloat16")]
    [InlineData("merge", "true", "rlvr.merge is set")]
    [InlineData("chat_template", "\"rag\"", "\"rag\"")]
    public void What_the_model_folder_does_not_allow_is_refused_before_anything_is_trained(string key, string value, string message)
    {
        JobFile job = Job(rlvr => rlvr[key] = JsonNode.Parse(value));
        RlvrException error = Assert.ThrowsAny<RlvrException>(() => TrainingJob.Load(job, Path.Combine(Project, "run")));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Project, "run")));
    }

    [Fact]
    public async Task A_run_leaves_adapter_folders_and_a_merged_model_resumes_to_the_same_bits_and_can_be_moved()
    {
        JobFile Lora() => Job(rlvr =>
        {
            rlvr["lora"] = JsonNode.Parse("""{"rank": 2}""");
            rlvr["weights"] = "bfloat16";
            rlvr["merge"] = true;
        });
        await RunAsync(Lora(), "one");
        string last = Path.Combine(Project, "one", "checkpoints", "step-000004");
        Assert.False(File.Exists(Path.Combine(last, "model.safetensors")));
        using (JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(last, "adapter_config.json"))))
        {
            Assert.Equal("../../../model", config.RootElement.GetProperty("base_model_name_or_path").GetString());
        }

        // As if it had been killed after the checkpoint of step 2.
        await RunAsync(Lora(), "cut");
        Directory.Delete(Path.Combine(Project, "cut", "checkpoints", "step-000004"), recursive: true);
        await RunAsync(Lora(), "cut", resume: true);
        Assert.Equal(Adapter("one"), Adapter("cut"));

        string moved = Path.Combine(root, "moved");
        Directory.Move(Project, moved);
        string adapter = Path.Combine(moved, "one", "checkpoints", "step-000004");
        AdapterDescription description = AdapterDescription.TryLoad(adapter)!;
        Assert.Equal(Path.Combine(moved, "model"), description.BaseDirectory);
        Assert.Equal(2, description.Options.Rank);
        Assert.Contains("LoRA of rank 2, alpha 4", description.Format(), StringComparison.Ordinal);

        using ManagedPolicy trained = ManagedPolicy.Load(adapter);
        using ManagedPolicy plain = ManagedPolicy.Load(Path.Combine(moved, "model"));
        using ManagedPolicy merged = ManagedPolicy.Load(Path.Combine(moved, "one", "merged"));
        TokenSequence[] probe = [new() { PromptTokens = new[] { 1, 2, 3 }, Tokens = new[] { 4, 5, 6 } }];
        Assert.NotEqual((await plain.ScoreAsync(probe))[0].LogProbs.ToArray(), (await trained.ScoreAsync(probe))[0].LogProbs.ToArray());
        Assert.NotEqual((await plain.ScoreAsync(probe))[0].LogProbs.ToArray(), (await merged.ScoreAsync(probe))[0].LogProbs.ToArray());

        // An adapter folder is a model to go on from; it then has its adapters, and takes no others.
        DataException error = Assert.Throws<DataException>(() => TrainingJob.Load(
            Job(rlvr => rlvr["lora"] = new JsonObject(), moved, "one/checkpoints/step-000004"), Path.Combine(moved, "two")));
        Assert.Contains("rlvr merge", error.Message, StringComparison.Ordinal);
        await RunAsync(Job(rlvr => rlvr["steps"] = 1, moved, "one/checkpoints/step-000004"), Path.Combine(moved, "two"));
        Assert.True(File.Exists(Path.Combine(moved, "two", "checkpoints", "step-000001", "adapter_model.safetensors")));
    }

    private byte[] Adapter(string run) => File.ReadAllBytes(Path.Combine(Project, run, "checkpoints", "step-000004", "adapter_model.safetensors"));

    private async Task RunAsync(JobFile job, string run, bool resume = false)
    {
        await using TrainingJob training = TrainingJob.Load(job, Path.Combine(Project, run), resume);
        Assert.False(training.HasChatTemplate);
        await foreach (RunEvent _ in training.RunAsync())
        {
        }
    }

    private JobFile Job(Action<JsonObject> change, string? folder = null, string model = "model")
    {
        folder ??= Project;
        string rows = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(rows, Enumerable.Range(0, 4).Select(i => $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"row {i}\"}}],\"reference\":\"{i}\"}}"));
        var rlvr = new JsonObject { ["steps"] = 4, ["group_size"] = 4, ["max_tokens"] = 6, ["learning_rate"] = 0.01 };
        change(rlvr);
        string path = Path.Combine(folder, "job.json");
        File.WriteAllText(path, new JsonObject
        {
            ["model"] = model,
            ["training_file"] = "rows.jsonl",
            ["validation_file"] = "rows.jsonl",
            ["seed"] = 7,
            ["method"] = new JsonObject
            {
                ["type"] = "reinforcement",
                ["reinforcement"] = new JsonObject
                {
                    ["grader"] = JsonNode.Parse("""{"type": "string_check", "name": "e", "input": "{{sample.output_text}}", "reference": "e", "operation": "like"}"""),
                    ["hyperparameters"] = JsonNode.Parse("""{"batch_size": 2, "eval_interval": 2, "eval_samples": 1}"""),
                },
            },
            ["rlvr"] = rlvr,
        }.ToJsonString());
        return JobFile.Load(path);
    }
}
