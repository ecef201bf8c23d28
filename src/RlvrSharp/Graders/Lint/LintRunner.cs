using System.Diagnostics;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>A row with its perfect answer, which is certain or a guess from the row's reference.</summary>
internal sealed record LintRow(Problem Problem, string Id, string? Gold, bool GoldIsCertain);

/// <summary>Grades for the checks: guarded, timed, and the place where findings gather.</summary>
internal sealed class LintRunner(IGrader grader, GraderLintOptions options, List<LintFinding> findings, CancellationToken cancellationToken)
{
    private long ticks;
    private int grades;

    public IGrader Grader => grader;

    public GraderLintOptions Options => options;

    public CancellationToken CancellationToken => cancellationToken;

    public double? GoldScore { get; set; }

    public double? MillisecondsPerGrade => grades == 0 ? null : Stopwatch.GetElapsedTime(0, ticks).TotalMilliseconds / grades;

    public void Add(string id, LintSeverity severity, string? row, string text, string cure) => findings.Add(new LintFinding(id, severity, row, text, cure));

    /// <summary>Some of the rows, evenly spread, so that a sorted file is not judged by its beginning.</summary>
    /// <param name="problems">All rows.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>Rows with their perfect answers.</returns>
    public List<LintRow> Rows(IReadOnlyList<Problem> problems, int count)
    {
        int taken = Math.Min(count, problems.Count);
        var rows = new List<LintRow>(taken);
        for (int i = 0; i < taken; i++)
        {
            int at = (int)((long)i * problems.Count / taken);
            Problem problem = problems[at];
            (string? gold, bool certain) = options.GoldAnswer is { } known ? (known(problem), true) : GradedNodes.Gold(grader, problem);
            rows.Add(new LintRow(problem, problem.Id ?? $"row {at + 1}", gold, certain));
        }

        return rows;
    }

    /// <summary>Grades a text.</summary>
    /// <param name="row">The row.</param>
    /// <param name="answer">The text.</param>
    /// <param name="timed">Whether it counts for the time per grade; huge probes do not.</param>
    /// <returns>The grade; an exception is a Failed one.</returns>
    public async Task<Grade> GradeAsync(LintRow row, string answer, bool timed = true)
    {
        long start = Stopwatch.GetTimestamp();
        Grade grade = await GuardedGrading.GradeAsync(grader, "grader", row.Problem, Completion.FromText(answer), cancellationToken).ConfigureAwait(false);
        if (timed)
        {
            ticks += Stopwatch.GetTimestamp() - start;
            grades++;
        }

        return grade;
    }

    public void AddTimeFinding()
    {
        if (grades > 0 && Stopwatch.GetElapsedTime(0, ticks) / grades > options.MaxTimePerGrade)
        {
            Add("B-time", LintSeverity.Warning, null, FormattableString.Invariant($"A grade takes {MillisecondsPerGrade:F0} ms on average."), "Make the grader quicker, or grade with more concurrency: a step grades group size × problems completions.");
        }
    }
}
