using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class ReportTests
{
    private static readonly StructuredFieldGrader Grader = new();

    [Fact]
    public void Micro_sums_and_macro_averages_and_the_two_differ()
    {
        FieldReport report = FieldReport.FromGrades([
            Grader.Grade("""{"a":"x","f":["p"]}""", """{"a":"x","f":["p","q","r","s"]}"""),
            Grader.Grade("""{"a":"y","f":["p"],"k1":1}""", """{"a":"x","f":["p"]}"""),
            Grader.Grade("nonsense", """{"a":"x","f":["p"]}"""),
            Grade.Failed("broken"),
        ]);

        Assert.Equal((3, 1, 1), (report.Rows, report.Ungradable, report.LeftOut));
        FieldReportRow a = report.Fields[0], f = report.Fields[1], keys = report.Fields[2];
        Assert.Equal(("a", 1, 1, 1, 0), (a.Field, a.Correct, a.Wrong, a.Missing, a.Invented));
        Assert.Equal(0.5, a.Micro.Precision.Mean, 12);
        Assert.Equal(1.0 / 3, a.Micro.Recall.Mean, 12);
        Assert.Equal("f[]", f.Field);
        Assert.Equal(1.25 / 3, f.Micro.Recall.Mean, 12);
        Assert.Equal((0.25 + 1 + 0) / 3, f.Macro.Recall.Mean, 12);
        Assert.Equal((0.4 + 1 + 0) / 3, f.Macro.F.Mean, 12);
        Assert.Equal(2 * 1.25 / (1.25 + 3), f.Micro.F.Mean, 12);
        Assert.Equal((FieldReport.InventedKeys, 1), (keys.Field, keys.Invented));
        Assert.Equal([new FieldConfusion("x", null, 1), new FieldConfusion("x", "y", 1)], a.Confusions);
        Assert.Equal(((2 * 1.25 / (1.25 + 2)) + (2 * 1 / (3.0 + 2)) + 0) / 3, report.Score.Mean, 12);
        Assert.Contains("f[]", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Intervals_hold_the_value_and_come_out_the_same_every_time()
    {
        Grade[] grades = [.. Enumerable.Range(0, 60).Select(i => Grader.Grade(i % 3 == 0 ? """{"a":"y"}""" : """{"a":"x"}""", """{"a":"x"}"""))];
        FieldReport one = FieldReport.FromGrades(grades, new FieldReportOptions { Seed = 4 });
        FieldReport two = FieldReport.FromGrades(grades, new FieldReportOptions { Seed = 4 });
        FieldReport other = FieldReport.FromGrades(grades, new FieldReportOptions { Seed = 5 });

        Assert.Equal(one.ToString(), two.ToString());
        Assert.NotEqual(one.All.Micro, other.All.Micro);
        Assert.Equal(40.0 / 60, one.All.Micro.F.Mean, 12);

        // The interval of a share of 2/3 in 60 rows is about ± 0.12.
        Assert.InRange(one.All.Micro.F.Low, 0.5, 0.6);
        Assert.InRange(one.All.Micro.F.High, 0.73, 0.83);
    }

    [Fact]
    public void An_empty_report_is_no_error() => Assert.Equal(0, FieldReport.FromGrades([]).Rows);

    [Fact]
    public void Inference_reports_what_the_references_hold()
    {
        FieldInference inference = FieldInference.FromReferences([
            """{"vendor":"Acme","day":"2024-01-05","total":1.5,"paid":true,"tags":["a","b"],"items":[{"sku":"A"},{"sku":"B","n":1}],"mixed":1,"gone":null}""",
            """{"vendor":"Bolt","day":"2024-02-05","total":2,"paid":null,"tags":[],"items":[],"mixed":"one","address":{"city":"X"}}""",
        ]);

        Assert.Equal(2, inference.References);
        Assert.Equal(
            "vendor:text:text:2/0 day:text:text:2/0 total:number:number:2/0 paid:boolean:boolean:1/1 tags[]:list of text:text:1/1 items[]:list of object:inferred:1/1 "
            + "items[].sku:text:text:2/0 items[].n:number:number:1/1 mixed:text/number:inferred:2/0 gone:nothing:inferred:0/2 address:object:inferred:1/1 address.city:text:text:1/0",
            string.Join(" ", inference.Fields.Select(field => $"{field.Path}:{field.Kind}:{field.Comparer}:{field.Present}/{field.Absent}")));
        Assert.Contains("dates", inference.Fields[1].Note, StringComparison.Ordinal);
        Assert.Contains("vendor", inference.ToString(), StringComparison.Ordinal);
        var grader = new StructuredFieldGrader(inference.Options);
        Assert.Equal(1, grader.Grade("""{"vendor":"acme","items":[{"sku":"a"}]}""", """{"vendor":"Acme","items":[{"sku":"A"}]}""").Score);
        Assert.Contains("Reference 2", Assert.Throws<DataException>(() => FieldInference.FromReferences(["{}", "[]"])).Message, StringComparison.Ordinal);
    }
}
