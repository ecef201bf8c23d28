using RlvrSharp.Evaluation;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Evaluation;

public class FieldMeansTests
{
    [Fact]
    public void Fields_with_unusual_names_keep_their_own_mean()
    {
        var grader = new StructuredFieldGrader();
        const string Reference = """{"a.b":1,"c d":2,"e[0]":{"x":1,"y":2},"it's":4,"z']":5,"list":[{"p":1},{"p":2}],"plain":{"q":6},"":7}""";
        Grade grade = grader.Grade("""{"a.b":1,"c d":0,"e[0]":{"x":1,"y":0},"it's":4,"z']":0,"list":[{"p":1}],"plain":{"q":6},"":7}""", Reference);

        EvaluationSummary summary = Evaluator.Summarize(1, [Rollout(grade)]);

        Assert.Equal(
            new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["a.b"] = 1, ["c d"] = 0, ["e[0]"] = 0.5, ["it's"] = 1, ["z']"] = 0, ["list"] = 0.5, ["plain"] = 1, [""] = 1,
            },
            summary.Fields);
    }

    [Theory]
    [InlineData("x", "x")]
    [InlineData("x[0].y", "x")]
    [InlineData("x.y", "x")]
    [InlineData("x['y.z']", "x")]
    [InlineData("['a.b']", "a.b")]
    [InlineData("['a.b'][2].c", "a.b")]
    [InlineData("['a.b']['c.d']", "a.b")]
    [InlineData("['']", "")]
    [InlineData("['open", "['open")]
    [InlineData("[0].x", "[0].x")]
    [InlineData("", "")]
    public void The_first_name_of_a_path(string path, string name) => Assert.Equal(name, FieldPath.First(path));

    private static Rollout Rollout(Grade grade) => new()
    {
        Completion = Completion.FromText(""),
        Grades = new Dictionary<string, Grade>(StringComparer.Ordinal) { ["f"] = grade },
        Status = grade.Status,
        Score = grade.Score,
    };
}
