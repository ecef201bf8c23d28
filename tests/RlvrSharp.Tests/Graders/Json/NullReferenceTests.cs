using RlvrSharp.Data;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

/// <summary>A row whose reference is null has nothing that an answer could be right with.</summary>
public class NullReferenceTests
{
    public static TheoryData<string> Graders =>
    [
        """{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""",
        """{"type": "string_check", "name": "c", "operation": "ilike", "input": "{{item.reference}}", "reference": "{{ sample.output_text }}"}""",
        """{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_json}}", "reference": "{{item.reference}}"}""",
        """{"type": "text_similarity", "name": "c", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""",
        """{"type": "structured_field", "name": "c", "reference": "{{item.reference}}"}""",
        """
        {"type": "multi", "name": "m", "calculate_output": "c", "graders": {
          "c": {"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}}}
        """,
    ];

    [Theory]
    [MemberData(nameof(Graders))]
    public void It_is_a_fault_of_the_row_before_training_and_never_a_score(string json)
    {
        IGrader grader = GraderJson.Parse(json);
        DataException error = Assert.Throws<DataException>(() => ProblemFile.Parse(
            """
            {"messages":[{"role":"user","content":"a"}],"reference":"{}"}
            {"messages":[{"role":"user","content":"b"}],"reference":null}
            """,
            "rows.jsonl",
            (IProblemRequirement)grader));
        Assert.StartsWith("rows.jsonl:2: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("rows.jsonl:1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("null", error.Message, StringComparison.Ordinal);

        GraderInput row = GraderInput.Parse("""{"item": {"reference": null}, "sample": {"output_text": "null"}}""", "row");
        Assert.Equal(GradeStatus.Failed, grader.Grade(row).Status);
    }

    [Theory]
    [InlineData("{{sample.output_json.state}}", "{{item.state}}", 1)]
    [InlineData("{{sample.output_text}}", "{\"state\": {{item.state}}}", 1)]
    [InlineData("{{item.state}}", "null", 1)]
    public void Null_is_a_value_where_an_answer_can_give_it(string input, string reference, double score)
    {
        var grader = new StringCheckGrader(StringCheckOperation.Equal, GraderTemplate.Parse(input), GraderTemplate.Parse(reference));
        GraderInput row = GraderInput.Parse("""{"item": {"state": null}, "sample": {"output_text": "{\"state\": null}"}}""", "row");
        Assert.Null(grader.FindFault(row.Problem));
        Assert.Equal(score, grader.Grade(row).Score);
    }
}
