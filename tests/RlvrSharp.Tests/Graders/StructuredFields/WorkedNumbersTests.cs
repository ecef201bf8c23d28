using System.Globalization;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class WorkedNumbersTests
{
    private const string Profile = """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":"WA"}""";
    private const string Invoice = """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":2,"price":9.5},{"sku":"B","qty":1,"price":20}]}""";

    private const string TwentyLanguages =
        """["Python","C++","Rust","Go","Java","C","Ruby","Perl","Lua","Swift","Kotlin","Scala","Haskell","Erlang","Elixir","Julia","R","Dart","Zig","Nim"]""";

    public static TheoryData<string, string, string, string, string, string> Rows => new()
    {
        { "A identical", Profile, "1.000", "1.000", "1.000", "1.000" },
        { "B case and space", """{"university":" university  of washington ","programming_languages":["PYTHON","c++","rust "],"city":"SEATTLE","state":"wa"}""", "1.000", "1.000", "1.000", "1.000" },
        { "C permuted", """{"university":"University of Washington","programming_languages":["Rust","Python","C++"],"city":"Seattle","state":"WA"}""", "1.000", "1.000", "1.000", "1.000" },
        { "D one missing", """{"university":"University of Washington","programming_languages":["Python","C++"],"city":"Seattle","state":"WA"}""", "1.000", "0.917", "0.957", "0.982" },
        { "E one missing, one wrong", """{"university":"University of Washington","programming_languages":["Python","C++","Go"],"city":"Seattle","state":"WA"}""", "0.917", "0.917", "0.917", "0.917" },
        { "F state wrong", """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":"Washington"}""", "0.750", "0.750", "0.750", "0.750" },
        { "G state absent", """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle"}""", "1.000", "0.750", "0.857", "0.938" },
        { "G state null", """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":null}""", "1.000", "0.750", "0.857", "0.938" },
        { "I list as text", """{"university":"University of Washington","programming_languages":"Python, C++, Rust","city":"Seattle","state":"WA"}""", "0.750", "0.750", "0.750", "0.750" },
        { "J shotgun", $$"""{"university":"University of Washington","programming_languages":{{TwentyLanguages}},"city":"Seattle","state":"WA"}""", "0.414", "1.000", "0.585", "0.469" },
        { "K repeats", """{"university":"University of Washington","programming_languages":["Python","Python","Python"],"city":"Seattle","state":"WA"}""", "0.833", "0.833", "0.833", "0.833" },
        { "L junk keys", WithKeys(Profile, "\"x\""), "0.286", "1.000", "0.444", "0.333" },
        { "M only null keys", WithKeys("{}", "null"), "0.000", "0.000", "0.000", "0.000" },
        { "N all null", """{"university":null,"programming_languages":null,"city":null,"state":null}""", "0.000", "0.000", "0.000", "0.000" },
        { "O empty", "{}", "0.000", "0.000", "0.000", "0.000" },
        { "P typo", """{"university":"University of Washingtan","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":"WA"}""", "0.750", "0.750", "0.750", "0.750" },
        { "Q only state", """{"university":"MIT","programming_languages":["Cobol"],"city":"Boston","state":"WA"}""", "0.300", "0.250", "0.273", "0.288" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Profile_answers_score_as_worked_out_by_hand(string name, string answer, string precision, string recall, string f1, string fHalf)
    {
        Grade one = new StructuredFieldGrader().Grade(answer, Profile);
        Grade half = new StructuredFieldGrader(new StructuredFieldGraderOptions { Beta = 0.5 }).Grade(answer, Profile);

        Assert.Equal(GradeStatus.Graded, one.Status);
        Assert.Equal((name, precision, recall, f1, fHalf), (name, Three(one.Precision!.Value), Three(one.Recall!.Value), Three(one.Score), Three(half.Score)));
    }

    [Theory]
    [InlineData("items swapped", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"B","qty":1,"price":20},{"sku":"A","qty":2,"price":9.5}]}""", "1.000")]
    [InlineData("prices crossed", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":2,"price":20},{"sku":"B","qty":1,"price":9.5}]}""", "0.889")]
    [InlineData("one item missing", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":2,"price":9.5}]}""", "0.909")]
    [InlineData("first item five times", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":2,"price":9.5},{"sku":"A","qty":2,"price":9.5},{"sku":"A","qty":2,"price":9.5},{"sku":"A","qty":2,"price":9.5},{"sku":"A","qty":2,"price":9.5},{"sku":"B","qty":1,"price":20}]}""", "0.750")]
    [InlineData("quantities as text", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":"2","price":9.5},{"sku":"B","qty":"1","price":20}]}""", "0.889")]
    [InlineData("prices as text", """{"vendor":"Acme","date":"2024-01-05","items":[{"sku":"A","qty":2,"price":"9.50"},{"sku":"B","qty":1,"price":"20.00"}]}""", "0.889")]
    [InlineData("day and month swapped", """{"vendor":"Acme","date":"2024-05-01","items":[{"sku":"A","qty":2,"price":9.5},{"sku":"B","qty":1,"price":20}]}""", "0.667")]
    public void Invoice_answers_score_as_worked_out_by_hand(string name, string answer, string f1) =>
        Assert.Equal((name, f1), (name, Three(new StructuredFieldGrader().Grade(answer, Invoice).Score)));

    [Theory]
    [InlineData("""{"a":null,"b":"x"}""", """{"b":"x"}""", "1.000")]
    [InlineData("""{"a":null,"b":"x"}""", """{"a":null,"b":"x"}""", "1.000")]
    [InlineData("""{"a":null,"b":"x"}""", """{"a":"y","b":"x"}""", "0.667")]
    [InlineData("""{"a":null,"b":null}""", "{}", "1.000")]
    [InlineData("""{"a":null,"b":[]}""", """{"a":null,"b":[null]}""", "1.000")]
    [InlineData("""{"a":null,"b":[]}""", """{"a":"y"}""", "0.000")]
    [InlineData("{}", "{}", "1.000")]
    [InlineData("""{"a":false,"b":0}""", "{}", "0.000")]
    [InlineData("""{"a":null,"b":"x"}""", """{"a":["p","q"],"b":"x"}""", "0.500")]
    public void Missing_and_null_score_as_worked_out_by_hand(string reference, string answer, string f1) =>
        Assert.Equal(f1, Three(new StructuredFieldGrader().Grade(answer, reference).Score));

    // A nested field has the weight of its siblings, and so has what the answer puts beside them or where the reference has null.
    [Theory]
    [InlineData("""{"o":{"a":1,"b":2}}""", """{"o":{"a":1,"b":2,"junk":3}}""", 0.5, "0.667", "0.800")]
    [InlineData("""{"o":{"a":1,"b":null,"c":3}}""", """{"o":{"a":1,"b":2,"c":3}}""", 0.5, "0.667", "0.800")]
    [InlineData("""{"o":{"a":1,"b":null,"c":3}}""", """{"o":{"a":1,"b":{"x":1,"y":2},"c":3}}""", 0.5, "0.667", "0.800")]
    [InlineData("""{"o":{"a":1,"b":null,"c":3}}""", """{"o":{"a":1,"b":[7,8],"c":3}}""", 0.5, "0.500", "0.667")]
    [InlineData("""{"o":[{"a":1,"b":2},{"a":3,"b":4}]}""", """{"o":[{"a":1,"b":2},{"a":3,"b":4,"junk":5}]}""", 0.25, "0.800", "0.889")]
    [InlineData("""{"o":null,"p":1}""", """{"o":{"x":1,"y":2},"p":1}""", 1, "0.500", "0.667")]
    public void What_the_reference_lacks_weighs_what_a_field_in_its_place_would(string reference, string answer, double weight, string precision, string f1)
    {
        Grade grade = new StructuredFieldGrader().Grade(answer, reference);
        Assert.All(grade.Fields.Where(field => field.Expected is null), field => Assert.Equal(weight, field.Weight, 12));
        Assert.Equal((precision, "1.000", f1), (Three(grade.Precision!.Value), Three(grade.Recall!.Value), Three(grade.Score)));
    }

    [Fact]
    public void The_trace_says_what_was_compared_and_adds_up_to_the_score()
    {
        Grade grade = new StructuredFieldGrader().Grade(
            """{"university":"MIT","programming_languages":["Rust","Go"],"city":"seattle","motto":"go"}""", Profile);

        FieldGrade[] expected =
        [
            new("university", "University of Washington", "MIT", 0, 1),
            new("programming_languages[0]", "Python", null, 0, 1.0 / 3),
            new("programming_languages[1]", "C++", null, 0, 1.0 / 3),
            new("programming_languages[2]", "Rust", "Rust", 1, 1.0 / 3),
            new("programming_languages[1]", null, "Go", 0, 1.0 / 3),
            new("city", "Seattle", "seattle", 1, 1),
            new("state", "WA", null, 0, 1),
            new("motto", null, "go", 0, 1),
        ];
        Assert.Equal(expected, grade.Fields);
        Assert.Equal(((1.0 / 3) + 1) / (1 + (2.0 / 3) + 1 + 1), grade.Precision!.Value, 12);
        Assert.Equal(((1.0 / 3) + 1) / 4, grade.Recall!.Value, 12);
    }

    private static string WithKeys(string json, string value)
    {
        string keys = string.Join(",", Enumerable.Range(0, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"junk{i}\":{value}")));
        return json == "{}" ? "{" + keys + "}" : json[..^1] + "," + keys + "}";
    }

    private static string Three(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
