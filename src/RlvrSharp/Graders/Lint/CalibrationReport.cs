using System.Globalization;
using System.Text;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>What a model's own samples say about a grader and a dataset before training: is there anything to learn from, and with which group size?</summary>
/// <remarks>
/// Ungradable completions count with score 0, Failed and Skipped ones not at all. With pass rate p, the share of groups of size G that hold a pass
/// and a miss is 1 − p^G − (1 − p)^G; it is estimated without bias from n samples with c passes as 1 − C(c, G)/C(n, G) − C(n − c, G)/C(n, G) where G ≤ n,
/// and above that as the expectation over p given these samples and what the other problems showed (<c>PassRatePrior</c>): a problem that was never passed
/// is not taken to be surely passed once the group is large enough, nor to be as open as any other where none was ever passed. No curve falls with the size.
/// </remarks>
public sealed class CalibrationReport
{
    private const int ShownProblems = 20;
    private static readonly int[] Sizes = [2, 4, 8, 16, 32, 64];
    private readonly PassRatePrior prior;

    private CalibrationReport(IReadOnlyList<CalibrationProblem> problems, int failed, int ungradable, double passScore)
    {
        Problems = problems;
        Failed = failed;
        Ungradable = ungradable;
        PassScore = passScore;
        prior = new PassRatePrior(problems);
        PassCurve = Curve(PowersUpTo(problems.Count == 0 ? 0 : problems.Max(problem => problem.Samples)), PassAt);
        MixedShare = Curve(Sizes, Mixed);
        DeadShare = Mean(problem => problem.IsDead ? 1 : 0);
        MeanScore = Mean(problem => problem.MeanScore);
        PassRate = Mean(problem => problem.PassRate);
        SuggestedGroupSize = MixedShare.Where(pair => pair.Value >= 0.5).Select(pair => (int?)pair.Key).FirstOrDefault() is { } enough
            ? Math.Max(4, enough) : MixedShare.MaxBy(pair => Math.Round(pair.Value, 2)).Key;
    }

    /// <summary>The score from which a completion passes.</summary>
    public double PassScore { get; }

    /// <summary>The difficulty table: each problem, the hardest first.</summary>
    public IReadOnlyList<CalibrationProblem> Problems { get; }

    /// <summary>Grades that failed; they count nowhere else.</summary>
    public int Failed { get; }

    /// <summary>Ungradable completions.</summary>
    public int Ungradable { get; }

    /// <summary>The mean over problems of the mean score.</summary>
    public double MeanScore { get; }

    /// <summary>The mean over problems of the pass rate.</summary>
    public double PassRate { get; }

    /// <summary>The probability that at least one of k samples passes, by k.</summary>
    public IReadOnlyList<KeyValuePair<int, double>> PassCurve { get; }

    /// <summary>The share of problems whose samples all have the same score.</summary>
    public double DeadShare { get; }

    /// <summary>The expected share of groups that hold both a pass and a miss, by group size.</summary>
    public IReadOnlyList<KeyValuePair<int, double>> MixedShare { get; }

    /// <summary>The smallest of 4, 8, 16, 32, 64 with at least half of the groups mixed; where there is none, the size with the most.</summary>
    public int SuggestedGroupSize { get; }

    /// <summary>Makes the report.</summary>
    /// <param name="groups">The graded samples, by problem.</param>
    /// <param name="passScore">The score from which a completion passes.</param>
    /// <returns>The report.</returns>
    public static CalibrationReport From(IReadOnlyList<CalibrationGroup> groups, double passScore = 1)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(passScore);
        var problems = new List<CalibrationProblem>();
        foreach (CalibrationGroup group in groups)
        {
            double[] scores = [.. group.Grades.Where(grade => grade.Status is GradeStatus.Graded or GradeStatus.Ungradable).Select(grade => grade.Score)];
            if (scores.Length > 0)
            {
                problems.Add(new CalibrationProblem(group.Id, scores.Length, scores.Count(score => score >= passScore - 1e-9), scores.Average(), scores.Max(), scores.Max() - scores.Min() < 1e-9));
            }
        }

        return new CalibrationReport(
            [.. problems.OrderBy(problem => problem.MeanScore).ThenBy(problem => problem.Id, StringComparer.Ordinal)],
            groups.Sum(group => group.Grades.Count(grade => grade.Status == GradeStatus.Failed)),
            groups.Sum(group => group.Grades.Count(grade => grade.Status == GradeStatus.Ungradable)),
            passScore);
    }

    /// <summary>What the numbers mean for training.</summary>
    /// <returns>Findings with ids that begin with <c>C-</c>.</returns>
    public IReadOnlyList<LintFinding> Findings()
    {
        var findings = new List<LintFinding>();
        if (Problems.Count == 0)
        {
            findings.Add(new LintFinding("C-none", LintSeverity.Error, null, "No completion was graded.", "Look at the failed grades first."));
            return findings;
        }

        if (Problems.All(problem => problem.IsDead))
        {
            findings.Add(new LintFinding("C-dead", LintSeverity.Error, null, "On every problem all samples have the same score: there is nothing to learn from.", "Give partial credit, make the task easier, warm up on examples, or sample more at a higher temperature."));
        }
        else if (DeadShare > 0.5)
        {
            findings.Add(new LintFinding("C-dead", LintSeverity.Warning, null, string.Create(CultureInfo.InvariantCulture, $"On {DeadShare:P0} of the problems all samples have the same score."), string.Create(CultureInfo.InvariantCulture, $"Use larger groups ({SuggestedGroupSize}), give partial credit, or leave out problems that are always or never solved.")));
        }

        if (1 - PassRate < 0.1)
        {
            findings.Add(new LintFinding("C-easy", LintSeverity.Warning, null, string.Create(CultureInfo.InvariantCulture, $"The model passes {PassRate:P0} already."), "Use harder problems: between 25 % and 75 % teach most."));
        }
        else if (PassRate < 0.01 && MeanScore < 0.05)
        {
            findings.Add(new LintFinding("C-hard", LintSeverity.Warning, null, string.Create(CultureInfo.InvariantCulture, $"The model passes {PassRate:P1} with a mean score of {MeanScore:F3}."), "Warm up on examples (supervised), give partial credit, or begin with easier problems."));
        }

        if (Failed > 0)
        {
            findings.Add(new LintFinding("C-failed", LintSeverity.Warning, null, $"{Failed} grades failed.", "Run lint, and look at their reasons."));
        }

        return findings;
    }

    /// <summary>The report as one JSON object.</summary>
    /// <returns>JSON.</returns>
    public string ToJson() => JsonTexts.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("mean_score", MeanScore);
        writer.WriteNumber("pass_rate", PassRate);
        writer.WriteNumber("dead_share", DeadShare);
        writer.WriteNumber("failed", Failed);
        writer.WriteNumber("ungradable", Ungradable);
        WriteCurve("pass_at", PassCurve);
        WriteCurve("mixed_share", MixedShare);
        writer.WriteNumber("suggested_group_size", SuggestedGroupSize);
        writer.WriteStartArray("problems");
        foreach (CalibrationProblem problem in Problems)
        {
            writer.WriteStartObject();
            writer.WriteString("id", JsonTexts.Whole(problem.Id));
            writer.WriteNumber("samples", problem.Samples);
            writer.WriteNumber("passed", problem.Passed);
            writer.WriteNumber("mean_score", problem.MeanScore);
            writer.WriteNumber("best_score", problem.BestScore);
            writer.WriteBoolean("dead", problem.IsDead);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("findings");
        foreach (LintFinding finding in Findings())
        {
            finding.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();

        void WriteCurve(string name, IReadOnlyList<KeyValuePair<int, double>> curve)
        {
            writer.WriteStartObject(name);
            foreach ((int size, double value) in curve)
            {
                writer.WriteNumber(size.ToString(CultureInfo.InvariantCulture), value);
            }

            writer.WriteEndObject();
        }
    });

    /// <summary>The report for people: the numbers, the curves, how many problems are how hard, the hardest twenty, the findings.</summary>
    /// <returns>Text.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"mean score {MeanScore:F3}, pass rate {PassRate:F3}, dead problems {DeadShare:P0}, suggested group size {SuggestedGroupSize}");
        text.AppendLine("pass at k:    " + string.Join("  ", PassCurve.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value:F3}"))));
        text.AppendLine("mixed groups: " + string.Join("  ", MixedShare.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value:F3}"))));
        int never = Problems.Count(problem => problem.Passed == 0);
        int always = Problems.Count(problem => problem.Passed == problem.Samples);
        int rarely = Problems.Count(problem => problem.Passed > 0 && problem.PassRate < 0.25);
        int mostly = Problems.Count(problem => problem.Passed < problem.Samples && problem.PassRate > 0.75);
        text.AppendLine(CultureInfo.InvariantCulture, $"difficulty:   {Problems.Count} problems: never passed {never}, below 25 % {rarely}, 25 to 75 % {Problems.Count - never - always - rarely - mostly}, above 75 % {mostly}, always passed {always}");
        int width = Math.Clamp(Problems.Take(ShownProblems).Select(problem => problem.Id.Length).DefaultIfEmpty(0).Max(), 7, 40);
        text.AppendLine(CultureInfo.InvariantCulture, $"{"hardest".PadRight(width)}  samples  passed   mean   best");
        foreach (CalibrationProblem problem in Problems.Take(ShownProblems))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{JsonTexts.Cut(problem.Id, 39).PadRight(width)}  {problem.Samples,7}  {problem.Passed,6}  {problem.MeanScore:F3}  {problem.BestScore:F3}{(problem.IsDead ? "  dead" : string.Empty)}");
        }

        if (Problems.Count > ShownProblems)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"… and {Problems.Count - ShownProblems} easier ones.");
        }

        foreach (LintFinding finding in Findings())
        {
            text.AppendLine(finding.ToString());
        }

        return text.ToString().TrimEnd();
    }

    private static IEnumerable<int> PowersUpTo(int most)
    {
        for (int k = 1; k <= most; k *= 2)
        {
            yield return k;
        }
    }

    // With the group grows the chance of both a pass and a miss; the two estimates that meet at the number of samples need not know.
    private List<KeyValuePair<int, double>> Curve(IEnumerable<int> sizes, Func<CalibrationProblem, int, double> value)
    {
        var curve = new List<KeyValuePair<int, double>>();
        double most = 0;
        foreach (int size in sizes)
        {
            most = Math.Max(most, Mean(problem => value(problem, size)));
            curve.Add(new KeyValuePair<int, double>(size, most));
        }

        return curve;
    }

    private double PassAt(CalibrationProblem problem, int k) =>
        1 - (k <= problem.Samples ? NoneOf(problem.Samples, problem.Passed, k) : prior.AllMissed(problem, k));

    private double Mixed(CalibrationProblem problem, int size)
    {
        int missed = problem.Samples - problem.Passed;
        return size <= problem.Samples
            ? 1 - NoneOf(problem.Samples, problem.Passed, size) - NoneOf(problem.Samples, missed, size)
            : 1 - prior.AllPassed(problem, size) - prior.AllMissed(problem, size);
    }

    // The probability that k of n, drawn without putting back, hold none of c: C(n − c, k) / C(n, k).
    private static double NoneOf(int n, int c, int k)
    {
        double product = 1;
        for (int i = 0; i < k; i++)
        {
            product *= Math.Max(0, n - c - i) / (double)(n - i);
        }

        return product;
    }

    private double Mean(Func<CalibrationProblem, double> value) => Problems.Count == 0 ? 0 : Problems.Average(value);
}
