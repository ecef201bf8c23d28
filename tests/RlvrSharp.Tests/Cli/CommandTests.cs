using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlvrSharp.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-cli-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Logprobs_prints_what_the_reference_implementation_computed()
    {
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(CommandLine.Model("llama-tiny"), "golden.json")))!;
        var input = new JsonObject { ["input_ids"] = golden["sequences"]!.DeepClone(), ["temperature"] = 0.7 };

        (int exit, string output, string error) = await CommandLine.RunAsync(["logprobs", CommandLine.Model("llama-tiny")], input.ToJsonString());

        Assert.True(exit == 0, error);
        JsonArray rows = JsonNode.Parse(output)!["logprobs"]!.AsArray();
        for (int i = 0; i < rows.Count; i++)
        {
            double[] expected = golden["per_sequence"]![i]!["logp_t07"]!.AsArray().Select(value => (double)value!).ToArray();
            double[] actual = rows[i]!.AsArray().Select(value => (double)value!).ToArray();
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 5e-5));
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{\"input_ids\": [[1, 99999]]}")]
    [InlineData("{\"input_ids\": [[1, 2]], \"temperature\": 0}")]
    public async Task Logprobs_refuses_what_it_cannot_score(string input)
    {
        (int exit, _, string error) = await CommandLine.RunAsync(["logprobs", CommandLine.Model("llama-tiny")], input);

        Assert.Equal(2, exit);
        Assert.StartsWith("rlvr: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_and_sample_answer_line_by_line()
    {
        (int exit, string output, string error) = await CommandLine.RunAsync(["tokenize", CommandLine.Model("llama-tiny")], "{\"text\": \"the cat\"}\n\n{\"text\": \"\"}\n");
        Assert.True(exit == 0, error);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal("the cat", (string?)JsonNode.Parse(lines[0])!["decoded"]);
        Assert.Empty(JsonNode.Parse(lines[1])!["ids"]!.AsArray());

        (exit, output, error) = await CommandLine.RunAsync(["sample", CommandLine.Model("llama-tiny"), "--prompt", "a", "--max-tokens", "4", "--temperature", "0"]);
        Assert.True(exit == 0, error);
        Assert.Contains("tokens", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grade_prints_one_line_per_row_in_order()
    {
        string grader = Path.Combine(root, "grader.json");
        File.WriteAllText(grader, "{\"type\":\"structured_field\",\"name\":\"f\",\"input\":\"{{sample.output_text}}\",\"reference\":\"{{item.reference}}\"}");
        string rows = Path.Combine(root, "rows.jsonl");
        File.WriteAllLines(rows, Enumerable.Range(0, 600).Select(i => JsonSerializer.Serialize(new
        {
            item = new { reference = new { n = i } },
            sample = new { output_text = i % 3 == 0 ? "no json" : $"{{\"n\": {(i % 3 == 1 ? i : i + 1)}}}" },
        })));

        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", grader, rows]);

        Assert.True(exit == 0, error);
        JsonNode[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(600, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            Assert.Equal(i % 3 == 0 ? "ungradable" : "graded", (string?)lines[i]["status"]);
            Assert.Equal(i % 3 == 1 ? 1.0 : 0.0, (double)lines[i]["score"]!);
            Assert.Equal(i % 3 == 0, lines[i]["error"] is not null);
        }
    }

    [Fact]
    public async Task Train_is_the_same_with_one_thread_and_with_two_and_resumes_to_the_same_bits()
    {
        string job = WriteJob();
        await OkAsync("train", job, "--out", Path.Combine(root, "one"), "--threads", "1");
        await OkAsync("train", job, "--out", Path.Combine(root, "two"), "--threads", "2");

        Assert.Equal(Metrics("one"), Metrics("two"));
        Assert.Equal(Weights("one", 4), Weights("two", 4));
        JsonNode first = JsonNode.Parse(Metrics("one")[0])!;
        Assert.Equal(1.0, (double)first["ratio_mean"]!);
        Assert.Equal(0.0, (double)first["kl_to_initial"]!);
        Assert.True(File.Exists(Path.Combine(root, "one", "report.html")));

        // The run again, as if it had been killed after the checkpoint of step 2.
        string cut = Path.Combine(root, "cut");
        await OkAsync("train", job, "--out", cut);
        Directory.Delete(Path.Combine(cut, "checkpoints", "step-000004"), recursive: true);
        File.Delete(Path.Combine(cut, "summary.json"));
        await OkAsync("train", job, "--resume", cut);
        Assert.Equal(Metrics("one"), Metrics("cut"));
        Assert.Equal(Weights("one", 4), Weights("cut", 4));

        (int exit, _, string error) = await CommandLine.RunAsync(["train", job, "--resume", cut, "--seed", "9"]);
        Assert.Equal(2, exit);
        Assert.Contains("seed (was ", error, StringComparison.Ordinal);
        (exit, _, error) = await CommandLine.RunAsync(["train", job, "--resume", cut, "--steps", "9"]);
        Assert.Equal(2, exit);
        Assert.Contains("steps (was 4, is 9)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_runtimes_first_code_and_its_optimised_code_give_the_same_bits()
    {
        // A process starts with unoptimised code and changes over bit by bit, when it has the time: numbers must not depend on that.
        string job = WriteJob();
        await OkAsync("train", job, "--out", Path.Combine(root, "usual"));
        (int exit, _, string error) = await CommandLine.RunAsync(["train", job, "--out", Path.Combine(root, "optimised")], optimized: true);

        Assert.True(exit == 0, error);
        Assert.Equal(Metrics("usual"), Metrics("optimised"));
        Assert.Equal(Weights("usual", 4), Weights("optimised", 4));
    }

    [Fact]
    public async Task A_run_that_was_started_with_a_seed_and_steps_of_its_own_is_resumed_without_naming_them_again()
    {
        string job = WriteJob();
        string whole = Path.Combine(root, "whole");
        string cut = Path.Combine(root, "cut");
        foreach (string folder in (string[])[whole, cut])
        {
            await OkAsync("train", job, "--out", folder, "--seed", "7", "--steps", "3");
        }

        Directory.Delete(Path.Combine(cut, "checkpoints", "step-000003"), recursive: true);
        await OkAsync("train", job, "--resume", cut);

        Assert.Equal(Metrics("whole"), Metrics("cut"));
        Assert.Equal(Weights("whole", 3), Weights("cut", 3));
    }

    [Fact]
    public async Task Sft_and_eval_work_on_a_folder()
    {
        string rows = WriteRows();
        await OkAsync("sft", CommandLine.Model("llama-tiny"), rows, "--out", Path.Combine(root, "sft") + Path.DirectorySeparatorChar, "--steps", "3", "--learning-rate", "0.001");
        string grader = Path.Combine(root, "grader.json");
        File.WriteAllText(grader, "{\"type\":\"structured_field\",\"name\":\"f\",\"reference\":\"{{item.reference}}\"}");

        (int exit, string output, string error) = await CommandLine.RunAsync(
            ["eval", Path.Combine(root, "sft"), rows, "--grader", grader, "--max-tokens", "6", "--draws", "2", "--json", "--reference", CommandLine.Model("llama-tiny")]);

        Assert.True(exit == 0, error);
        JsonNode result = JsonNode.Parse(output)!;
        Assert.Equal(4, (int)result["n"]!);
        Assert.True((double)result["kl_to_initial"]! > 0);
        await OkAsync("eval", Path.Combine(root, "sft"), rows, "--grader", grader, "--max-tokens", "6");
    }

    [Fact]
    public async Task Lint_passes_a_good_job_and_names_what_is_wrong_with_a_bad_one()
    {
        string good = Path.Combine(Repository.Root, "docs", "samples", "profile", "job.json");
        (int exit, string output, string error) = await CommandLine.RunAsync(["lint", good]);
        Assert.True(exit == 0, output + error);
        Assert.Contains("Gold answers score 1.000", output, StringComparison.Ordinal);

        JsonNode bad = JsonNode.Parse(File.ReadAllText(good))!;
        bad["training_file"] = WriteRows();
        bad["validation_file"] = WriteRows();
        bad["method"]!["reinforcement"]!["grader"] = JsonNode.Parse("{\"type\":\"string_check\",\"name\":\"x\",\"input\":\"{{item.reference.n}}\",\"reference\":\"{{sample.output_text}}\",\"operation\":\"like\"}");
        string job = Path.Combine(root, "bad.json");
        File.WriteAllText(job, bad.ToJsonString());
        (exit, output, error) = await CommandLine.RunAsync(["lint", job, "--json"]);
        Assert.True(exit == 1, output + error);
        Assert.Contains("\"L1\"", output, StringComparison.Ordinal);
        JsonNode.Parse(output);

        // A formula that cannot be read is a finding like others; what a script prints stands beside them.
        bad["method"]!["reinforcement"]!["grader"] = JsonNode.Parse("{\"type\":\"multi\",\"name\":\"x\",\"graders\":{},\"calculate_output\":\"(a\"}");
        File.WriteAllText(job, bad.ToJsonString());
        (exit, output, error) = await CommandLine.RunAsync(["lint", job, "--json"]);
        Assert.True(exit == 1, output + error);
        Assert.Equal("L7", (string?)JsonNode.Parse(output)!["findings"]![0]!["id"]);

        bad["method"]!["reinforcement"]!["grader"] = JsonNode.Parse("{\"type\":\"csharp\",\"name\":\"x\",\"source\":\"Console.WriteLine(\\\"said\\\"); return 0;\"}");
        File.WriteAllText(job, bad.ToJsonString());
        (_, output, error) = await CommandLine.RunAsync(["lint", job, "--json"]);
        Assert.NotNull(JsonNode.Parse(output)!["findings"]);
        Assert.Contains("said", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"type\":\"string_check\",\"name\":\"x\",\"input\":\"{{item.reference.n}}\",\"reference\":\"{{sample.output_text}}\",\"operation\":\"like\"}", "P-empty rows.jsonl:", true)]
    [InlineData("{\"type\":\"text_similarity\",\"name\":\"x\",\"input\":\"{{sample.output_text}}\",\"reference\":\"{{item.reference}}\",\"evaluation_metric\":\"bleu\"}", "L10 rows.jsonl:1", true)]
    [InlineData("{\"type\":\"csharp\",\"name\":\"x\",\"source\":\"return 1;\"}", "P-empty", true)]
    [InlineData("{\"type\":\"python\",\"name\":\"x\",\"source\":\"def grade(sample, item:\"}", "cannot be loaded", false)]
    public async Task Train_refuses_a_grader_that_would_waste_the_run_and_leaves_no_folder(string grader, string says, bool canOverrule)
    {
        string job = WriteJob(grader);
        string folder = Path.Combine(root, "refused");

        (int exit, _, string error) = await CommandLine.RunAsync(["train", job, "--out", folder]);

        Assert.True(exit == 2, error);
        Assert.True(error.Contains(says, StringComparison.Ordinal) || (grader.Contains("python", StringComparison.Ordinal) && error.Contains("python", StringComparison.Ordinal)), error);
        Assert.Equal(canOverrule, error.Contains("--no-lint", StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder));
        if (says == "L10 rows.jsonl:1")
        {
            await OkAsync("train", job, "--out", folder, "--no-lint", "--steps", "1");
            await OkAsync("train", job, "--resume", folder, "--steps", "1");
        }
    }

    [Fact]
    public async Task Train_refuses_a_machine_without_python_before_anything_is_written()
    {
        string job = WriteJob("{\"type\":\"python\",\"name\":\"x\",\"source\":\"def grade(sample, item):\\n  return 0.5\"}");
        string folder = Path.Combine(root, "refused");

        (int exit, _, string error) = await CommandLine.RunAsync(["train", job, "--out", folder], path: root);

        Assert.True(exit == 2, error);
        Assert.Contains("python3", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Lint_calibrates_with_the_jobs_model()
    {
        string job = WriteJob();
        (int exit, string output, string error) = await CommandLine.RunAsync(["lint", job, "--calibrate", "--samples", "4", "--rows", "3"]);
        Assert.True(exit is 0 or 1, error);
        Assert.Contains("suggested group size", output, StringComparison.Ordinal);
        Assert.Contains("difficulty:   3 problems", output, StringComparison.Ordinal);

        (_, output, error) = await CommandLine.RunAsync(["lint", job, "--calibrate", "--samples", "4", "--rows", "3", "--json", "--threads", "1"]);
        JsonNode calibration = JsonNode.Parse(output)!["calibration"]!;
        Assert.Equal(3, calibration["problems"]!.AsArray().Count);
        Assert.All(calibration["problems"]!.AsArray(), problem => Assert.Equal(4, (int)problem!["samples"]!));
        Assert.InRange((double)calibration["mixed_share"]!["8"]!, 0, 1);
        Assert.InRange((int)calibration["suggested_group_size"]!, 4, 64);
        (exit, _, error) = await CommandLine.RunAsync(["lint", job, "--calibrate", "--samples", "1"]);
        Assert.Equal(2, exit);

        JsonNode merging = JsonNode.Parse(File.ReadAllText(job))!;
        merging["rlvr"]!["merge"] = true;
        File.WriteAllText(job, merging.ToJsonString());
        (exit, _, error) = await CommandLine.RunAsync(["lint", job, "--calibrate", "--samples", "4", "--rows", "3"]);
        Assert.Equal(2, exit);
        Assert.Contains("rlvr.merge is set", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_says_what_a_folder_holds()
    {
        (int exit, string output, string error) = await CommandLine.RunAsync(["inspect", CommandLine.Model("qwen3-tiny")]);

        Assert.True(exit == 0, error);
        Assert.Contains("qwen3", output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("320", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_format_is_a_gate_before_the_grader()
    {
        string job = Path.Combine(root, "job.json");
        File.WriteAllText(
            job,
            """
            {"method": {"type": "reinforcement", "reinforcement": {
              "grader": {"type": "string_check", "name": "any", "input": "{{sample.output_text}}", "reference": "a", "operation": "like"},
              "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema":
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}}}}}}
            """);
        string rows = Path.Combine(root, "rows.jsonl");
        File.WriteAllLines(rows, ["{\"item\":{},\"sample\":{\"output_text\":\"{\\\"a\\\": 1}\"}}", "{\"item\":{},\"sample\":{\"output_text\":\"{\\\"a\\\": true}\"}}", "{\"item\":{},\"sample\":{\"output_text\":\"a\"}}"]);

        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", job, rows]);

        Assert.True(exit == 0, error);
        Assert.Equal(
            ["graded", "ungradable", "ungradable"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string?)JsonNode.Parse(line)!["status"]));
    }

    [Fact]
    public async Task A_request_to_terminate_finishes_the_step_and_leaves_a_folder_to_resume()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string folder = Path.Combine(root, "stopped");
        string job = WriteJob();
        int signalled = 0;
        (int exit, string output, string error) = await CommandLine.RunAsync(["train", job, "--out", folder, "--steps", "100000"], onStart: process => _ = Task.Run(async () =>
        {
            string metrics = Path.Combine(folder, "metrics.jsonl");
            while (!File.Exists(metrics) || File.ReadAllLines(metrics).Length < 3)
            {
                await Task.Delay(50);
            }

            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            Interlocked.Increment(ref signalled);
        }));

        Assert.True(exit == 0, $"exit {exit}: {error}");
        Assert.Equal(1, signalled);
        Assert.Contains("stopping after this step", error, StringComparison.Ordinal);
        Assert.Contains("--resume", output, StringComparison.Ordinal);
        JsonNode summary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")))!;
        Assert.True((bool)summary["interrupted"]!);
        int steps = (int)summary["steps"]!;
        Assert.InRange(steps, 3, 99_999);
        Assert.True(Directory.Exists(Path.Combine(folder, "checkpoints", $"step-{steps:D6}")));
        Assert.Equal(steps, File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Length);
    }

    [Fact]
    public async Task Model_commands_work_on_an_adapter_folder()
    {
        string adapter = Path.Combine(root, "adapter");
        string model = CommandLine.Model("llama-tiny-bf16");
        using (var policy = RlvrSharp.Policies.ManagedPolicy.Load(model, new RlvrSharp.Policies.ManagedPolicyOptions { Lora = new RlvrSharp.Policies.LoraOptions { Rank = 2 } }))
        {
            await policy.SaveAsync(adapter);
        }

        // Folders of other tools hold the adapter only.
        File.Delete(Path.Combine(adapter, "tokenizer.json"));
        File.Delete(Path.Combine(adapter, "tokenizer_config.json"));
        (int exit, string output, string error) = await CommandLine.RunAsync(["inspect", adapter]);
        Assert.True(exit == 0, error);
        Assert.Contains("LoRA of rank 2", output, StringComparison.Ordinal);
        Assert.Contains("BF16", output, StringComparison.Ordinal);

        const string Ids = "{\"input_ids\":[[1,2,3,4,5]]}";
        (exit, string expected, error) = await CommandLine.RunAsync(["logprobs", model], Ids);
        Assert.True(exit == 0, error);
        (exit, string actual, error) = await CommandLine.RunAsync(["logprobs", adapter], Ids);
        Assert.True(exit == 0, error);
        Assert.Equal(expected, actual);
        (exit, output, error) = await CommandLine.RunAsync(["tokenize", adapter], "{\"text\":\"abc\"}\n");
        Assert.True(exit == 0, error);
        Assert.Contains("\"decoded\":\"abc\"", output, StringComparison.Ordinal);
        await OkAsync("merge", adapter, "--out", Path.Combine(root, "merged"));
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, "config.json")), File.ReadAllBytes(Path.Combine(root, "merged", "config.json")));
        (exit, _, error) = await CommandLine.RunAsync(["sample", Path.Combine(root, "merged"), "--prompt", "a", "--max-tokens", "2"]);
        Assert.True(exit == 0, error);
        Assert.Single(error.Split("no chat template")[1..]);
        (exit, _, error) = await CommandLine.RunAsync(["merge", model, "--out", Path.Combine(root, "other")]);
        Assert.Equal(2, exit);
        Assert.Contains("nothing to merge", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainings_checkpoint_in_bfloat16_is_scored_with_its_exact_weights()
    {
        string folder = Path.Combine(root, "checkpoint");
        float[] expected;
        using (var policy = RlvrSharp.Policies.ManagedPolicy.Load(CommandLine.Model("llama-tiny-bf16")))
        {
            await policy.ForwardBackwardAsync(
                [new TrainingSequence { PromptTokens = new[] { 1, 2 }, Tokens = new[] { 3, 4, 5 } }],
                (_, _, gradients) =>
                {
                    gradients.LogProbs.Fill(-1);
                    return default;
                });
            await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
            expected = (await policy.ScoreAsync([new TokenSequence { PromptTokens = new[] { 1 }, Tokens = new[] { 2, 3, 4, 5 } }]))[0].LogProbs.ToArray();
            await policy.SaveAsync(folder, withOptimizerState: true);
        }

        (int exit, string output, string error) = await CommandLine.RunAsync(["logprobs", folder], "{\"input_ids\":[[1,2,3,4,5]]}");

        Assert.True(exit == 0, error);
        Assert.Equal(expected, JsonNode.Parse(output)!["logprobs"]![0]!.AsArray().Select(value => (float)value!));
    }

    [Fact]
    public async Task A_run_is_not_resumed_with_another_named_chat_template()
    {
        string model = Path.Combine(root, "model");
        string templates = Path.Combine(model, "additional_chat_templates");
        Directory.CreateDirectory(templates);
        foreach (string file in Directory.GetFiles(CommandLine.Model("llama-tiny")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        string template = Path.Combine(templates, "short.jinja");
        File.WriteAllText(template, "{{ messages[0].content }}");
        string job = WriteJob();
        JsonNode json = JsonNode.Parse(File.ReadAllText(job))!;
        json["model"] = model;
        File.WriteAllText(job, json.ToJsonString());
        string folder = Path.Combine(root, "named");
        await OkAsync("train", job, "--out", folder, "--steps", "2");
        File.WriteAllText(template, "{{ messages[0].content }}!");

        (int exit, _, string error) = await CommandLine.RunAsync(["train", job, "--resume", folder]);

        Assert.Equal(2, exit);
        Assert.Contains("Changed since: model.", error, StringComparison.Ordinal);
    }

    private static async Task OkAsync(params string[] arguments)
    {
        (int exit, _, string error) = await CommandLine.RunAsync(arguments);
        Assert.True(exit == 0, error);
    }

    private string WriteRows()
    {
        string rows = Path.Combine(root, "rows.jsonl");
        File.WriteAllLines(rows, Enumerable.Range(0, 4).Select(i => $"{{\"messages\":[{{\"role\":\"user\",\"content\":\"row {i}\"}}],\"reference\":{{\"n\":{i}}}}}"));
        return rows;
    }

    /// <summary>A job whose grader gives the random model a signal: how many of its letters are lower case, by a template that every answer has.</summary>
    private string WriteJob(string grader = "{\"type\":\"string_check\",\"name\":\"e\",\"input\":\"{{sample.output_text}}\",\"reference\":\"e\",\"operation\":\"like\"}")
    {
        string rows = WriteRows();
        string job = Path.Combine(root, "job.json");
        File.WriteAllText(job, JsonSerializer.Serialize(new
        {
            model = CommandLine.Model("llama-tiny"),
            training_file = rows,
            validation_file = rows,
            method = new
            {
                type = "reinforcement",
                reinforcement = new
                {
                    grader = JsonNode.Parse(grader),
                    hyperparameters = new { batch_size = 2, eval_interval = 2, eval_samples = 2 },
                },
            },
            rlvr = new { algorithm = "grpo", steps = 4, group_size = 6, max_tokens = 10, learning_rate = 0.001 },
        }));
        return job;
    }

    private string[] Metrics(string run) => File.ReadAllLines(Path.Combine(root, run, "metrics.jsonl")).Select(line =>
    {
        JsonObject step = JsonNode.Parse(line)!.AsObject();
        Assert.True(step.Remove("seconds"));
        return step.ToJsonString();
    }).ToArray();

    private byte[] Weights(string run, int step) => File.ReadAllBytes(Path.Combine(root, run, "checkpoints", $"step-{step:D6}", "model.safetensors"));
}
