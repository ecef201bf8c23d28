using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class GraderLanguageTests
{
    private const string Json = """
        {"type":"structured_field","name":"invoice","input":"{{sample.output_text}}","reference":"{{item.reference}}","beta":0.5,"ignored":["thoughts"],
         "fields":{"vendor":"text","total":{"type":"number","tolerance":0.01,"weight":2},"date":{"type":"date","formats":["yyyy-MM-dd","dd.MM.yyyy"]}}}
        """;

    [Fact]
    public async Task Declared_fields_hold_in_the_grader_language()
    {
        IGrader grader = GraderJson.Parse(Json);
        var problem = new Problem("?") { Id = "a:1", Reference = """{"vendor":"Acme","total":12.5,"date":"2024-01-05","note":"not graded"}""" };

        Grade right = await grader.GradeAsync(problem, Completion.FromText("""{"thoughts":"…","vendor":"ACME","total":12.51,"date":"05.01.2024"}"""));
        Grade half = await grader.GradeAsync(problem, Completion.FromText("""{"vendor":"ACME","total":12.52}"""));

        Assert.Equal(1, right.Score);
        Assert.Equal(1.25 * 1 / (3 + (0.25 * 4)), half.Score, 12);
        Assert.Equal([1.0, 2.0, 1.0], half.Fields.Select(field => field.Weight));
        string saved = GraderJson.Save(grader).GetRawText();
        Assert.Equal(saved, GraderJson.Save(GraderJson.Parse(saved)).GetRawText());
        Assert.Contains("dd.MM.yyyy", saved, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"feilds\":{}", "fields")]
    [InlineData("\"fields\":{\"a\":\"nummer\"}", "number")]
    [InlineData("\"fields\":{\"a\":{\"type\":\"date\",\"format\":\"x\"}}", "formats")]
    [InlineData("\"fields\":{\"a..b\":\"text\"}", "a..b")]
    public void A_faulty_declaration_is_named(string member, string named)
    {
        var error = Assert.Throws<DataException>(() => GraderJson.Parse("{\"type\":\"structured_field\",\"name\":\"n\"," + member + "}"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
