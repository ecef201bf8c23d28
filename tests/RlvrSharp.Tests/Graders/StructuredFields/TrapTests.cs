using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class TrapTests
{
    private static readonly StructuredFieldGrader Grader = new();

    [Theory]
    [InlineData("", "ends")]
    [InlineData("   ", "ends")]
    [InlineData("Thought process:", "'T'")]
    [InlineData("{", "ends")]
    [InlineData("{\"a\":1", "ends")]
    [InlineData("{\"a\":1,}", "not expected")]
    [InlineData("{\"a\":1}{\"a\":1}", "more text follows")]
    [InlineData("{\"a\":1} done", "more text follows")]
    [InlineData("{a:1}", "not expected")]
    [InlineData("{'a':1}", "not expected")]
    [InlineData("[1]", "a list")]
    [InlineData("null", "null")]
    [InlineData("1", "the number 1")]
    [InlineData("\"{\\\"a\\\":1}\"", "the text")]
    [InlineData("{\"a\":1,\"a\":2}", "a key twice")]
    [InlineData("{\"a\":1,\"\\u0061\":1}", "a key twice")]
    [InlineData("{\"a\":{\"b\":1,\"b\":1}}", "a key twice")]
    [InlineData("{\"a\":\"\\ud800\"}", "half a surrogate pair")]
    [InlineData("{\"a\":\"\\udc00\"}", "half a surrogate pair")]
    [InlineData("{\"a\":\"\\ud800x\"}", "half a surrogate pair")]
    [InlineData("{\"a\":\"\\x\"}", "escape")]
    [InlineData("{\"a\":\"\\u12g4\"}", "escape")]
    [InlineData("{\"a\":\"\n\"}", "control character")]
    [InlineData("{\"a\":NaN}", "'N'")]
    [InlineData("{\"a\":Infinity}", "'I'")]
    [InlineData("{\"a\":-}", "number")]
    [InlineData("{\"a\":01}", "number")]
    [InlineData("{\"a\":1.}", "number")]
    [InlineData("{\"a\":1e}", "number")]
    [InlineData("{\"a\":+1}", "'+'")]
    [InlineData("{\"a\":tru}", "'t'")]
    [InlineData("```json\n{\"a\":1}\n```", "'`'")]
    public void What_is_not_one_JSON_object_is_ungradable_and_says_why(string answer, string why)
    {
        Grade grade = Grader.Grade(answer, """{"a":1}""");

        Assert.Equal(GradeStatus.Ungradable, grade.Status);
        Assert.Equal(0, grade.Score);
        Assert.Contains(why, grade.Reason, StringComparison.Ordinal);
        Assert.Equal([new FieldGrade("a", "1", null, 0, 1)], grade.Fields);
    }

    [Fact]
    public void Raw_half_surrogates_are_ungradable()
    {
        foreach (string text in new[] { "\uD800", "\uDC00", "x\uD83D", "\uDE00\uD83D" })
        {
            Assert.Equal(GradeStatus.Ungradable, Grader.Grade("{\"a\":\"" + text + "\"}", """{"a":1}""").Status);
        }

        Assert.Equal(1, Grader.Grade("{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\U0001F600\"}").Score);
    }

    [Fact]
    public void A_hundred_thousand_levels_are_ungradable_and_not_a_stack_overflow()
    {
        const int Levels = 100_000;
        foreach (string deep in new[]
        {
            "{\"a\":" + new string('[', Levels) + new string(']', Levels) + "}",
            string.Concat(Enumerable.Repeat("{\"a\":", Levels)),
        })
        {
            Grade grade = Grader.Grade(deep, """{"a":1}""");
            Assert.Equal(GradeStatus.Ungradable, grade.Status);
            Assert.Contains("nested deeper than 64", grade.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_fifty_megabyte_text_is_ungradable_and_a_long_one_merely_wrong_if_allowed()
    {
        string answer = "{\"a\":\"" + new string('x', 50_000_000) + "\"}";
        Grade grade = Grader.Grade(answer, """{"a":"x"}""");
        Assert.Equal(GradeStatus.Ungradable, grade.Status);
        Assert.Contains("longer than 1048576 bytes", grade.Reason, StringComparison.Ordinal);

        string shorter = "{\"a\":\"" + new string('x', 2_000_000) + "\"}";
        Grade allowed = new StructuredFieldGrader(new StructuredFieldGraderOptions { MaxBytes = 1 << 30 }).Grade(shorter, """{"a":"x"}""");
        Assert.Equal((GradeStatus.Graded, 0.0), (allowed.Status, allowed.Score));
        Assert.True(allowed.Fields[0].Actual!.Length < 5000);
    }

    [Fact]
    public void The_byte_limit_counts_bytes_of_UTF8()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions { MaxBytes = 30 });
        Assert.Equal(GradeStatus.Graded, grader.Grade("{\"a\":\"" + new string('x', 22) + "\"}", """{"a":"x"}""").Status);
        Assert.Equal(GradeStatus.Ungradable, grader.Grade("{\"a\":\"" + new string('ü', 12) + "\"}", """{"a":"x"}""").Status);
    }

    [Theory]
    [InlineData("9007199254740993", "9007199254740992", 0)]
    [InlineData("9007199254740993", "9007199254740993", 1)]
    [InlineData("1", "1.0", 1)]
    [InlineData("1", "10e-1", 1)]
    [InlineData("0", "-0.0", 1)]
    [InlineData("100", "1E+2", 1)]
    [InlineData("1e400", "1e400", 1)]
    [InlineData("1e400", "1e401", 0)]
    [InlineData("1e400", "10e399", 1)]
    [InlineData("1e-400", "0", 0)]
    [InlineData("0.1", "0.10000000000000000001", 0)]
    [InlineData("1", "1e99999999999999999999", 0)]
    [InlineData("1", "true", 0)]
    [InlineData("0", "false", 0)]
    [InlineData("1", "\"1\"", 0)]
    public void Numbers_are_compared_by_value_to_the_last_digit(string expected, string actual, double score) =>
        Assert.Equal(score, Grader.Grade($$"""{"a":{{actual}}}""", $$"""{"a":{{expected}}}""").Score);

    [Theory]
    [InlineData("a\\u0000b", "ab", 0)]
    [InlineData("a\\u200db", "ab", 0)]
    [InlineData("a\\u200bb", "ab", 0)]
    [InlineData("\\u0430", "a", 0)]
    [InlineData("e\\u0301", "é", 1)]
    [InlineData("Straße", "STRASSE", 1)]
    [InlineData("\\u00a0a\\u2003 b\\n", "A B", 1)]
    [InlineData("I", "i", 1)]
    [InlineData("İ", "i", 0)]
    [InlineData("ı", "i", 0)]
    [InlineData("ΟΔΟΣ", "οδος", 1)]
    [InlineData("ﬁ", "FI", 1)]
    [InlineData("", " ", 1)]
    public void Texts_are_compared_ordinally_after_normalising(string actual, string expected, double score) =>
        Assert.Equal(score, Grader.Grade($$"""{"a":"{{actual}}"}""", $$"""{"a":"{{expected}}"}""").Score);

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    [InlineData("th-TH")]
    [InlineData("fa-IR")]
    public void No_culture_changes_a_grade(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            var options = new StructuredFieldGraderOptions()
                .Field("title").Field("total", FieldComparer.Number(tolerance: 0.01)).Field("day", FieldComparer.Date("dd.MM.yyyy", "MMMM d, yyyy", "d/M/yy"));
            var grader = new StructuredFieldGrader(options);
            const string Reference = """{"title":"INVOICE I","total":1.5,"day":"05.01.2024"}""";

            Assert.Equal(1, grader.Grade("""{"title":"invoice i","total":1.51,"day":"January 5, 2024"}""", Reference).Score);
            Assert.Equal(1, grader.Grade("""{"title":"invoice i","total":1.50,"day":"5/1/24"}""", Reference).Score);
            Assert.Equal(2.0 / 3, grader.Grade("""{"title":"invoice i","total":15,"day":"05.01.2024"}""", Reference).Score, 12);
            Assert.Equal(1, grader.Grade("""{"title":"invoice i","total":-1e0,"day":"05.01.2024"}""", Reference).Fields[0].Matched);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Ten_thousand_elements_are_matched_quickly_and_exactly()
    {
        int[] numbers = [.. Enumerable.Range(0, 10_000)];
        string reference = JsonSerializer.Serialize(new { list = numbers });
        string reversed = JsonSerializer.Serialize(new { list = numbers.Reverse() });
        string off = JsonSerializer.Serialize(new { list = numbers.Select(n => n < 1000 ? n + 100_000 : n) });

        Assert.Equal(1, Grader.Grade(reversed, reference).Score);
        Assert.Equal(0.9, Grader.Grade(off, reference).Score, 9);
    }

    [Fact]
    public void Ten_thousand_objects_are_paired_without_hanging()
    {
        var items = Enumerable.Range(0, 10_000).Select(n => new { id = n, name = "n" + n.ToString(CultureInfo.InvariantCulture) }).ToArray();
        string reference = JsonSerializer.Serialize(new { items });
        string same = JsonSerializer.Serialize(new { items = items.Reverse() });
        string oneOff = JsonSerializer.Serialize(new { items = items.Select(item => item.id == 77 ? new { id = 77, name = "?" } : item) });
        string allOff = JsonSerializer.Serialize(new { items = items.Select(item => new { item.id, name = "?" }) });

        Assert.Equal(1, Grader.Grade(same, reference).Score);
        Assert.Equal(1 - (0.5 / 10_000), Grader.Grade(oneOff, reference).Score, 9);
        Grade cut = Grader.Grade(allOff, reference);
        Assert.Equal(0.5 * 256 / 10_000, cut.Score, 9);
        Assert.Contains("'items' is too long", cut.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_keys_are_read_quickly()
    {
        string keys = string.Join(",", Enumerable.Range(0, 50_000).Select(n => $"\"k{n.ToString(CultureInfo.InvariantCulture)}\":0"));
        Assert.Equal(GradeStatus.Graded, Grader.Grade("{" + keys + "}", """{"a":1}""").Status);
        Assert.Equal(GradeStatus.Ungradable, Grader.Grade("{" + keys + ",\"k40000\":1}", """{"a":1}""").Status);
    }

    [Fact]
    public void Lists_of_lists_of_objects_cannot_eat_the_machine()
    {
        string inner = string.Join(",", Enumerable.Repeat("""{"a":1,"b":2}""", 120));
        string outer = string.Join(",", Enumerable.Repeat($$"""{"rows":[{{inner}}],"x":1}""", 120));
        string answer = $$"""{"tables":[{{outer.Replace("\"b\":2", "\"b\":3", StringComparison.Ordinal)}}]}""";

        Grade grade = Grader.Grade(answer, $$"""{"tables":[{{outer}}]}""");

        // All pairs of all pairs would be 400 million comparisons.
        Assert.InRange(grade.Score, 0.3, 0.9);
        Assert.Contains("too long to try all pairs", grade.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("not json", "not usable JSON")]
    [InlineData("[1]", "a list")]
    [InlineData("""{"a":1,"a":1}""", "a key twice")]
    public async Task A_row_without_a_usable_reference_is_an_error_in_the_data(string? reference, string why)
    {
        var problem = new Problem("?") { Id = "train.jsonl:7", Reference = reference };

        DataException error = Assert.Throws<DataException>(() => Grader.CheckReference(problem));
        Assert.Contains("train.jsonl:7", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        _ = await Assert.ThrowsAsync<DataException>(async () => await Grader.GradeAsync(problem, Completion.FromText("{}")));
    }
}
