using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class StructuredFieldJsonTests
{
    [Fact]
    public void Fields_are_inferred_where_none_are_declared()
    {
        Grade grade = GraderJson.Parse("""{"type": "structured_field", "name": "f"}""").GradeText("""{"city": " oslo", "tags": ["b", "a"]}""", """{"city": "Oslo", "tags": ["a", "b"]}""");
        Assert.Equal((1, 1, 1), (grade.Score, grade.Precision, grade.Recall));
        Assert.NotEmpty(grade.Fields);
    }

    [Fact]
    public void Declared_fields_come_back_from_export_and_grade_alike()
    {
        const string Json = """{"type": "structured_field", "name": "f", "input": "{{sample.output_json.answer}}", "reference": "{{item.gold}}", "beta": 0.5, "fields": {"total": {"type": "number", "tolerance": 0.01}}}""";
        IGrader grader = GraderJson.Parse(Json);
        IGrader again = GraderJson.Load(GraderJson.Save(grader));
        const string Row = """{"item": {"gold": {"total": 12.5}}, "sample": {"output_text": "{\"answer\": {\"total\": 12.505}}"}}""";
        Assert.Equal(1, grader.Grade(Row).Score);
        Assert.Equal(1, again.Grade(Row).Score);
        Assert.Equal(GradeStatus.Ungradable, grader.Grade("""{"item": {"gold": {"total": 12.5}}, "sample": {"output_text": "12.5"}}""").Status);
    }

    [Fact]
    public void A_row_whose_reference_is_no_object_is_found_before_grading_and_failed_after()
    {
        IGrader grader = GraderJson.Parse("""{"type": "structured_field", "name": "f"}""");
        Assert.NotNull(((IProblemRequirement)grader).FindFault(new Problem("?") { Reference = "plain text" }));
        Assert.Equal(GradeStatus.Failed, grader.GradeText("{}", "plain text").Status);
        Assert.Equal(GradeStatus.Failed, grader.Grade("""{"item": {}, "sample": {"output_text": "{}"}}""").Status);
    }

    [Theory]
    [InlineData("\"beta\": \"x\"", "beta")]
    [InlineData("\"feilds\": {}", "did you mean \"fields\"")]
    [InlineData("\"fields\": {\"a\": {\"type\": \"nmber\"}}", "nmber")]
    public void Faults_are_named_with_their_path(string keys, string part) =>
        Assert.Contains(part, Assert.Throws<DataException>(() => GraderJson.Parse($$"""{"type": "structured_field", "name": "f", {{keys}} }""")).Message, StringComparison.Ordinal);
}
