using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Lint;

namespace RlvrSharp.Tests.Graders.Lint;

public class GraderLintTests
{
    private const string Eq = """{"type": "string_check", "name": "eq", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";
    private const string Fields = """{"type": "structured_field", "name": "fields", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    [Fact]
    public async Task An_exact_grader_on_varied_rows_has_no_error_or_warning()
    {
        LintReport report = await Check(Eq, Words("Paris", "Rome", "Oslo", "Bern", "Lima", "Quito"));
        Assert.DoesNotContain(report.Findings, finding => finding.Severity != LintSeverity.Info);
        Assert.Equal(1, report.GoldScore);
        Assert.False(report.HasErrors);
    }

    [Fact]
    public async Task A_structured_grader_on_varied_rows_has_no_error_and_no_cheat_that_pays()
    {
        LintReport report = await Check(Fields, Objects());
        Assert.DoesNotContain(report.Findings, finding => finding.Severity != LintSeverity.Info);
    }

    [Theory]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "L1", LintSeverity.Warning)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{item.reference}}", "reference": "{{sample.output_text}}"}""", "L1", LintSeverity.Error)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{item.reference}}", "reference": "{{sample.output_text}}"}""", "P-empty", LintSeverity.Error)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "P-not", LintSeverity.Warning)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "P-or", LintSeverity.Warning)]
    [InlineData("""{"type": "text_similarity", "name": "t", "evaluation_metric": "fuzzy_match", "fuzzy_function": "token_set_ratio", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "L3", LintSeverity.Warning)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "eq", "input": "{{item.reference}}", "reference": "{{item.reference}}"}""", "L6", LintSeverity.Error)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "ne", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "L15", LintSeverity.Error)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "ne", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""", "L10", LintSeverity.Error)]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}""", "L10", LintSeverity.Error)]
    public async Task Known_traps_are_found(string grader, string id, LintSeverity severity)
    {
        LintReport report = await Check(grader, Words("Paris", "Rome", "Oslo", "Bern"));
        LintFinding finding = Assert.Single(report.Findings, finding => finding.Id == id && finding.Severity == severity);
        Assert.NotEmpty(finding.Cure);
        Assert.Equal(severity == LintSeverity.Error, report.HasErrors && finding.Severity == LintSeverity.Error);
    }

    [Theory]
    [InlineData("1 - a", "L7")]
    [InlineData("a / b", "L7")]
    [InlineData("0 * a", "L7")]
    [InlineData("0.9 * a + 0.1 * format", "L8")]
    [InlineData("a + format / 10", "L8")]
    [InlineData("max(a, b)", "L2")]
    [InlineData("recall", "L2")]
    public async Task Formulas_that_mislead_are_found(string formula, string id)
    {
        LintReport report = await Check(Multi(formula), Words("Paris", "Rome", "Oslo"));
        Assert.Contains(report.Findings, finding => finding.Id == id);
    }

    [Theory]
    [InlineData("gate(format, a)", "L8")]
    [InlineData("a * format", "L8")]
    [InlineData("(a + b + format + precision + recall) / 5", "L7")]
    [InlineData("2 * precision * recall / max(precision + recall, 1e-9)", "L2")]
    public async Task Formulas_that_are_sound_are_left_alone(string formula, string id)
    {
        LintReport report = await Check(Multi(formula), Words("Paris", "Rome", "Oslo"));
        Assert.DoesNotContain(report.Findings, finding => finding.Id == id);
    }

    [Fact]
    public async Task Likeness_of_dates_numbers_and_identifiers_is_found()
    {
        LintReport report = await Check(
            """{"type": "text_similarity", "name": "t", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""",
            Words("2024-01-05", "2023-12-31", "INV-10023", "1000.00"));
        Assert.Contains(report.Findings, finding => finding.Id == "L4");
    }

    [Fact]
    public async Task Likeness_of_dates_and_identifiers_is_found_inside_structured_fields()
    {
        const string Grader = """
            {"type": "structured_field", "name": "f", "fields": {"name": {"type": "similarity"}, "date": {"type": "similarity"}, "items[].sku": {"type": "similarity"}, "day": {"type": "date"}}}
            """;
        Problem[] rows = [.. Enumerable.Range(0, 4).Select(i => new Problem($"p{i}") { Id = $"r{i}", Reference = $$"""{"name": "Company {{i}} of Rome", "date": "2024-01-0{{i + 1}}", "day": "2024-02-0{{i + 1}}", "items": [{"sku": "INV-1{{i}}"}, {"sku": "B-{{i}}"}]}""" })];
        LintReport report = await Check(Grader, rows);
        Assert.Equal(["date", "items[].sku"], report.Findings.Where(finding => finding.Id == "L4").Select(finding => finding.Text.Split('"')[1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_answer_that_fits_most_rows_is_found()
    {
        LintReport report = await Check(Eq, Words("no", "no", "no", "yes"));
        LintFinding finding = Assert.Single(report.Findings, finding => finding.Id == "L9");
        Assert.Contains("0.750", finding.Text, StringComparison.Ordinal);
        Assert.Equal("no", report.BestConstantAnswer);
    }

    [Fact]
    public async Task Gold_in_the_prompt_and_rows_in_both_files_are_found()
    {
        IReadOnlyList<Problem> train = [new Problem("The answer is Paris. What is it?") { Reference = "Paris" }, new Problem("b") { Reference = "Rome" }];
        LintReport report = await GraderLint.CheckAsync(GraderJson.Parse(Eq), train, [new Problem("b ") { Reference = "Rome" }]);
        Assert.Equal([LintSeverity.Error, LintSeverity.Warning], report.Findings.Where(finding => finding.Id == "L11").Select(finding => finding.Severity));
    }

    [Fact]
    public async Task Fields_that_never_vary_or_are_nearly_always_null_are_found()
    {
        Problem[] rows = [.. Enumerable.Range(0, 20).Select(i => new Problem($"p{i}") { Id = $"r{i}", Reference = $$"""{"n": {{i}}, "same": "x", "rare": {{(i == 3 ? "1" : "null")}}}""" })];
        LintReport report = await GraderLint.CheckAsync(GraderJson.Parse(Fields), rows);
        Assert.Equal(["rare", "same"], report.Findings.Where(finding => finding.Id == "L12").Select(finding => finding.Text.Split('"')[1]));
    }

    [Fact]
    public async Task A_grader_that_throws_on_odd_answers_or_takes_turns_is_found()
    {
        LintReport report = await GraderLint.CheckAsync(new Moody(), Words("Paris", "Rome", "Oslo"));
        Assert.Contains(report.Findings, finding => finding is { Id: "P-long", Severity: LintSeverity.Error });
        Assert.Contains(report.Findings, finding => finding is { Id: "B-threads", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task Order_of_keys_and_worse_answers_that_score_better_are_found()
    {
        LintReport exact = await Check(Eq, Objects());
        Assert.Contains(exact.Findings, finding => finding is { Id: "B-permute", Severity: LintSeverity.Warning });
        LintReport upside = await GraderLint.CheckAsync(new CountsWrong(), Objects());
        Assert.Contains(upside.Findings, finding => finding.Id == "B-monotone");
    }

    [Fact]
    public async Task The_quick_part_finds_bad_gold_and_empty_answers_that_pass()
    {
        LintReport report = await GraderLint.CheckQuicklyAsync(GraderJson.Parse("""{"type": "string_check", "name": "c", "operation": "ne", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}"""), Words("a", "b"));
        Assert.True(report.HasErrors);
        Assert.Contains(report.Findings, finding => finding.Id == "L10");
        Assert.Contains(report.Findings, finding => finding.Id == "P-empty");
        Assert.False((await GraderLint.CheckQuicklyAsync(GraderJson.Parse(Eq), Words("a", "b"))).HasErrors);
    }

    [Fact]
    public async Task One_bad_row_among_many_is_found_by_the_quick_part_where_grades_are_cheap()
    {
        Problem[] rows = [.. Enumerable.Range(0, 200).Select(i => new Problem($"p{i}") { Id = $"r{i}", Item = JsonElement.Parse($$"""{"answer": "{{i}}", "reference": "{{(i == 137 ? "other" : i)}}"}""") })];
        IGrader grader = GraderJson.Parse("""
            {"type": "multi", "name": "m", "calculate_output": "min(a, b)", "graders": {
              "a": {"type": "string_check", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"},
              "b": {"type": "string_check", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}}}
            """);
        LintFinding finding = Assert.Single((await GraderLint.CheckQuicklyAsync(grader, rows)).Findings);
        Assert.Equal(("L10", LintSeverity.Error, "r137"), (finding.Id, finding.Severity, finding.Row));
    }

    [Theory]
    [InlineData("meteor")]
    [InlineData("rouge_l")]
    [InlineData("gleu")]
    public async Task A_measure_that_gives_the_reference_itself_less_than_one_is_no_error(string metric)
    {
        LintReport report = await GraderLint.CheckQuicklyAsync(
            GraderJson.Parse($$$"""{"type": "text_similarity", "name": "t", "evaluation_metric": "{{{metric}}}", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}"""),
            Words("the cat sat on the mat", "a dog ran to the park", "one"));
        Assert.False(report.HasErrors, report.ToString());
    }

    [Fact]
    public async Task A_formula_that_cannot_reach_one_is_measured_by_what_it_can_reach()
    {
        Assert.False((await GraderLint.CheckQuicklyAsync(GraderJson.Parse(Multi("0.5 * a + 0.3 * b")), Words("a", "b"))).HasErrors);
        Assert.True((await GraderLint.CheckQuicklyAsync(GraderJson.Parse(Multi("1 - a")), Words("a", "b"))).HasErrors);
    }

    [Fact]
    public async Task A_reference_that_may_have_another_form_than_answers_is_a_warning_unless_most_rows_pass_or_the_grader_fails()
    {
        Problem[] rows = Words("1", "2", "3", "4");
        LintReport never = await GraderLint.CheckQuicklyAsync(new DelegateGrader((problem, completion) => completion.Text == $"The answer is {problem.Reference}." ? 1 : 0), rows);
        Assert.Equal(LintSeverity.Warning, Assert.Single(never.Findings).Severity);
        LintReport mostly = await GraderLint.CheckQuicklyAsync(new DelegateGrader((problem, completion) => completion.Text == problem.Reference && completion.Text != "3" ? 1 : 0), rows);
        Assert.Equal((LintSeverity.Error, "row2"), (mostly.Findings[0].Severity, mostly.Findings[0].Row));
        LintReport fails = await GraderLint.CheckQuicklyAsync(new DelegateGrader((Func<Problem, Completion, double>)((_, _) => throw new InvalidOperationException("no"))), rows);
        Assert.Contains(fails.Findings, finding => finding is { Id: "L10", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task A_grader_that_passes_everything_is_refused_also_where_no_right_answer_is_known()
    {
        LintReport report = await GraderLint.CheckQuicklyAsync(new DelegateGrader((_, _) => 1), [new Problem("a"), new Problem("b")]);
        Assert.Contains(report.Findings, finding => finding is { Id: "P-empty", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task A_grader_that_raises_on_the_empty_answer_may_train_and_is_an_error_of_lint()
    {
        // As the published precision and recall graders do, which read the parsed answer.
        static double Score(Problem problem, Completion completion) => Number(completion.Text) == Number(problem.Reference!) ? 1 : 0;
        static int Number(string text) => JsonElement.Parse(text).GetProperty("n").GetInt32();
        var grader = new DelegateGrader(Score);
        Problem[] rows = [.. Enumerable.Range(0, 4).Select(i => new Problem("a") { Reference = $"{{\"n\": {i}}}" })];
        LintReport quick = await GraderLint.CheckQuicklyAsync(grader, rows);
        Assert.Contains(quick.Findings, finding => finding is { Id: "P-empty", Severity: LintSeverity.Warning } && finding.Cure.Contains("error budget", StringComparison.Ordinal));
        Assert.DoesNotContain(quick.Findings, finding => finding.Severity == LintSeverity.Error);
        LintReport whole = await GraderLint.CheckAsync(grader, rows);
        Assert.Contains(whole.Findings, finding => finding is { Id: "P-empty", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task An_empty_answer_is_not_right_where_the_right_one_is_zero()
    {
        LintReport report = await GraderLint.CheckQuicklyAsync(new DelegateGrader((problem, completion) => completion.Text is "" || completion.Text == problem.Reference ? 1 : 0), [new Problem("a") { Reference = "{\"n\": 0}" }]);
        Assert.Equal("P-empty", Assert.Single(report.Findings).Id);
    }

    [Fact]
    public async Task A_text_that_holds_the_answer_by_chance_is_no_empty_answer_that_passes()
    {
        IGrader grader = GraderJson.Parse("""{"type": "string_check", "name": "c", "operation": "ilike", "input": "{{sample.output_text}}", "reference": "l"}""");
        Assert.Empty((await GraderLint.CheckQuicklyAsync(grader, Words("a", "b"))).Findings);
    }

    [Fact]
    public async Task Judges_are_never_asked_by_the_quick_part()
    {
        using var client = new NoClient();
        IGrader grader = GraderJson.Parse(
            """{"type": "score_model", "name": "j", "model": "m", "input": [{"role": "user", "content": "{{sample.output_text}}"}]}""", new GraderJsonContext { ChatClients = _ => client });
        LintReport report = await GraderLint.CheckQuicklyAsync(grader, Words("a"));
        Assert.Equal(LintSeverity.Info, Assert.Single(report.Findings).Severity);
    }

    [Fact]
    public async Task Calibration_samples_the_policy_evenly_and_the_same_way_each_time()
    {
        Problem[] rows = [.. Enumerable.Range(0, 10).Select(i => new Problem("a") { Id = $"r{i}", Reference = "a" })];
        var policy = new BigramPolicy();
        var options = new CalibrationOptions { SamplesPerProblem = 6, MaxProblems = 5, Seed = 3, Sampling = new SamplingOptions { MaxTokens = 4 } };
        var grader = new DelegateGrader((_, completion) => completion.Text.Length % 3 / 2.0);
        CalibrationReport report = await GraderLint.CalibrateAsync(policy, grader, rows, options);
        Assert.Equal(["r0", "r2", "r4", "r6", "r8"], report.Problems.Select(problem => problem.Id).Order(StringComparer.Ordinal));
        Assert.All(report.Problems, problem => Assert.Equal(6, problem.Samples));
        Assert.Equal(report.ToJson(), (await GraderLint.CalibrateAsync(policy, grader, rows, options)).ToJson());
        Assert.Contains("difficulty:   5 problems", report.ToString(), StringComparison.Ordinal);

        CalibrationReport broken = await GraderLint.CalibrateAsync(policy, new DelegateGrader((Func<Problem, Completion, double>)((_, _) => throw new InvalidOperationException("no"))), rows, options);
        Assert.Equal(30, broken.Failed);
        Assert.Contains(broken.Findings(), finding => finding is { Id: "C-none", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task Calibration_shows_the_model_a_rows_tools_as_training_does()
    {
        var policy = new RecordingPolicy();
        JsonElement tools = JsonElement.Parse("""[{"type": "function"}]""");

        await GraderLint.CalibrateAsync(
            policy, new DelegateGrader((_, _) => 1), [new Problem("a") { Id = "r", Tools = tools }], new CalibrationOptions { SamplesPerProblem = 2, Sampling = new SamplingOptions { MaxTokens = 2 } });

        Assert.Equal(2, policy.Requests.Count);
        Assert.All(policy.Requests, request => Assert.Equal(tools.GetRawText(), request.Tools.GetRawText()));
    }

    private sealed class RecordingPolicy : IPolicy
    {
        private readonly BigramPolicy inner = new();

        public List<SampleRequest> Requests { get; } = [];

        public ITokenCodec Codec => inner.Codec;

        public int ContextLength => inner.ContextLength;

        public Task<IReadOnlyList<Completion>> SampleAsync(IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default)
        {
            Requests.AddRange(requests);
            return inner.SampleAsync([.. requests.Select(request => request with { Tools = default })], options, cancellationToken);
        }

        public Task<IReadOnlyList<TokenScores>> ScoreAsync(IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default) =>
            inner.ScoreAsync(sequences, temperature, cancellationToken);
    }

    [Fact]
    public async Task Calibration_refuses_options_out_of_range()
    {
        var error = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() =>
            GraderLint.CalibrateAsync(new BigramPolicy(), new DelegateGrader((_, _) => 1), [new Problem("a")], new CalibrationOptions { SamplesPerProblem = 1, PassScore = 0 }));
        Assert.Equal(2, error.Failures.Count());
    }

    [Fact]
    public async Task The_report_is_json_with_the_worst_first()
    {
        LintReport report = await Check("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{item.reference}}", "reference": "{{sample.output_text}}"}""", Words("Paris", "Rome", "Oslo"));
        JsonElement json = JsonElement.Parse(report.ToJson());
        Assert.True(json.GetProperty("errors").GetInt32() > 0);
        Assert.Equal("error", json.GetProperty("findings")[0].Text("severity"));
        Assert.Equal(["id", "severity", "row", "text", "cure"], json.GetProperty("findings")[0].EnumerateObject().Select(property => property.Name));
    }

    [Theory]
    [InlineData("import random\ndef grade(sample, item):\n    return random.random()\n", "L13")]
    [InlineData("def grade(sample, item):\n    try:\n        return 0.5\n    except Exception:\n        return 1.0\n", "L14")]
    public void Sources_with_chance_or_rewarded_failure_are_found(string source, string id)
    {
        IGrader grader = GraderJson.Parse(JsonSerializer.Serialize(new { type = "python", name = "p", source, image_tag = "2025-05-08" }));
        Assert.Contains(SourceChecks.Run(grader), finding => finding.Id == id);
    }

    private static string Multi(string formula) =>
        $$"""{"type": "multi", "name": "m", "graders": {"a": {{Eq}}, "b": {{Eq}}, "format": {{Eq}}, "precision": {{Eq}}, "recall": {{Eq}} }, "calculate_output": "{{formula}}"}""";

    private static Task<LintReport> Check(string grader, IReadOnlyList<Problem> rows) => GraderLint.CheckAsync(GraderJson.Parse(grader), rows);

    private static Problem[] Words(params string[] references) => [.. references.Select((reference, i) => new Problem($"question {i}") { Id = $"row{i}", Reference = reference })];

    private static Problem[] Objects() =>
    [
        .. Enumerable.Range(0, 12).Select(i => new Problem($"question {i}")
        {
            Id = $"row{i}",
            Reference = $$"""{"name": "n{{i}}", "age": {{20 + i}}, "city": "{{(char)('A' + i)}}town", "langs": ["l{{i}}", "l{{i + 1}}", "l{{i + 2}}"]}""",
        }),
    ];

    private sealed class Moody : IGrader
    {
        private int calls;

        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
            completion.Text.Length > 1000 ? throw new InvalidOperationException("too long")
            : new(new Grade(completion.Text == problem.Reference ? 1 : (Interlocked.Increment(ref calls) % 1000) / 10000.0));
    }

    private sealed class CountsWrong : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
            new(new Grade(completion.Text.Split("zqxv").Length > 2 ? 1 : 0));
    }

    private sealed class NoClient : Microsoft.Extensions.AI.IChatClient
    {
        public Task<Microsoft.Extensions.AI.ChatResponse> GetResponseAsync(
            IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, Microsoft.Extensions.AI.ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("asked");

        public IAsyncEnumerable<Microsoft.Extensions.AI.ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, Microsoft.Extensions.AI.ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("asked");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
