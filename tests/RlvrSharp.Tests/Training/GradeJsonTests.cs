using System.Text.Json;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public sealed class GradeJsonTests
{
    public static TheoryData<Grade> Grades =>
    [
        new Grade(1.0 / 3),
        new Grade(0.75)
        {
            Precision = 0.1,
            Recall = 1,
            Reason = "two of \"three\"",
            Fields = [new FieldGrade("a.b[2]", "x", null, 0.5, 0.25), new FieldGrade("é", null, "", 0, 1)],
            Metrics = new Dictionary<string, double> { ["raw_score"] = 7.25, ["odd"] = double.NegativeInfinity, ["none"] = double.NaN },
        },
        Grade.Ungradable("not JSON"),
        Grade.Skipped("another kind of row") with { Metrics = new Dictionary<string, double>() },
        Grade.Failed("timeout"),
    ];

    [Theory]
    [MemberData(nameof(Grades))]
    public void A_grade_comes_back_as_it_was_written(Grade grade)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            GradeJson.Write(writer, grade);
        }

        Grade read = GradeJson.Read(JsonElement.Parse(buffer.ToArray()));

        Assert.Equal((grade.Status, grade.Score, grade.Precision, grade.Recall, grade.Reason), (read.Status, read.Score, read.Precision, read.Recall, read.Reason));
        Assert.Equal(grade.Fields, read.Fields);
        Assert.Equal(grade.Metrics, read.Metrics);
    }
}
