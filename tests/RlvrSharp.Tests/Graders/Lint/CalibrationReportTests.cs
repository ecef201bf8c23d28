using System.Text.Json;
using RlvrSharp.Graders.Lint;

namespace RlvrSharp.Tests.Graders.Lint;

public class CalibrationReportTests
{
    [Fact]
    public void Shares_follow_from_counting_groups()
    {
        // Four samples with two passes: of the 6 pairs 4 are mixed, and 5 hold a pass.
        var report = CalibrationReport.From([Group("a", 1, 1, 0, 0)]);
        Assert.Equal(4.0 / 6, At(report.MixedShare, 2), 12);
        Assert.Equal(1, At(report.MixedShare, 4), 12);
        Assert.Equal(0.5, At(report.PassCurve, 1), 12);
        Assert.Equal(5.0 / 6, At(report.PassCurve, 2), 12);
        Assert.Equal(1, At(report.PassCurve, 4), 12);
    }

    /// <summary>Beyond the samples, against the integral over all pass rates.</summary>
    [Theory]
    [InlineData(4, 0)]
    [InlineData(8, 0)]
    [InlineData(8, 8)]
    public void Larger_groups_of_the_only_problem_are_expected_over_the_rates_that_fit_its_samples(int samples, int passed)
    {
        var report = CalibrationReport.From([Group("a", [.. Enumerable.Range(0, samples).Select(i => i < passed ? 1.0 : 0.0)])]);
        foreach (int size in new[] { 16, 64 })
        {
            // p = sin²(t) takes the prior Beta(½, ½) to an even one.
            double weight = 0;
            double mixed = 0;
            const int points = 20_000;
            for (int i = 0; i < points; i++)
            {
                double p = Math.Pow(Math.Sin((i + 0.5) * Math.PI / 2 / points), 2);
                double likelihood = Math.Pow(p, passed) * Math.Pow(1 - p, samples - passed);
                weight += likelihood;
                mixed += likelihood * (1 - Math.Pow(p, size) - Math.Pow(1 - p, size));
            }

            Assert.Equal(mixed / weight, At(report.MixedShare, size), 8);
        }
    }

    [Fact]
    public void Where_nothing_was_passed_on_many_problems_larger_groups_promise_little()
    {
        var report = CalibrationReport.From([.. Enumerable.Range(0, 100).Select(i => Group($"{i}", 0, 0, 0, 0, 0, 0, 0, 0))]);
        Assert.InRange(At(report.MixedShare, 16), 0.001, 0.05);
        Assert.InRange(At(report.MixedShare, 64), 0.001, 0.05);
    }

    /// <summary>Rates are known, samples are drawn from them: the curve must come near the one that follows from the rates.</summary>
    [Theory]
    [InlineData(0.02, 0.02, 0.02)]
    [InlineData(0.1, 0.1, 0.1)]
    [InlineData(0.01, 0.1, 0.5)]
    [InlineData(0.02, 0.1, 0.3, 0.6)]
    [InlineData(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)]
    [InlineData(0.9, 0.95, 0.99)]
    public void Larger_groups_are_as_mixed_as_the_rates_make_them(params double[] rates)
    {
        var random = new Random(7);
        CalibrationGroup[] groups = [.. Enumerable.Range(0, 600).Select(i => Group($"{i}", [.. Enumerable.Range(0, 8).Select(_ => random.NextDouble() < rates[i % rates.Length] ? 1.0 : 0.0)]))];
        var report = CalibrationReport.From(groups);
        foreach (int size in new[] { 8, 16, 32, 64 })
        {
            double truth = rates.Average(p => 1 - Math.Pow(p, size) - Math.Pow(1 - p, size));
            Assert.True(Math.Abs(truth - At(report.MixedShare, size)) < 0.07, $"{size}: {truth} {At(report.MixedShare, size)}");
        }
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(3, 8)]
    [InlineData(2, 4)]
    public void No_larger_group_is_less_mixed(int passed, int samples)
    {
        var report = CalibrationReport.From([Group("a", [.. Enumerable.Range(0, samples).Select(i => i < passed ? 1.0 : 0.0)]), Group("b", 0, 0)]);
        Assert.Equal(report.MixedShare.Select(pair => pair.Value).Order(), report.MixedShare.Select(pair => pair.Value));
        Assert.Equal(report.PassCurve.Select(pair => pair.Value).Order(), report.PassCurve.Select(pair => pair.Value));
    }

    [Fact]
    public void Dead_problems_are_those_with_one_score_and_the_hardest_come_first()
    {
        var report = CalibrationReport.From([Group("easy", 1, 1, 1), Group("hard", 0, 0, 0), Group("half", 0.5, 1, 0)]);
        Assert.Equal(2.0 / 3, report.DeadShare, 12);
        Assert.Equal(["hard", "half", "easy"], report.Problems.Select(problem => problem.Id));
        Assert.Equal(4.0 / 9, report.PassRate, 12);
        Assert.Equal(0.5, report.MeanScore, 12);
    }

    [Fact]
    public void Failed_grades_count_nowhere_and_ungradable_ones_as_nothing()
    {
        var report = CalibrationReport.From([new CalibrationGroup("a", [new Grade(1), Grade.Failed("x"), Grade.Ungradable("y"), Grade.Skipped("z")])]);
        Assert.Equal((1, 1), (report.Failed, report.Ungradable));
        Assert.Equal(2, report.Problems[0].Samples);
        Assert.Equal(0.5, report.MeanScore);
        Assert.Contains(report.Findings(), finding => finding.Id == "C-failed");
    }

    [Fact]
    public void The_suggested_group_is_the_smallest_with_half_of_the_groups_mixed()
    {
        double[] rare = [1, .. Enumerable.Repeat(0.0, 63)];
        var report = CalibrationReport.From([Group("a", rare)]);
        Assert.Equal(0.5, At(report.MixedShare, 32), 12);
        Assert.Equal(32, report.SuggestedGroupSize);
        Assert.Equal(4, CalibrationReport.From([Group("a", 1, 0, 1, 0)]).SuggestedGroupSize);
    }

    [Theory]
    [InlineData("C-dead", 0.0, 0.0, 0.0, 0.0)]
    [InlineData("C-easy", 1.0, 1.0, 1.0, 1.0)]
    [InlineData("C-hard", 0.0, 0.0, 0.0, 0.1)]
    public void Findings_say_what_the_numbers_mean(string id, params double[] scores) =>
        Assert.Contains(CalibrationReport.From([Group("a", scores)]).Findings(), finding => finding.Id == id);

    [Fact]
    public void Nothing_graded_is_an_error_and_the_report_is_json()
    {
        var report = CalibrationReport.From([]);
        Assert.Contains(report.Findings(), finding => finding.Severity == LintSeverity.Error);
        Assert.Equal(0, JsonElement.Parse(report.ToJson()).GetProperty("problems").GetArrayLength());
    }

    private static CalibrationGroup Group(string id, params double[] scores) => new(id, [.. scores.Select(score => new Grade(score))]);

    private static double At(IReadOnlyList<KeyValuePair<int, double>> curve, int key) => curve.Single(pair => pair.Key == key).Value;
}
