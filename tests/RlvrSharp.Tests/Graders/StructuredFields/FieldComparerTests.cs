using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class FieldComparerTests
{
    [Theory]
    [InlineData("\"Acme\"", "\"Acme\"", 1)]
    [InlineData("\"Acme\"", "\"acme\"", 0)]
    [InlineData("1", "1.0", 1)]
    [InlineData("\"é\"", "\"e\\u0301\"", 0)]
    public void Exact_counts_every_character(string expected, string actual, double score) => Check(FieldComparer.Exact(), expected, actual, score);

    [Theory]
    [InlineData("\"The Acme, Inc.\"", "\"acme inc\"", 1)]
    [InlineData("\"A  U.S.A.\"", "\"usa\"", 1)]
    [InlineData("\"Theatre\"", "\"atre\"", 0)]
    [InlineData("\"Acme\"", "17", 0)]
    public void Text_can_leave_punctuation_and_articles_out(string expected, string actual, double score) =>
        Check(FieldComparer.Text(ignorePunctuation: true, ignoreArticles: true), expected, actual, score);

    [Theory]
    [InlineData("\"ＡＢＣ①\"", "\"abc1\"", 1)]
    public void Text_can_use_the_compatibility_form(string expected, string actual, double score)
    {
        Check(FieldComparer.Text(compatibility: true), expected, actual, score);
        Check(FieldComparer.Text(), expected, actual, 0);
    }

    [Theory]
    [InlineData("12.50", "12.51", 1)]
    [InlineData("12.50", "12.49", 1)]
    [InlineData("12.50", "12.5100000001", 0)]
    [InlineData("0.3", "0.31", 1)]
    [InlineData("1e400", "1e400", 1)]
    [InlineData("1e400", "2e400", 0)]
    [InlineData("79228162514264337593543950335", "79228162514264337593543950334.999", 1)]
    [InlineData("12.5", "\"12.5\"", 0)]
    [InlineData("12.5", "true", 0)]
    [InlineData("12.5", "[12.5]", 0)]
    public void Number_has_an_absolute_tolerance(string expected, string actual, double score) => Check(FieldComparer.Number(tolerance: 0.01), expected, actual, score);

    [Theory]
    [InlineData("1000", "1010", 1)]
    [InlineData("1000", "989", 0)]
    [InlineData("-1000", "-1010", 1)]
    [InlineData("1000", "-1000", 0)]
    [InlineData("0", "0.0001", 0)]
    public void Number_has_a_relative_tolerance(string expected, string actual, double score) => Check(FieldComparer.Number(relative: 0.01), expected, actual, score);

    [Theory]
    [InlineData("12.5", "\" +12.50 \"", 1)]
    [InlineData("12.5", "\"12,5\"", 0)]
    [InlineData("12.5", "\"NaN\"", 0)]
    [InlineData("\"12.5\"", "12.5", 1)]
    [InlineData("12.5", "\"12.5 EUR\"", 0)]
    public void Number_can_accept_texts(string expected, string actual, double score) => Check(FieldComparer.Number(acceptText: true), expected, actual, score);

    [Theory]
    [InlineData("5", "5.0", 1)]
    [InlineData("5", "5.5", 0)]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567891", 0)]
    public void Integer_is_exact(string expected, string actual, double score) => Check(FieldComparer.Integer(), expected, actual, score);

    [Theory]
    [InlineData("\"00123\"", "\" 00123\"", 1)]
    [InlineData("\"00123\"", "123", 0)]
    [InlineData("\"INV-10023\"", "\"INV-10032\"", 0)]
    [InlineData("10023", "\"10023\"", 1)]
    [InlineData("\"ab\"", "\"AB\"", 0)]
    public void Id_counts_every_character(string expected, string actual, double score) => Check(FieldComparer.Id(), expected, actual, score);

    [Theory]
    [InlineData("\"WA\"", "\"washington\"", 1)]
    [InlineData("\"Washington\"", "\"wa \"", 1)]
    [InlineData("\"WA\"", "\"CA\"", 0)]
    [InlineData("\"WA\"", "\"Oregon\"", 0)]
    [InlineData("\"WA\"", "1", 0)]
    public void Enum_knows_aliases(string expected, string actual, double score) => Check(
        FieldComparer.Enum(new Dictionary<string, IReadOnlyList<string>> { ["WA"] = ["Washington"], ["CA"] = ["California"] }), expected, actual, score);

    [Theory]
    [InlineData("true", "true", 1)]
    [InlineData("true", "\"Yes\"", 1)]
    [InlineData("false", "\"no\"", 1)]
    [InlineData("true", "1", 0)]
    public void Boolean_can_accept_words(string expected, string actual, double score)
    {
        Check(FieldComparer.Boolean(acceptText: true), expected, actual, score);
        Check(FieldComparer.Boolean(), expected, actual, actual == expected ? 1 : 0);
    }

    [Theory]
    [InlineData("\"2024-01-05\"", "\"05.01.2024\"", 1)]
    [InlineData("\"2024-01-05\"", "\"Jan 5, 2024\"", 1)]
    [InlineData("\"2024-01-05\"", "\"2024-05-01\"", 0)]
    [InlineData("\"2024-01-05\"", "\"2024-1-5\"", 0)]
    [InlineData("\"2024-01-05\"", "\"1.5\"", 0)]
    [InlineData("\"2024-01-05\"", "20240105", 0)]
    public void Date_reads_declared_formats_only(string expected, string actual, double score) =>
        Check(FieldComparer.Date("yyyy-MM-dd", "dd.MM.yyyy", "MMM d, yyyy"), expected, actual, score);

    [Theory]
    [InlineData("\"2024-05-01\"", 1.0 / 3)]
    [InlineData("\"2024-01-06\"", 2.0 / 3)]
    [InlineData("\"2024-01-05\"", 1)]
    [InlineData("\"soon\"", 0)]
    public void Date_gives_thirds_if_asked(string actual, double score) => Check(FieldComparer.Date(partialCredit: true), "\"2024-01-05\"", actual, score);

    [Fact]
    public void A_date_without_a_year_does_not_read_the_clock()
    {
        FieldComparer comparer = FieldComparer.Date("MM-dd", "MMM d", "yyyy-MM-dd", "'y' dd/MM");
        Check(comparer, "\"02-29\"", "\" Feb 29 \"", 1);
        Check(comparer, "\"02-29\"", "\"y 29/02\"", 1);
        Check(comparer, "\"02-29\"", "\"02-28\"", 0);
        for (int year = 2020; year < 2040; year++)
        {
            Check(comparer, "\"02-28\"", FormattableString.Invariant($"\"{year}-02-28\""), 0);
        }
    }

    [Theory]
    [InlineData("\"2024-01-05T12:00:00+01:00\"", "\"2024-01-05T11:00:00Z\"", 1)]
    [InlineData("\"2024-01-05T12:00:00Z\"", "\"2024-01-05 12:00\"", 1)]
    [InlineData("\"2024-01-05T12:00:00Z\"", "\"2024-01-05T12:00:00.000\"", 1)]
    [InlineData("\"2024-01-05T12:00:00Z\"", "\"2024-01-05T12:00:30Z\"", 0)]
    public void DateTime_compares_instants(string expected, string actual, double score)
    {
        Check(FieldComparer.DateTime(), expected, actual, score);
        Check(FieldComparer.DateTime(TimeSpan.FromSeconds(30)), expected, actual, 1);
    }

    [Theory]
    [InlineData("\"PT1H30M\"", "\"1:30:00\"", 1)]
    [InlineData("\"PT1H30M\"", "\"1:30\"", 1)]
    [InlineData("\"PT1H30M\"", "\"1 h 30 min\"", 1)]
    [InlineData("\"PT1H30M\"", "\"1.5 hours\"", 1)]
    [InlineData("\"PT1H30M\"", "90", 1)]
    [InlineData("\"P1D\"", "\"24h\"", 1)]
    [InlineData("\"P1W\"", "\"7 days\"", 1)]
    [InlineData("\"PT1H30M\"", "\"90\"", 0)]
    [InlineData("\"PT1H30M\"", "\"1:75\"", 0)]
    [InlineData("\"PT1H30M\"", "\"PT1H30\"", 0)]
    [InlineData("\"PT1H30M\"", "\"soon\"", 0)]
    public void Duration_compares_lengths_of_time(string expected, string actual, double score) => Check(FieldComparer.Duration("minutes"), expected, actual, score);

    [Theory]
    [InlineData("\"$1,234.50\"", "\"1234.50 USD\"", 1)]
    [InlineData("\"$1,234.50\"", "\"USD 1234.5\"", 1)]
    [InlineData("\"$1,234.50\"", "1234.5", 0)]
    [InlineData("1234.5", "\"€1 234.50\"", 1)]
    [InlineData("\"$1,234.50\"", "\"€1,234.50\"", 0)]
    [InlineData("12", "\"1,2\"", 0)]
    [InlineData("-5", "\"($5.00)\"", 1)]
    [InlineData("-5", "\"-$5\"", 1)]
    [InlineData("-5", "\"$-5\"", 1)]
    [InlineData("5", "\"5 or 6\"", 0)]
    [InlineData("5", "\"five\"", 0)]
    public void Money_compares_amount_and_currency(string expected, string actual, double score) => Check(FieldComparer.Money(), expected, actual, score);

    [Theory]
    [InlineData("1234.5", "\"1.234,50 €\"", 1)]
    [InlineData("1234.5", "\"1,234.50\"", 0)]
    public void Money_can_have_a_decimal_comma(string expected, string actual, double score) => Check(FieldComparer.Money(decimalSeparator: ','), expected, actual, score);

    [Theory]
    [InlineData("\"https://Example.com/\"", "\"HTTPS://example.com:443\"", 1)]
    [InlineData("\"https://example.com/a?b=1\"", "\"example.com/a?b=1#top\"", 1)]
    [InlineData("\"https://example.com/a\"", "\"https://example.com/A\"", 0)]
    [InlineData("\"https://example.com/a\"", "\"http://example.com/a\"", 0)]
    [InlineData("\"https://example.com/a\"", "\"https://example.com/a b\"", 0)]
    [InlineData("\"https://example.com/%7Ea\"", "\"https://example.com/~a\"", 1)]
    public void Url_compares_addresses(string expected, string actual, double score) => Check(FieldComparer.Url(), expected, actual, score);

    [Fact]
    public void Url_can_ignore_scheme_and_www() =>
        Check(FieldComparer.Url(ignoreScheme: true, ignoreWww: true), "\"https://www.example.com\"", "\"http://example.com\"", 1);

    [Theory]
    [InlineData("\"+1 206 555 0100\"", "\"(206) 555-0100\"", 1)]
    [InlineData("\"+1 206 555 0100\"", "\"1-206-555-0100\"", 1)]
    [InlineData("\"+1 206 555 0100\"", "\"001 206 5550100\"", 1)]
    [InlineData("\"+1 206 555 0100\"", "\"206.555.0101\"", 0)]
    [InlineData("\"206 555 0100 ext. 12\"", "\"2065550100x12\"", 1)]
    [InlineData("\"206 555 0100 ext. 12\"", "\"2065550100\"", 0)]
    [InlineData("\"+1 206 555 0100\"", "\"call me\"", 0)]
    public void Phone_compares_numbers(string expected, string actual, double score) => Check(FieldComparer.Phone("+1"), expected, actual, score);

    [Theory]
    [InlineData("\"INV-0017\"", "\"0017\"", 1)]
    [InlineData("\"INV-0017\"", "\"INV0017\"", 1)]
    [InlineData("\"INV-0017\"", "\"INV-0018\"", 0)]
    [InlineData("\"INV-0017\"", "\"see INV-0017\"", 0)]
    public void Regex_compares_what_its_groups_catch(string expected, string actual, double score) =>
        Check(FieldComparer.Regex(@"(?:INV-?)?(\d+)"), expected, actual, score);

    [Theory]
    [InlineData("\"colou?r\"", "\"color\"", 1)]
    [InlineData("\"colou?r\"", "\"colors\"", 0)]
    [InlineData("\"colou?r\"", "\"colou?r\"", 0)]
    public void The_reference_can_be_a_pattern(string expected, string actual, double score) => Check(FieldComparer.ReferenceRegex(), expected, actual, score);

    [Theory]
    [InlineData("\"kitten\"", "\"kitten\"", 1)]
    [InlineData("\"abcdefghij\"", "\"abcdefghix\"", 0.5)]
    [InlineData("\"abcdefghij\"", "\"abcdefghxy\"", 0)]
    [InlineData("\"abcdefghij\"", "\"zzzzzzzzzz\"", 0)]
    [InlineData("\"\\ud83d\\ude00bcdefghij\"", "\"\\ud83d\\ude01bcdefghij\"", 0.5)]
    public void Similarity_is_a_ramp_above_its_threshold_in_characters(string expected, string actual, double score) =>
        Check(FieldComparer.Similarity(0.8), expected, actual, score);

    [Theory]
    [InlineData("[\"NYC\",\"New York\"]", "\"new york\"", 1)]
    [InlineData("[\"NYC\",\"New York\"]", "\"Boston\"", 0)]
    [InlineData("[\"NYC\",\"New York\"]", "[\"NYC\"]", 0)]
    [InlineData("[\"NYC\",\"New York\"]", "[\"NYC\",\"New York\"]", 0)]
    [InlineData("\"NYC\"", "\"NYC\"", 1)]
    public void OneOf_takes_any_accepted_value(string expected, string actual, double score) => Check(FieldComparer.OneOf(), expected, actual, score);

    [Fact]
    public void Custom_is_asked_with_both_texts() =>
        Check(FieldComparer.Custom("first letter", (expected, actual) => expected[0] == actual[0] ? 0.25 : 0), "\"abc\"", "\"axx\"", 0.25);

    [Fact]
    public void Custom_that_leaves_the_range_is_an_error_and_not_a_score()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", FieldComparer.Custom("double", (_, _) => 2)));
        var error = Assert.Throws<InvalidOperationException>(() => grader.Grade("""{"a":"y"}""", """{"a":"x"}"""));
        Assert.Contains("'double' returned 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Free_text_is_asked_once_per_pair_and_only_if_texts_differ()
    {
        var asked = new List<string>();
        var options = new StructuredFieldGraderOptions().Field("a", FieldComparer.FreeText("judge", (expected, actual, _) =>
        {
            asked.Add(expected + "/" + actual);
            return ValueTask.FromResult(expected[0] == actual[0] ? 0.5 : 0.0);
        }));
        var grader = new StructuredFieldGrader(options);
        var problem = new Problem("?") { Reference = """{"a":["x1","y1","z"]}""" };

        Grade grade = await grader.GradeAsync(problem, Completion.FromText("""{"a":["z","y2","x2"]}"""));

        Assert.Equal(2.0 / 3, grade.Score, 12);
        Assert.Equal(asked.Distinct(), asked);
        Assert.DoesNotContain("z/z", asked);
        _ = Assert.Throws<InvalidOperationException>(() => grader.Grade("{}", """{"a":"x"}"""));
    }

    public static TheoryData<FieldComparer, string, string> Unusable => new()
    {
        { FieldComparer.Number(), "\"many\"", "wants a number" },
        { FieldComparer.Number(), "\"12\"", "acceptText" },
        { FieldComparer.Integer(), "1.5", "wants a whole number" },
        { FieldComparer.Enum("a", "b"), "\"c\"", "one of 'a', 'b'" },
        { FieldComparer.Date(), "\"5 Jan\"", "yyyy-MM-dd" },
        { FieldComparer.Boolean(), "\"yes\"", "true or false" },
        { FieldComparer.Text(), "{\"b\":1}", "is an object" },
        { FieldComparer.Money(), "\"cheap\"", "an amount" },
        { FieldComparer.ReferenceRegex(), "\"(\"", "no usable regular expression" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void A_reference_the_comparer_cannot_use_is_an_error_in_the_data(FieldComparer comparer, string expected, string why)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a.f", comparer));
        string? fault = grader.FindFault(new Problem("?") { Id = "rows:3", Reference = $$"""{"a":{"f":{{expected}} } }""" });

        Assert.Contains("rows:3", fault, StringComparison.Ordinal);
        Assert.Contains("'a.f'", fault, StringComparison.Ordinal);
        Assert.Contains(why, fault, StringComparison.Ordinal);
    }

    private static void Check(FieldComparer comparer, string expected, string actual, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", comparer));
        Grade grade = grader.Grade($$"""{"a":{{actual}}}""", $$"""{"a":{{expected}}}""");
        Assert.Equal(GradeStatus.Graded, grade.Status);
        Assert.Equal(score, grade.Fields[0].Matched, 12);
    }
}
