using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class GraderJsonTests
{
    private const string Check = """{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    [Fact]
    public void All_problems_are_reported_at_once_with_path_value_rule_and_nearest_key()
    {
        DataException error = Assert.Throws<DataException>(() => GraderJson.Parse("""
            {"type": "multi", "name": "m", "calculate_output": "a + q",
             "graders": {
               "a": {"type": "string_check", "name": "a", "operation": "contains", "inpt": "{{sample.output_text}}", "reference": "{{itm.x}}"},
               "b": {"type": "string_chek", "name": "b"},
               "c d": 5}}
            """));
        foreach (string part in (string[])["$.graders.a.operation: is \"contains\"", "$.graders.a.input: is missing", "$.graders.a.inpt: is no key", "did you mean \"input\"",
            "$.graders.a.reference", "namespaces item and sample", "$.graders.b.type", "did you mean \"string_check\"", "$.graders.c d", "no grader \"q\""])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "b", "operation": "ne"}""", "$.operation: stands twice, now as \"ne\"")]
    [InlineData("""{"type": "multi", "name": "m", "graders": {}, "calculate_output": "a"}""", "$.graders: is empty: a multi grader needs at least one grader.")]
    public void A_fault_is_told_once_and_nothing_else(string json, string part) =>
        Assert.EndsWith(part, Assert.Throws<DataException>(() => GraderJson.Parse(json)).Message.Replace(": remove one of them.", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);

    [Theory]
    [InlineData(20, null)]
    [InlineData(40, "nests more than 30 graders deep")]
    [InlineData(5000, "is not JSON")]
    public void Graders_nest_but_not_without_end(int levels, string? fault)
    {
        string json = Check;
        string open = string.Concat(Enumerable.Repeat("""{"type": "multi", "graders": {"x": """, levels));
        json = open + json + string.Concat(Enumerable.Repeat("""}, "calculate_output": "x"}""", levels));
        if (fault is null)
        {
            IGrader grader = GraderJson.Load(GraderJson.Save(GraderJson.Parse(json)));
            Assert.Equal(1, grader.GradeText("a", "a").Score);
        }
        else
        {
            Assert.Contains(fault, Assert.Throws<DataException>(() => GraderJson.Parse(json)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"type\": 5}")]
    [InlineData("{\"type\": \"multi\", \"name\": \"m\", \"graders\": {}, \"calculate_output\": \"1\"}")]
    [InlineData("{\"type\": \"multi\", \"name\": \"m\", \"graders\": 3, \"calculate_output\": \"1\"}")]
    [InlineData("{\"type\": \"string_check\"}")]
    [InlineData("not json")]
    public void What_is_no_grader_is_refused(string json) => Assert.Throws<DataException>(() => GraderJson.Parse(json));

    [Theory]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "neq", "input": "a", "reference": "b"}""", "neq")]
    [InlineData("""{"type": "string_check", "operation": "eq", "input": "a", "reference": "a"}""", "name")]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a", "pass_threshold": 0.5}""", "no effect")]
    [InlineData("""{"type": "multi", "name": "m", "graders": {"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a"}, "calculate_output": "c"}""", "published schema")]
    [InlineData("""{"type": "multi", "name": "m", "graders": [{"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a"}], "calculate_output": "c"}""", "published example")]
    [InlineData("""{"grader": {"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a"}}""", "around the grader")]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "like", "input": "{{item.a}}", "reference": "{{sample.output_text}}"}""", "empty answer")]
    public void Known_quirks_are_accepted_with_a_warning_that_names_them(string json, string warning)
    {
        var context = new GraderJsonContext();
        IGrader grader = GraderJson.Parse(json, context);
        Assert.Contains(context.Warnings, note => note.ToString().Contains(warning, StringComparison.Ordinal));
        Assert.Equal(1, grader.Grade("""{"item": {"a": "x"}, "sample": {"output_text": ""}}""").Score);
    }

    [Fact]
    public void A_plain_grader_has_no_warning()
    {
        var context = new GraderJsonContext();
        GraderJson.Parse(Check, context);
        Assert.Empty(context.Warnings);
    }

    [Fact]
    public void Multi_graders_nest_and_export_to_the_same_grader()
    {
        string json = $$"""{"type": "multi", "name": "m", "graders": {"outer": {{Check}}, "inner": {"type": "multi", "name": "n", "graders": {"x": {{Check}} }, "calculate_output": "x / 2"} }, "calculate_output": "gate(outer, inner)"}""";
        IGrader grader = GraderJson.Parse(json);
        JsonElement saved = GraderJson.Save(grader);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(json), saved), saved.GetRawText());
        Assert.Equal(0.5, GraderJson.Load(saved).GradeText("a", "a").Score);
        Assert.Equal(0, GraderJson.Load(saved).GradeText("b", "a").Score);
    }

    [Fact]
    public void A_value_beyond_the_score_s_range_is_cut_and_kept_as_raw_score()
    {
        Grade grade = GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"c": {{Check}} }, "calculate_output": "3 * c - 1"}""").GradeText("a", "a");
        Assert.Equal(1, grade.Score);
        Assert.Equal(2, grade.Metrics![RawScore.MetricName]);
        Assert.Equal(2, RawScore.Of(grade));
        Assert.Contains("cut", grade.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_without_a_score_leaves_the_whole_without_one()
    {
        GraderJsonContext context = new GraderJsonContext().Add("boom", reader => new Boom());
        IGrader grader = GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"c": {{Check}}, "b": {"type": "boom", "name": "b"} }, "calculate_output": "c"}""", context);
        Grade grade = grader.GradeText("a", "a");
        Assert.Equal(GradeStatus.Failed, grade.Status);
        Assert.IsType<InvalidTimeZoneException>(grade.Error);
        Assert.Contains("b:", grade.Reason, StringComparison.Ordinal);
        Assert.Contains(context.Warnings, warning => warning.Text.Contains("measured and never rewarded", StringComparison.Ordinal));
    }

    [Fact]
    public void A_division_by_zero_is_a_failed_grade_that_says_so()
    {
        Grade grade = GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"c": {{Check}} }, "calculate_output": "1 / c"}""").GradeText("b", "a");
        Assert.Equal(GradeStatus.Failed, grade.Status);
        Assert.Contains("division by 0", grade.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.5", "uses no grader")]
    [InlineData("1 / c", "can be 0")]
    [InlineData("log(c)", "0 or less")]
    [InlineData("sqrt(c - 1)", "negative")]
    [InlineData("c * 2", "between 0 and 2")]
    [InlineData("0 - c", "never be above 0")]
    [InlineData("if(c > 2, 1, c)", "never true")]
    [InlineData("gate(c + 1, c)", "always true")]
    public void What_a_formula_cannot_reach_or_must_not_is_noted_when_loading(string formula, string note)
    {
        var context = new GraderJsonContext();
        GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"c": {{Check}} }, "calculate_output": "{{formula}}"}""", context);
        Assert.Contains(context.Warnings, warning => warning.Text.Contains(note, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2 * a * b / max(a + b, 1e-9)")]
    [InlineData("a * b + (1 - a) * b")]
    [InlineData("min(a, b) + max(0, b - a) * 0")]
    public void What_stays_a_score_is_not_said_to_leave_it(string formula)
    {
        var context = new GraderJsonContext();
        GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"a": {{Check}}, "b": {{Check}} }, "calculate_output": "{{formula}}"}""", context);
        Assert.Empty(context.Warnings);
    }

    [Fact]
    public void Rows_that_lack_what_the_templates_read_are_found_before_grading()
    {
        var requirement = (IProblemRequirement)GraderJson.Parse($$"""{"type": "multi", "name": "m", "graders": {"c": {{Check}} }, "calculate_output": "c"}""");
        Assert.Contains("item.reference", requirement.FindFault(new Problem("?")), StringComparison.Ordinal);
        Assert.Null(requirement.FindFault(new Problem("?") { Reference = "x" }));
    }

    [Theory]
    [InlineData("\u03A3\u038A\u03A3\u03A5\u03A6\u039F\u03A3", "\u03C3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C2", 1)]
    [InlineData("\u0130stanbul", "istanbul", 0)]
    [InlineData("STRASSE", "stra\u00DFe", 0)]
    [InlineData("ISTANBUL", "istanbul", 1)]
    [InlineData("\u0391\u03A3.", "\u03B1\u03C2.", 1)]
    [InlineData("\u0391\u03A3\u0391", "\u03B1\u03C3\u03B1", 1)]
    [InlineData("\u2168\u03A3", "\u2178\u03C2", 1)]
    [InlineData("\u00AA\u03A3", "\u00AA\u03C2", 1)]
    [InlineData("\u24B6\u03A3", "\u24D0\u03C2", 1)]
    [InlineData("A\uFF07\u03A3", "a\uFF07\u03C2", 1)]
    [InlineData("\uD801\uDC00\u03A3", "\uD801\uDC28\u03C2", 1)]
    [InlineData("A\u03A3\uD801\uDC00", "a\u03C3\uD801\uDC28", 1)]
    [InlineData("1\u03A3", "1\u03C3", 1)]
    public void Ilike_lower_cases_by_unicode_s_full_rules(string text, string reference, double expected) =>
        Assert.Equal(expected, new StringCheckGrader(StringCheckOperation.LikeIgnoringCase, GraderTemplate.Parse("{{sample.output_text}}"), GraderTemplate.Parse("{{item.reference}}")).GradeText(text, reference).Score);

    [Theory]
    [InlineData("""{"item": {}, "sample": "plain"}""", "plain")]
    [InlineData("""{"item": {}, "model_sample": "plain"}""", "plain")]
    [InlineData("""{"item": {}, "sample": {"output_text": null}}""", "")]
    [InlineData("""{"item": {}, "sample": {"output_json": {"a": [1.0, "é"]}}}""", "{\"a\":[1.0,\"é\"]}")]
    [InlineData("""{"item": {}, "sample": {"output_tools": []}}""", "")]
    [InlineData("""{"item": {}, "sample": {"choices": [{"message": {"content": "said"}}]}}""", "said")]
    [InlineData("""{"item": {}, "sample": {"choices": [{"message": {"content": null, "tool_calls": []}}]}}""", "")]
    public void The_answer_s_text_is_found_where_a_sample_has_it(string row, string text) => Assert.Equal(text, GraderInput.Parse(row, "r").Completion.Text);

    [Theory]
    [InlineData("5")]
    [InlineData("{\"item\": {}}")]
    [InlineData("{\"item\": [], \"sample\": {\"output_text\": \"\"}}")]
    [InlineData("{\"item\": {}, \"sample\": {}}")]
    [InlineData("{\"item\": {}, \"sample\": {\"output_text\": 3}}")]
    [InlineData("{\"item\"")]
    public void A_row_that_cannot_be_graded_is_refused_by_name(string line) =>
        Assert.StartsWith("rows.jsonl:3", Assert.Throws<DataException>(() => GraderInput.Parse(line, "rows.jsonl:3")).Message, StringComparison.Ordinal);

    private sealed class Boom : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) => throw new InvalidTimeZoneException("no");
    }
}
