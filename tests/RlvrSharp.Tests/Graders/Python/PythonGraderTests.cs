using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Python;

[Collection("Console")]
public sealed class PythonGraderTests
{
    private const string EuroVoc = """
        def codes(sample):
            level = sample["output_json"].get("level1")
            if not isinstance(level, list):
                return set()
            return {entry["code"] for entry in level if isinstance(entry, dict) and isinstance(entry.get("code"), str)}

        def grade(sample, item):
            said, wanted = codes(sample), set(item["reference_answer"])
            whole = said if WHICH == "precision" else wanted
            return len(said & wanted) / len(whole) if whole else 0.0
        """;

    [PythonFact]
    public async Task An_answer_with_more_digits_than_python_reads_is_no_failure_of_the_grader()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return 1.0 if sample['output_json']['n'] > 10**300 else 0.0", Options());
        Grade grade = await grader.GradeAsync(new Problem("?"), Completion.FromText($"{{\"n\": {new string('9', 10_000)}}}"));
        Assert.True(grade.Score == 1, grade.Reason);
    }

    [PythonFact]
    public async Task Set_precision_and_recall_graders_of_the_OpenAI_kind_give_the_recorded_scores()
    {
        await using var precision = new PythonGrader("WHICH = 'precision'\n" + EuroVoc, Options(workers: 2));
        await using var recall = new PythonGrader("WHICH = 'recall'\n" + EuroVoc, Options(workers: 2));
        string[] rows = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Golden", "python", "eurovoc.jsonl"));
        Assert.Equal(35, rows.Length);
        foreach (string line in rows)
        {
            using JsonDocument row = JsonDocument.Parse(line);
            JsonElement sample = row.RootElement.GetProperty("sample");
            JsonElement item = row.RootElement.GetProperty("item");
            bool fails = row.RootElement.TryGetProperty("python_errors", out _);
            foreach ((PythonGrader grader, string part) in new[] { (precision, "precision"), (recall, "recall") })
            {
                Grade grade = await grader.GradeSampleAsync(sample, item);
                Assert.Equal(fails ? GradeStatus.Failed : GradeStatus.Graded, grade.Status);
                Assert.Equal(row.RootElement.GetProperty("expected_parts").GetProperty(part).GetDouble(), grade.Score);
                string text = sample.GetProperty("output_text").GetString()!;
                if (text.StartsWith('{'))
                {
                    Assert.Equal(grade.Score, (await grader.GradeAsync(new Problem("?") { Item = item }, Completion.FromText(text))).Score);
                }
            }
        }
    }

    [PythonFact]
    public async Task A_sample_has_the_text_the_json_the_tools_and_the_choices()
    {
        await using var grader = new PythonGrader(
            """
            def grade(sample, item):
                assert sample["output_text"] == item["text"], sample
                assert sample["output_tools"] == []
                assert sample["choices"][0]["message"] == {"role": "assistant", "content": item["text"]}
                assert ("output_json" in sample) == item["is_json"]
                return sample["output_json"]["total"] / 100 if item["is_json"] else 0.25
            """,
            Options());
        foreach ((string text, bool isJson, double score) in new[] { ("{\"total\": 12.5}", true, 0.125), ("{\"total\": 12.5", false, 0.25), ("", false, 0.25), ("naïve 😀\n{}", false, 0.25), ("{\"total\": 50} x", false, 0.25) })
        {
            using JsonDocument item = JsonDocument.Parse(JsonSerializer.Serialize(new { text, is_json = isJson }));
            Grade grade = await grader.GradeAsync(new Problem("?") { Item = item.RootElement }, Completion.FromText(text));
            Assert.Null(grade.Reason);
            Assert.Equal(score, grade.Score);
        }
    }

    [PythonFact]
    public async Task Odd_texts_arrive()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return 1 if len(sample['output_text']) >= item['n'] else 0", Options());
        foreach (string text in new[] { "\ud800", "\0", "\"\\ud800\"", new string('[', 100_000), "1e400", "NaN", "{\"a\":1,\"a\":2}", new string('x', 5_000_000) })
        {
            using JsonDocument item = JsonDocument.Parse($"{{\"n\": {text.Length.ToString(CultureInfo.InvariantCulture)}, \"s\": \"\\ud800\"}}");
            Grade grade = await grader.GradeAsync(new Problem("?") { Item = item.RootElement }, Completion.FromText(text));
            Assert.Null(grade.Reason);
            Assert.Equal(1, grade.Score);
        }
    }

    [PythonFact]
    public async Task A_problem_without_a_row_gives_its_reference_as_item()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return float(sample['output_text'] == item['reference'])", Options());
        Assert.Equal(1, (await grader.GradeAsync(new Problem("?") { Reference = "42" }, Completion.FromText("42"))).Score);
        Assert.Equal(0, (await grader.GradeAsync(new Problem("?") { Reference = "42" }, Completion.FromText("43"))).Score);
    }

    [PythonFact]
    public async Task No_call_sees_what_another_one_did_to_a_variable_or_a_file()
    {
        await using var grader = new PythonGrader(
            """
            import os, random, tempfile
            seen = []
            def grade(sample, item):
                seen.append(1)
                before = len(os.listdir(tempfile.gettempdir()))
                open(os.path.join(tempfile.gettempdir(), "note"), "w").write("x")
                os.makedirs(os.path.join(tempfile.gettempdir(), "a/b"), mode=0o000 or 0o100)
                return (len(seen) + before) / 10
            """,
            Options());
        for (int call = 0; call < 3; call++)
        {
            Grade grade = await Ask(grader, "x");
            Assert.Null(grade.Reason);
            Assert.Equal(0.1, grade.Score);
        }
    }

    [PythonFact]
    public async Task Sets_of_texts_iterate_in_the_same_order_in_every_worker()
    {
        const string source = "def grade(sample, item):\n    return int.from_bytes(str(hash('a text')).encode()[:6], 'big') / 2**48";
        await using var one = new PythonGrader(source, Options());
        await using var other = new PythonGrader(source, Options());
        Assert.Equal((await Ask(one, "x")).Score, (await Ask(other, "x")).Score);
    }

    [PythonFact]
    public async Task Many_calls_run_at_a_time_and_each_gets_its_own_answer()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return float(sample['output_text'])", Options(workers: 3));
        double[] scores = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i => (await Ask(grader, (i / 64.0).ToString(CultureInfo.InvariantCulture))).Score));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => i / 64.0), scores);
    }

    [PythonFact]
    public async Task A_score_outside_the_range_fails_unless_clamping_is_asked_for()
    {
        const string source = "def grade(sample, item):\n    return float(sample['output_text'])";
        await using var strict = new PythonGrader(source, Options());
        await using var clamping = new PythonGrader(source, Options(change: options => options.ClampScores = true));
        Assert.Equal("The python grader 'python' returned 1.5, but a score lies between 0 and 1: scale it there in the source, or set PythonGraderOptions.ClampScores.", (await Ask(strict, "1.5")).Reason);
        Assert.Equal(GradeStatus.Failed, (await Ask(strict, "-1e-9")).Status);
        Grade clamped = await Ask(clamping, "1.5");
        Assert.Equal((1, 1.5), (clamped.Score, RawScore.Of(clamped)));
        Assert.Equal("The source returned 1.5, cut to [0, 1].", clamped.Reason);
        Assert.Equal(0, (await Ask(clamping, "-7")).Score);
        Assert.Equal(GradeStatus.Failed, (await Ask(clamping, "nan")).Status);
        Assert.Equal(1, (await Ask(strict, "1")).Score);
    }

    [PythonFact]
    public async Task A_source_that_cannot_be_loaded_is_found_at_the_start_with_its_line()
    {
        foreach ((string source, string[] parts) in new[]
        {
            ("def grade(sample, item)\n    return 1", new[] { "SyntaxError", "line 1" }),
            ("import no_such_package\ndef grade(sample, item):\n    return 1", ["ModuleNotFoundError: No module named 'no_such_package'", "line 1"]),
            ("def score(sample, item):\n    return 1", ["it defines no function named grade"]),
            ("import os\nprint('going', flush=True)\nos._exit(3)", ["gave no result", "Its stdout ends with: going"]),
        })
        {
            await using var grader = new PythonGrader(source, Options());
            var error = await Assert.ThrowsAsync<DataException>(async () => await grader.StartAsync());
            Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        }

        await using var failing = new PythonGrader("def score(sample, item):\n    return 1", Options());
        Grade grade = await Ask(failing, "x");
        Assert.Equal((GradeStatus.Failed, "The python grader 'python' cannot be loaded: it defines no function named grade"), (grade.Status, grade.Reason));
    }

    [PythonFact]
    public async Task Slow_loads_in_a_burst_do_not_end_the_use_of_workers()
    {
        foreach (bool loadedBefore in new[] { true, false })
        {
            string slow = Path.Combine(Path.GetTempPath(), $"rlvr-slow-{Guid.NewGuid():N}");
            await using var grader = new PythonGrader(
                $"import os, time\nif os.path.exists('{slow}'):\n    time.sleep(100)\ndef grade(sample, item):\n    time.sleep(0.4)\n    return 1",
                Unisolated(workers: 4, change: options => (options.LoadTimeLimit, options.TimeLimit) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(60))));
            if (loadedBefore)
            {
                await grader.StartAsync();
            }

            await File.WriteAllTextAsync(slow, "");
            Grade[] burst = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Ask(grader, "x")));
            File.Delete(slow);
            Assert.InRange(burst.Count(grade => grade.Reason?.Contains("did not load within", StringComparison.Ordinal) == true), loadedBefore ? 1 : 4, 4);
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskPatiently(grader, "x"))), grade => Assert.True(grade.Score == 1, grade.Reason));
        }
    }

    [PythonFact]
    public async Task A_recursion_limit_that_the_source_sets_holds()
    {
        const string source = "import sys\nLIMIT\ndef deep(n):\n    return 1 if n == 0 else deep(n - 1)\ndef grade(sample, item):\n    return deep(3000)";
        await using var raised = new PythonGrader(source.Replace("LIMIT", "sys.setrecursionlimit(20000)", StringComparison.Ordinal), Options());
        Assert.Equal((1, null), ((await Ask(raised, "x")).Score, (await Ask(raised, "x")).Reason));
        await using var usual = new PythonGrader(source.Replace("LIMIT", "", StringComparison.Ordinal), Options());
        Assert.Contains("RecursionError", (await Ask(usual, "x")).Reason, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Without_isolation_no_system_call_is_forbidden()
    {
        if (OperatingSystem.IsLinux())
        {
            await using var grader = new PythonGrader("import os\ndef grade(sample, item):\n    return 1 if os.memfd_create('x') >= 0 else 0", Unisolated());
            Assert.Null((await AskPatiently(grader, "x")).Reason);
        }
    }

    [PythonFact]
    public async Task Starting_tells_what_the_code_runs_on()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return 1", Options());
        Assert.Null(grader.Environment);
        PythonEnvironment environment = await grader.StartAsync();
        Assert.Same(environment, grader.Environment);
        Assert.Matches(@"^3\.\d+\.\d+$", environment.Version);
        Assert.Contains(environment.Isolation == PythonIsolation.None ? "NOT isolated" : "no network", environment.Description, StringComparison.Ordinal);
        Assert.Equal(1, (await Ask(grader, "x")).Score);
    }

    [Fact]
    public async Task A_missing_interpreter_is_named_with_the_way_out()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return 1", new PythonGraderOptions { Interpreter = "python-that-is-not-there" });
        var error = await Assert.ThrowsAsync<GradingException>(async () => await grader.StartAsync());
        Grade grade = await Ask(grader, "x");
        Assert.Equal(GradeStatus.Failed, grade.Status);
        Assert.Equal(error.Message, grade.Reason);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("A python grader needs an interpreter (Python 3.9 or later), and 'python-that-is-not-there' is not on PATH: install Python, or name the interpreter in PythonGraderOptions.Interpreter, or write the grader in C#.", error.Message);
        }
    }

    [PythonFact]
    public async Task Code_does_not_run_without_isolation_unless_allowed()
    {
        await using var refused = new PythonGrader("def grade(sample, item):\n    return 1", new PythonGraderOptions { Isolation = PythonIsolation.None });
        var error = await Assert.ThrowsAsync<GradingException>(async () => await refused.StartAsync());
        Assert.Contains("AllowUnisolated", error.Message, StringComparison.Ordinal);
        await using var allowed = new PythonGrader("def grade(sample, item):\n    return 1", Unisolated());
        Assert.Equal(PythonIsolation.None, (await allowed.StartAsync()).Isolation);
        Assert.Equal(1, (await Ask(allowed, "x")).Score);
    }

    [PythonFact]
    public async Task Without_isolation_what_a_call_leaves_running_is_ended_too()
    {
        string marker = Marker();
        string[] before = TemporaryFolders();
        await using (var grader = new PythonGrader(
            $"import subprocess, time\ndef grade(sample, item):\n    subprocess.Popen(['sleep', '{marker}'], start_new_session=True)\n    if sample['output_text'] == 'hang':\n        time.sleep(600)\n    return 0.5",
            Unisolated()))
        {
            Assert.Equal(0.5, (await AskPatiently(grader, "x")).Score);
            if (OperatingSystem.IsLinux())
            {
                Assert.Equal(0, Processes.Count($"sleep\0{marker}", 0));
            }

            Assert.Contains("did not return within 0.4 s", (await Ask(grader, "hang")).Reason, StringComparison.Ordinal);
            Assert.Equal(0.5, (await AskPatiently(grader, "x")).Score);
        }

        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(0, Processes.Count(marker, 0));
        }

        Assert.Empty(NewFolders(before));
    }

    [PythonFact]
    public async Task A_cancelled_call_ends_at_once_and_the_next_one_works()
    {
        await using var grader = new PythonGrader("import time\ndef grade(sample, item):\n    time.sleep(float(sample['output_text']))\n    return 1", Options(change: options => options.TimeLimit = TimeSpan.FromMinutes(1)));
        Assert.Equal(1, (await Ask(grader, "0")).Score);
        using var stop = new CancellationTokenSource(100);
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await grader.GradeAsync(new Problem("?"), Completion.FromText("50"), stop.Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(40));
        Assert.Equal(1, (await Ask(grader, "0")).Score);
    }

    [PythonFact]
    public async Task Disposing_ends_a_call_that_is_under_way_and_refuses_new_ones()
    {
        var grader = new PythonGrader("import time\ndef grade(sample, item):\n    time.sleep(50)\n    return 1", Options(change: options => options.TimeLimit = TimeSpan.FromMinutes(1)));
        await grader.StartAsync();
        Task<Grade> call = Ask(grader, "x");
        await Task.Delay(50);
        await grader.DisposeAsync();
        await grader.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => call.WaitAsync(TimeSpan.FromSeconds(40)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Ask(grader, "x"));
    }

    [Fact]
    public void Bad_options_are_all_named()
    {
        var error = Assert.Throws<OptionsValidationException>(() => new PythonGrader("def grade(s, i): return 1", new PythonGraderOptions { Workers = 0, ProcessLimit = -1, TimeLimit = TimeSpan.Zero }));
        Assert.Equal(3, error.Failures.Count());
    }

    internal static async Task<Grade> Ask(PythonGrader grader, string text) => await grader.GradeAsync(new Problem("?"), Completion.FromText(text));

    /// <summary>A call that has nothing to wait for, of a grader with a short limit: on a busy machine it may take a few tries. Any other failure is one at once.</summary>
    internal static async Task<Grade> AskPatiently(PythonGrader grader, string text)
    {
        Grade grade = await Ask(grader, text);
        for (int tries = 0; tries < 20 && grade.Reason?.Contains("did not return within", StringComparison.Ordinal) == true; tries++)
        {
            grade = await Ask(grader, text);
        }

        return grade;
    }

    /// <summary>Folders of graders that were not there before and stay; those of other runs on this machine come and go.</summary>
    internal static string[] NewFolders(string[] before)
    {
        var clock = Stopwatch.StartNew();
        string[] left;
        while ((left = [.. TemporaryFolders().Except(before)]).Length > 0 && clock.Elapsed < TimeSpan.FromSeconds(60))
        {
            Thread.Sleep(50);
        }

        return left;
    }

    internal static string Marker() => "9" + Random.Shared.Next(100_000_000, 999_999_999).ToString(CultureInfo.InvariantCulture);

    internal static string[] TemporaryFolders() => Directory.GetDirectories(Path.GetTempPath(), "rlvr-python-*");

    internal static PythonGraderOptions Options(int workers = 1, Action<PythonGraderOptions>? change = null)
    {
        var options = new PythonGraderOptions { Workers = workers, AllowUnisolated = true };
        change?.Invoke(options);
        return options;
    }

    private static PythonGraderOptions Unisolated(int workers = 1, Action<PythonGraderOptions>? change = null)
    {
        var options = new PythonGraderOptions { Workers = workers, AllowUnisolated = true, Isolation = PythonIsolation.None, TimeLimit = TimeSpan.FromSeconds(0.4) };
        change?.Invoke(options);
        return options;
    }
}
