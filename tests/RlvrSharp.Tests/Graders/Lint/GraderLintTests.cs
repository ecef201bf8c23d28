using System.Text.Json;
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
}
