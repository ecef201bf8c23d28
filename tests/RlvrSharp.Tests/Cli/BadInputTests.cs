using System.Text.Json.Nodes;

namespace RlvrSharp.Tests.Cli;

/// <summary>Each thing a user gets wrong: a clear message, exit code 2, no stack trace, and no output folder.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Row = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"reference\":{\"a\":\"b\"}}";
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-bad-").FullName;

    public BadInputTests()
    {
        File.WriteAllText(Path.Combine(root, "train.jsonl"), Row + "\n");
        File.WriteAllText(Path.Combine(root, "held-out.jsonl"), Row + "\n");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_missing_job_file()
    {
        await RefusedAsync(["train", Path.Combine(root, "none.json"), "--out", Out], "none.json does not exist");
    }

    [Theory]
    [InlineData("{\"model\": ", "is not JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("{\"model\":\"a\",\"model\":\"b\"}", "is not JSON")]
    public async Task A_malformed_job_file(string text, string message)
    {
        string path = Path.Combine(root, "job.json");
        File.WriteAllText(path, text);
        await RefusedAsync(["train", path, "--out", Out], "job.json", message);
    }

    [Fact]
    public async Task Unknown_keys_are_named_with_the_nearest_valid_one_all_at_once()
    {
        await RefusedAsync(
            job =>
            {
                job["traning_file"] = "x";
                job["rlvr"]!["grup_size"] = 4;
                job["method"]!["reinforcement"]!["hyperparameters"]!["batchsize"] = 4;
                job["rlvr"]!["algorithm"] = "gpro";
            },
            "traning_file", "\"training_file\"", "rlvr.grup_size", "\"group_size\"", "batchsize", "\"batch_size\"", "\"gpro\"", "\"grpo\"");
    }

    [Fact]
    public async Task A_line_that_is_not_json()
    {
        File.AppendAllText(Path.Combine(root, "train.jsonl"), "\nnot json\n");
        await RefusedAsync(_ => { }, "train.jsonl:3: the line is not JSON");
    }

    [Fact]
    public async Task A_row_without_messages()
    {
        File.WriteAllText(Path.Combine(root, "held-out.jsonl"), Row + "\n{\"reference\":{\"a\":1}}\n");
        await RefusedAsync(_ => { }, "held-out.jsonl:2: the row has no messages");
    }

    [Fact]
    public async Task A_row_without_the_reference_that_the_grader_needs()
    {
        File.WriteAllText(Path.Combine(root, "train.jsonl"), Row + "\n{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n");
        await RefusedAsync(_ => { }, "train.jsonl:2:", "reference");
    }

    [Fact]
    public async Task A_missing_model_folder_and_one_without_weights()
    {
        await RefusedAsync(job => job["model"] = "nowhere", "nowhere");
        string bare = CopyModel("bare");
        File.Delete(Path.Combine(bare, "model.safetensors"));
        await RefusedAsync(job => job["model"] = bare, "model.safetensors");
    }

    [Fact]
    public async Task Weights_whose_header_is_cut_off_or_lies()
    {
        string model = CopyModel("damaged");
        string weights = Path.Combine(model, "model.safetensors");
        byte[] whole = File.ReadAllBytes(weights);
        File.WriteAllBytes(weights, whole[..100]);
        await RefusedAsync(job => job["model"] = model, "model.safetensors");
        File.WriteAllBytes(weights, whole[..^1000]);
        await RefusedAsync(job => job["model"] = model, "model.safetensors");
        byte[] lying = [.. whole];
        BitConverter.TryWriteBytes(lying, long.MaxValue);
        File.WriteAllBytes(weights, lying);
        await RefusedAsync(job => job["model"] = model, "model.safetensors");
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context()
    {
        string text = string.Concat(Enumerable.Repeat("many words ", 2000));
        File.AppendAllText(Path.Combine(root, "train.jsonl"), $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}],\"reference\":{{\"a\":1}}}}\n");
        await RefusedAsync(_ => { }, "train.jsonl:2: the prompt is", "context");
    }

    [Fact]
    public async Task A_group_of_one()
    {
        await RefusedAsync(job => job["rlvr"]!["group_size"] = 1, "GroupSize is 1, but GRPO compares completions within a group: set it to 2 or more");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("\"NaN\"")]
    [InlineData("1e999")]
    public async Task A_learning_rate_of_nothing(string rate)
    {
        await RefusedAsync(job => job["rlvr"]!["learning_rate"] = JsonNode.Parse(rate), "rlvr.learning_rate", "above 0");
    }

    [Fact]
    public async Task A_learning_rate_that_is_not_a_number_is_not_json()
    {
        string path = WriteJob(_ => { });
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"steps\"", "\"learning_rate\": NaN, \"steps\"", StringComparison.Ordinal));
        await RefusedAsync(["train", path, "--out", Out], "is not JSON");
    }

    [Fact]
    public async Task An_output_folder_that_already_holds_a_run()
    {
        Directory.CreateDirectory(Path.Combine(Out, "checkpoints"));
        (int exit, _, string error) = await CommandLine.RunAsync(["train", WriteJob(_ => { }), "--out", Out]);
        Assert.Equal(2, exit);
        Assert.Contains("holds a run without a checkpoint", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Out, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_command_line_that_makes_no_sense()
    {
        await RefusedAsync(["trian"], "trian");
        await RefusedAsync(["train"], "argument missing", "rlvr train --help");
        await RefusedAsync(["train", WriteJob(_ => { }), "--steps", "0", "--out", Out], "steps");
        await RefusedAsync(["eval", CommandLine.Model("llama-tiny"), Path.Combine(root, "train.jsonl")], "--grader");
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_made()
    {
        string file = Path.Combine(root, "file");
        File.WriteAllText(file, "");
        await RefusedAsync(["train", WriteJob(_ => { }), "--out", Path.Combine(file, "x", "y")], "cannot be made", "is a file", "name another folder");
        await RefusedAsync(["sft", CommandLine.Model("llama-tiny"), Path.Combine(root, "train.jsonl"), "--out", Path.Combine(file, "x")], "is a file");
    }

    [Fact]
    public async Task An_empty_path_as_a_script_gives_where_a_variable_is_not_set()
    {
        await RefusedAsync(["train", WriteJob(_ => { }), "--out", ""], "--out is followed by an empty text");
        await RefusedAsync(["train", WriteJob(_ => { }), "--resume="], "--resume= has no value");
        await RefusedAsync(["train", ""], "empty text");
    }

    [Theory]
    [InlineData("--seed", "-1", "a whole number, 0 or more")]
    [InlineData("--steps", "many", "a whole number")]
    public async Task A_number_that_is_none(string option, string value, string rule)
    {
        await RefusedAsync(["train", WriteJob(_ => { }), option, value, "--out", Out], option, value, rule);
    }

    [Fact]
    public async Task A_setting_out_of_range_says_its_value_and_its_range()
    {
        await RefusedAsync(
            ["sft", CommandLine.Model("llama-tiny"), Path.Combine(root, "train.jsonl"), "--out", Out, "--learning-rate", "2"],
            "LearningRate is 2, but must be above 0 and at most 1: choose a value in that range");
    }

    [Fact]
    public async Task Weights_that_are_no_numbers()
    {
        string model = CopyModel("nan");
        string path = Path.Combine(model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(path, bytes);
        await RefusedAsync(job => job["model"] = model, "holds NaN at element", "every number of a checkpoint must be finite");
    }

    [Theory]
    [InlineData("grpo", "reward", "unbiased", "carries the ratio of the loss")]
    [InlineData("rloo", "reward", "k1", "rlvr.advantage_std is \"none\", but this algorithm does not divide by a group's deviation")]
    public async Task Settings_that_would_have_no_effect(string algorithm, string placement, string estimator, string message)
    {
        await RefusedAsync(
            job =>
            {
                job["rlvr"]!["algorithm"] = algorithm;
                job["rlvr"]!["kl_placement"] = placement;
                job["rlvr"]!["kl_estimator"] = estimator;
                job["rlvr"]!["advantage_std"] = "none";
            },
            message);
    }

    [Fact]
    public async Task A_grader_that_fails_on_every_row_ends_the_run_without_a_result()
    {
        (int exit, _, string error) = await CommandLine.RunAsync(["train", WriteJob(job =>
        {
            job["method"]!["reinforcement"]!["grader"] = JsonNode.Parse(
                """{"type":"multi","name":"m","graders":{"a":{"type":"string_check","name":"a","operation":"eq","input":"{{sample.output_text}}","reference":"x"}},"calculate_output":"a/(a-a)"}""");
            job["rlvr"]!["error_budget"] = 1;
        }), "--out", Out, "--no-lint"]);
        Assert.True(exit == 1, error);
        Assert.Contains("could be scored", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task A_grader_of_an_unknown_type()
    {
        await RefusedAsync(job => job["method"]!["reinforcement"]!["grader"]!["type"] = "structured_feild", "structured_feild", "structured_field");
    }

    [Theory]
    [InlineData("gspo", """{"loss_aggregation": "token_mean"}""", "one ratio per sequence")]
    [InlineData("grpo", """{"clip_low": 3e-4, "clip_high": 4e-4}""", "GSPO's range")]
    [InlineData("cispo", """{"clip_high": 0.5}""", "largest ratio itself")]
    [InlineData("grpo", """{"clip_low": 1.5}""", "rlvr.clip_low is 1.5")]
    [InlineData("grpo", """{"clip_high": -0.1}""", "rlvr.clip_high is -0.1")]
    [InlineData("grpo", """{"kl_target": 0.1}""", "KlCoefficient is 0 and would stay 0")]
    [InlineData("grpo", """{"entropy_target": 0.3, "min_entropy_coefficient": 0.5, "max_entropy_coefficient": 0.1}""", "Min 0.5 and Max 0.1")]
    [InlineData("grpo", """{"gae_lambda": 0.9}""", "rlvr.gae_lambda is not a known key")]
    [InlineData("ppo", """{"advantage_std": "none"}""", "rlvr.advantage_std is not a known key")]
    [InlineData("ppo", """{"value_coefficient": 0}""", "the critic would never learn")]
    [InlineData("ppo", """{"value_warmup_steps": 2}""", "the policy would never move")]
    [InlineData("ppo", """{"group_size": 1, "max_sampling_rounds": 3}""", "that is every group")]
    [InlineData("rloo", """{"group_size": 1}""", "GroupSize is 1")]
    [InlineData("kl-cov", """{"minibatches_per_epoch": 1}""", "kl-cov")]
    [InlineData("kl-cov", """{"clip_high": 0.28}""", "rlvr.clip_high is 0.28, but this algorithm does not clip")]
    [InlineData("dapo", """{"max_group_size": 4}""", "MaxGroupSize is 4")]
    [InlineData("grpo", """{"temperature": 0}""", "rlvr.temperature is 0")]
    [InlineData("grpo", """{"warmup_steps": 2}""", "WarmupSteps is 2")]
    public async Task Settings_that_make_no_sense_together(string algorithm, string settings, string message)
    {
        await RefusedAsync(
            job =>
            {
                job["rlvr"]!["algorithm"] = algorithm;
                foreach ((string key, JsonNode? value) in JsonNode.Parse(settings)!.AsObject().ToArray())
                {
                    job["rlvr"]![key] = value!.DeepClone();
                }
            },
            message);
    }

    [Fact]
    public async Task A_folder_where_a_file_is_wanted()
    {
        string grader = Path.Combine(root, "grader.json");
        File.WriteAllText(grader, "{\"type\": \"structured_field\", \"name\": \"f\"}");
        await RefusedAsync(["train", root, "--out", Out], "job file", "is a folder, but a file is wanted");
        await RefusedAsync(job => job["training_file"] = ".", "data file", "is a folder, but a file of rows is wanted");
        await RefusedAsync(["grade", "--grader", grader, root], "is a folder, but a file of rows is wanted");
        await RefusedAsync(["grade", "--grader", root, Path.Combine(root, "train.jsonl")], "grader file", "is a folder, but a file is wanted");
    }

    [Fact]
    public async Task A_reference_of_null_that_a_text_grader_would_reward_the_word_for()
    {
        File.WriteAllText(Path.Combine(root, "held-out.jsonl"), Row + "\n{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"reference\":null}\n");
        await RefusedAsync(
            job => job["method"]!["reinforcement"]!["grader"] = JsonNode.Parse(
                "{\"type\": \"string_check\", \"name\": \"c\", \"operation\": \"eq\", \"input\": \"{{sample.output_text}}\", \"reference\": \"{{item.reference}}\"}"),
            "held-out.jsonl:2:", "{{item.reference}}", "null in the row");
    }

    [Fact]
    public async Task Files_that_are_not_utf_8()
    {
        byte[] bad = [.. "{\"type\": \"structured_field\", \"name\": \"caf"u8, 0xE9, .. "\"}"u8];
        string grader = Path.Combine(root, "grader.json");
        File.WriteAllBytes(grader, bad);
        await RefusedAsync(["grade", "--grader", grader, Path.Combine(root, "train.jsonl")], "grader.json is not UTF-8 text");
        await RefusedAsync(["train", grader, "--out", Out], "grader.json is not UTF-8 text");
    }

    [Fact]
    public async Task Lines_to_grade_that_are_not_utf_8_fail_by_their_number_and_a_byte_order_mark_is_fine()
    {
        string grader = Path.Combine(root, "grader.json");
        File.WriteAllText(grader, "\uFEFF{\"type\": \"string_check\", \"name\": \"c\", \"operation\": \"eq\", \"input\": \"{{sample.output_text}}\", \"reference\": \"{{item.reference}}\"}");
        string rows = Path.Combine(root, "rows.jsonl");
        byte[] good = [.. "{\"item\": {\"reference\": \"é\"}, \"sample\": \"é\"}\r\n\n"u8];
        byte[] bad = [.. "{\"item\": {\"reference\": \"\uFFFD\"}, \"sample\": \""u8, 0xE9, .. "\"}\n"u8];
        File.WriteAllBytes(rows, [0xEF, 0xBB, 0xBF, .. good, .. bad, .. good]);

        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", grader, rows]);

        Assert.Equal(2, exit);
        Assert.Contains("rows.jsonl:3: the line is not UTF-8 text (byte 43)", error, StringComparison.Ordinal);
        JsonNode[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(["graded", "failed", "graded"], lines.Select(line => (string?)line["status"]));
        Assert.Equal([1.0, null, 1.0], lines.Select(line => (double?)line["score"]));
    }

    private string Out => Path.Combine(root, "out");

    private string CopyModel(string name)
    {
        string target = Path.Combine(root, name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(CommandLine.Model("llama-tiny")))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }

    private string WriteJob(Action<JsonNode> change)
    {
        JsonNode job = JsonNode.Parse(
            """
            {"model": "", "training_file": "train.jsonl", "validation_file": "held-out.jsonl",
             "method": {"type": "reinforcement", "reinforcement": {"grader": {"type": "structured_field", "name": "f", "reference": "{{item.reference}}"}, "hyperparameters": {"batch_size": 2}}},
             "rlvr": {"algorithm": "grpo", "steps": 2, "max_tokens": 8}}
            """)!;
        job["model"] = CommandLine.Model("llama-tiny");
        change(job);
        string path = Path.Combine(root, "job.json");
        File.WriteAllText(path, job.ToJsonString());
        return path;
    }

    private Task RefusedAsync(Action<JsonNode> change, params string[] messages) => RefusedAsync(["train", WriteJob(change), "--out", Out], messages);

    private async Task RefusedAsync(string[] arguments, params string[] messages)
    {
        (int exit, _, string error) = await CommandLine.RunAsync(arguments);
        Assert.True(exit == 2, $"exit {exit}: {error}");
        foreach (string message in messages)
        {
            Assert.Contains(message, error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out), "an output folder was left");
    }
}
