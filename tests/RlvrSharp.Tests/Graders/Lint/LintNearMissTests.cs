using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Lint;

namespace RlvrSharp.Tests.Graders.Lint;

/// <summary>For static checks: what must be found, and beside it what looks like it and must not be.</summary>
public class LintNearMissTests
{
    private const string Eq = """{"type": "string_check", "name": "eq", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";
    private const string Like = """{"type": "text_similarity", "name": "t", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    [Theory]
    [InlineData("2 * precision * recall / max(precision + recall, 1e-9)", false)]
    [InlineData("(a + b + format) / 3", false)]
    [InlineData("clamp(if(b > 0, min(a, b) / b, 0), 0, 1)", false)]
    [InlineData("clamp(if(b > 0.5, a / (b - 0.5), 0), 0, 1)", false)]
    [InlineData("if(b > 0.5, a / (b - 0.5), 0)", true)]
    [InlineData("a + b", true)]
    [InlineData("a / b", true)]
    [InlineData("if(a > 0.5, 1 / b, 0)", true)]
    [InlineData("(a + b + format + precision + recall) / 4", true)]
    public async Task Formulas_are_blamed_for_what_they_can_reach(string formula, bool found)
    {
        var notes = (await Check(Multi(formula), Words("Paris", "Rome", "Oslo", "Bern"))).Findings
            .Where(finding => finding.Id == "L7" && (finding.Text.Contains("can lie between", StringComparison.Ordinal) || finding.Text.Contains("divides by", StringComparison.Ordinal)));
        Assert.Equal(found, notes.Any());
    }

    [Theory]
    [InlineData("{{ item.reference }}", "{{item.reference}}", true)]
    [InlineData("{{item['reference']}}", "{{item.reference}}", true)]
    [InlineData("Paris", "{{item.reference}}", true)]
    [InlineData("{{sample.output_text}}", "Paris", false)]
    [InlineData("{{sample.output_text}}", "{{item.reference}}", false)]
    public async Task A_comparison_that_the_answer_cannot_change_is_found(string input, string reference, bool found)
    {
        string grader = JsonSerializer.Serialize(new { type = "string_check", name = "c", operation = "eq", input, reference });
        Assert.Equal(found, (await Check(grader, Words("Paris", "Rome", "Oslo"))).Findings.Any(finding => finding is { Id: "L6", Severity: LintSeverity.Error }));
    }

    [Fact]
    public async Task Fixed_choices_by_likeness_are_found_and_names_are_not()
    {
        Assert.Contains((await Check(Like, Words([.. Enumerable.Range(0, 24).Select(i => new[] { "low", "medium", "high" }[i % 3])]))).Findings, finding => finding.Id == "L4");
        Assert.DoesNotContain((await Check(Like, Words([.. Enumerable.Range(0, 24).Select(i => $"Name {(char)('a' + i)} of it")]))).Findings, finding => finding.Id == "L4");
    }

    [Theory]
    [InlineData("0.9 * eq + 0.1 * fmt", "fmt", Eq, true)]
    [InlineData("0.9 * eq + 0.1 * formatBonus", "formatBonus", Eq, true)]
    [InlineData("0.9 * eq + 0.1 * extra", "extra", """{"type": "string_check", "operation": "like", "input": "{{sample.output_text}}", "reference": "Answer:"}""", true)]
    [InlineData("0.9 * eq + 0.1 * extra", "extra", """{"type": "python", "source": "def grade(sample, item):\n    return 1 / (1 + len(sample['output_text']))"}""", true)]
    [InlineData("0.5 * eq + 0.5 * extra", "extra", """{"type": "python", "source": "def grade(sample, item):\n    return float(item['reference'] == sample['output_text'])"}""", false)]
    [InlineData("0.5 * eq + 0.5 * stage", "stage", Eq, false)]
    [InlineData("0.5 * eq + 0.5 * percentage", "percentage", Eq, false)]
    [InlineData("gate(format, eq)", "format", Eq, false)]
    public void Form_as_a_summand_is_found_by_its_name_or_by_what_it_reads(string formula, string name, string part, bool found)
    {
        IGrader grader = GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"eq": {{Eq}}, "{{name}}": {{part}} }, "calculate_output": "{{formula}}"}""");
        Assert.Equal(found, GraderChecks.Run(grader).Any(finding => finding.Id == "L8"));
    }

    [Fact]
    public async Task Where_an_answer_comes_from_is_no_sign_of_a_constant_that_pays()
    {
        Assert.DoesNotContain((await Check(Eq, Words("a", "b"))).Findings, finding => finding.Id == "L9");
        Assert.Contains((await Check(Eq, Words("a", "a", "a", "b"))).Findings, finding => finding.Id == "L9");
    }

    [Theory]
    [InlineData("from random import uniform as u\nreturn u(0, 1)", true)]
    [InlineData("import numpy as np\nreturn np.random.rand()", true)]
    [InlineData("from time import time\nreturn time()", true)]
    [InlineData("from datetime import datetime as D\nreturn D.now().year", true)]
    [InlineData("import json, socket\nreturn 0", true)]
    [InlineData("from urllib.request import urlopen\nreturn 0", true)]
    [InlineData("import secrets\nreturn secrets.randbelow(2)", true)]
    [InlineData("import random\nreturn random.Random().random()", true)]
    [InlineData("import random\nr = random.Random(0)\nreturn r.random()", false)]
    [InlineData("import random\nrandom.seed(7)\nreturn random.random()", false)]
    [InlineData("import numpy as np\nreturn np.random.default_rng(0).random()", false)]
    [InlineData("return 0  # not random.random(), not time.time()", false)]
    [InlineData("'''uses datetime.now() and import socket'''\nreturn 0", false)]
    [InlineData("import urllib.parse, time\nfrom http import HTTPStatus\nreturn len(time.strptime('1', '%H')) / 100", false)]
    [InlineData("randomness = 1\nreturn lifetime(randomness)", false)]
    public void Python_that_is_unsteady_is_found_whatever_it_is_called(string body, bool found) => Assert.Equal(found, Sources("python", Python(body)).Contains("L13"));

    [Theory]
    [InlineData("return DateTime.Now.Hour;", true)]
    [InlineData("return new Random().NextDouble();", true)]
    [InlineData("return double.Parse(sample.GetRawText());", true)]
    [InlineData("return new Random(42).NextDouble();", false)]
    [InlineData("return double.Parse(sample.GetRawText(), CultureInfo.InvariantCulture);", false)]
    [InlineData("/* DateTime.Now */ return \"Random.Shared\".Length / 100.0; // new Random()", false)]
    public void CSharp_that_is_unsteady_is_found(string source, bool found) => Assert.Equal(found, Sources("csharp", source).Contains("L13"));

    [Theory]
    [InlineData("try:\n    return f()\nexcept Exception as e:\n    print(e)\n    return 1.0", true)]
    [InlineData("try:\n    s = f()\nexcept Exception:\n    s = 1.0\nreturn s", true)]
    [InlineData("try: return f()\nexcept Exception: return 0.1", true)]
    [InlineData("try:\n    return f()\nexcept Exception:\n    return 0.0", false)]
    [InlineData("try:\n    return f()\nexcept Exception:\n    return -1", false)]
    [InlineData("try:\n    n = f()\nexcept Exception:\n    n = 1\nreturn 0.5 / n", false)]
    [InlineData("try:\n    int(t)\nexcept ValueError:\n    pass\nif t == g:\n    return 1.0\nreturn 0.0", false)]
    [InlineData("# except Exception: return 1\nreturn f()", false)]
    public void A_rewarded_failure_is_found_in_the_block_that_catches(string body, bool found) => Assert.Equal(found, Sources("python", Python(body)).Contains("L14"));

    [Theory]
    [InlineData("try { return f(); } catch (Exception e) { Log(e); return 1; }", true)]
    [InlineData("try { return f(); } catch { return 0; } return 1;", false)]
    public void A_rewarded_failure_is_found_in_CSharp(string source, bool found) => Assert.Equal(found, Sources("csharp", source).Contains("L14"));

    [Fact]
    public async Task An_unknown_kind_of_row_that_passes_is_found()
    {
        Problem[] rows = [.. Enumerable.Range(0, 60).Select(i => new Problem($"q{i}") { Id = $"r{i}", Item = JsonElement.Parse($$"""{"kind": "{{(i == 31 ? "c" : i % 2 == 0 ? "a" : "b")}}", "reference": "w{{i}}"}"""), Reference = $"w{i}" })];
        LintReport open = await GraderLint.CheckAsync(Graded(kind => kind is not ("a" or "b" or "c")), rows);
        Assert.Equal(LintSeverity.Warning, Assert.Single(open.Findings, finding => finding.Id == "L15").Severity);

        // One row of 60 has a kind that is not handled, and the check looks at 20.
        LintReport rare = await GraderLint.CheckAsync(Graded(kind => kind is not ("a" or "b")), rows);
        Assert.Equal("r31", rare.Findings.First(finding => finding is { Id: "L15", Severity: LintSeverity.Error }).Row);

        Assert.DoesNotContain((await GraderLint.CheckAsync(Graded(_ => false), rows)).Findings, finding => finding.Id == "L15");
    }

    [Fact]
    public async Task Numbers_beyond_the_range_are_found()
    {
        LintReport report = await GraderLint.CheckAsync(new RawGrader(5), Words("Paris", "Rome", "Oslo"));
        Assert.Contains("the number 5", Assert.Single(report.Findings, finding => finding.Id == "B-range").Text, StringComparison.Ordinal);
        Assert.DoesNotContain((await GraderLint.CheckAsync(new RawGrader(1), Words("Paris", "Rome", "Oslo"))).Findings, finding => finding.Id == "B-range");
    }

    [Fact]
    public async Task Nesting_that_ends_a_recursive_reader_is_a_warning()
    {
        var grader = new DelegateGrader((problem, completion) =>
            completion.Text.StartsWith("[[[[", StringComparison.Ordinal) ? throw new InvalidOperationException("too deep") : completion.Text == problem.Reference ? 1 : 0);
        Assert.Equal(LintSeverity.Warning, Assert.Single((await GraderLint.CheckAsync(grader, Words("Paris", "Rome", "Oslo"))).Findings).Severity);
    }

    [Theory]
    [InlineData("P-exit", "sys.exit(0)")]
    [InlineData("P-equal", "__eq__")]
    [InlineData("P-marker", "PASSED")]
    [InlineData("P-tests", "unittest")]
    [InlineData("P-clock", "time.time = ")]
    [InlineData("P-kind", "\"age\":\"")]
    [InlineData("P-confusable", "\u0430")]
    public async Task Probes_of_code_of_kinds_and_of_look_alikes_are_asked(string id, string part)
    {
        var grader = new DelegateGrader((problem, completion) =>
            !completion.Text.Contains(part, StringComparison.Ordinal) ? completion.Text == problem.Reference ? 1 : 0
            : id is "P-kind" or "P-confusable" ? throw new InvalidOperationException("no") : 1);
        Problem[] rows = [.. Enumerable.Range(0, 4).Select(i => new Problem($"q{i}") { Id = $"r{i}", Reference = $$"""{"name":"Anna{{i}}","age":{{i}}}""" })];
        Assert.Contains((await GraderLint.CheckAsync(grader, rows)).Findings, finding => finding.Id == id && finding.Severity == LintSeverity.Error);
    }

    [Fact]
    public async Task A_grader_that_never_ends_in_time_is_not_asked_for_hours()
    {
        var grader = new NeverInTime();
        LintReport report = await GraderLint.CheckAsync(grader, Words("Paris", "Rome", "Oslo", "Bern", "Lima", "Quito", "Cairo", "Doha"));
        Assert.Equal(5, grader.Calls);
        Assert.Contains(report.Findings, finding => finding is { Id: "B-time", Severity: LintSeverity.Error });
        Assert.Contains(report.Findings, finding => finding is { Id: "L10", Severity: LintSeverity.Error });
    }

    [Fact]
    public async Task A_grader_that_raises_slowly_on_empty_answers_may_train()
    {
        var grader = new NeverInTime("Paris");
        LintReport report = await GraderLint.CheckQuicklyAsync(grader, Words("Paris"));
        Assert.Contains(report.Findings, finding => finding is { Id: "B-time", Severity: LintSeverity.Warning });
        Assert.False(report.HasErrors, report.ToString());
    }

    [Theory]
    [InlineData("sample: dict[str, int], item", "item['reference']", false)]
    [InlineData("sample: dict[str, list[dict[str, int]]] | None, item: dict", "item['reference']", false)]
    [InlineData("sample: typing.Mapping[str, int], row", "row['reference']", false)]
    [InlineData("sample: f(1, 2), item", "item['reference']", false)]
    [InlineData("sample: dict[str, int], item", "1", true)]
    [InlineData("sample: dict, item", "1", true)]
    [InlineData("sample, item", "1", true)]
    public void A_grader_that_ignores_the_row_is_known_whatever_its_annotations(string parameters, string value, bool ignores) =>
        Assert.Equal(ignores, SourceChecks.IgnoresItem(new Code("python", $"def grade({parameters}):\n    return {value}")));

    [Fact]
    public void A_grader_that_cannot_be_loaded_is_a_finding()
    {
        LintReport report = GraderLint.CannotLoad(Assert.Throws<DataException>(() => GraderJson.Parse(Multi("(a + b"))));
        Assert.True(report.HasErrors);
        Assert.Equal("L7", Assert.Single(report.Findings).Id);
        Assert.Contains("never closed", report.ToJson(), StringComparison.Ordinal);
    }

    private static HashSet<string> Sources(string type, string source) => [.. SourceChecks.Run(new Code(type, source)).Select(finding => finding.Id)];

    private static string Python(string body) =>
        "def grade(sample, item):\n    t, g = sample['output_text'], item['reference']\n    " + body.Replace("\n", "\n    ", StringComparison.Ordinal) + "\n";

    private static DelegateGrader Graded(Func<string, bool> passes) => new((problem, completion) =>
        passes(problem.Item.GetProperty("kind").GetString()!) || completion.Text == problem.Reference ? 1 : 0);

    private static string Multi(string formula) =>
        $$"""{"type": "multi", "name": "m", "graders": {"a": {{Eq}}, "b": {{Eq}}, "format": {{Eq}}, "precision": {{Eq}}, "recall": {{Eq}} }, "calculate_output": "{{formula}}"}""";

    private static Task<LintReport> Check(string grader, IReadOnlyList<Problem> rows) => GraderLint.CheckAsync(GraderJson.Parse(grader), rows);

    private static Problem[] Words(params string[] references) => [.. references.Select((reference, i) => new Problem($"question {i}") { Id = $"row{i}", Reference = reference })];

    private sealed class NeverInTime(string? quick = null) : IGrader
    {
        public int Calls { get; private set; }

        public async ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
        {
            Calls++;
            if (completion.Text == quick)
            {
                return new Grade(1);
            }

            await Task.Delay(1050, cancellationToken);
            return Grade.Failed("did not return");
        }
    }

    private sealed class RawGrader(double best) : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
            new(RawScore.ToGrade(completion.Text == problem.Reference ? best : 0));
    }

    /// <summary>A source that is looked at and never run.</summary>
    private sealed class Code(string type, string source) : IJsonGrader
    {
        public string Type => type;

        public string Name => "code";

        public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => [];

        public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

        public string? FindFault(Problem problem) => null;

        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void WriteTo(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("source", source);
            writer.WriteEndObject();
        }
    }
}
