using System.Diagnostics;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>A row with its perfect answer, which is certain or a guess from the row's reference.</summary>
internal sealed record LintRow(Problem Problem, string Id, string? Gold, bool GoldIsCertain);

/// <summary>Grades for the checks: guarded, timed, and the place where findings gather.</summary>
internal sealed class LintRunner(IGrader grader, GraderLintOptions options, List<LintFinding> findings, CancellationToken cancellationToken)
{
    private const int MostRareRows = 20;
    private const int MostSlowFailures = 5;
    private static readonly TimeSpan SlowFailure = TimeSpan.FromSeconds(1);
    private int slowFailures;
    private (double Number, LintRow Row, string Answer)? outside;
    private long ticks;
    private int grades;

    public IGrader Grader => grader;

    public GraderLintOptions Options => options;

    public CancellationToken CancellationToken => cancellationToken;

    public double? GoldScore { get; set; }

    public double? MillisecondsPerGrade => grades == 0 ? null : Stopwatch.GetElapsedTime(0, ticks).TotalMilliseconds / grades;

    /// <summary>Whether the grader runs into its time limit again and again, so that checking on would take hours.</summary>
    public bool GaveUp => slowFailures >= MostSlowFailures;

    public void Add(string id, LintSeverity severity, string? row, string text, string cure) => findings.Add(new LintFinding(id, severity, row, text, cure));

    /// <summary>Some of the rows, evenly spread, so that a sorted file is not judged by its beginning.</summary>
    /// <param name="problems">All rows.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>Rows with their perfect answers.</returns>
    public List<LintRow> Rows(IReadOnlyList<Problem> problems, int count)
    {
        int taken = Math.Min(count, problems.Count);
        return Rows(problems, Enumerable.Range(0, taken).Select(i => (int)((long)i * problems.Count / taken)));
    }

    /// <summary>The same, and one row more for each kind of row (a value of <see cref="RowKinds"/>) that is not among them.</summary>
    /// <param name="problems">All rows.</param>
    /// <param name="count">How many at most, without the further ones.</param>
    /// <returns>Rows with their perfect answers.</returns>
    public List<LintRow> RowsOfEveryKind(IReadOnlyList<Problem> problems, int count)
    {
        int taken = Math.Min(count, problems.Count);
        SortedSet<int> chosen = [.. Enumerable.Range(0, taken).Select(i => (int)((long)i * problems.Count / taken))];
        foreach (int[] rows in RowKinds.Of(problems).SelectMany(kind => kind.RowsByValue))
        {
            if (chosen.Count < taken + MostRareRows && !rows.Any(chosen.Contains))
            {
                chosen.Add(rows[0]);
            }
        }

        return Rows(problems, chosen);
    }

    private List<LintRow> Rows(IReadOnlyList<Problem> problems, IEnumerable<int> chosen)
    {
        var rows = new List<LintRow>();
        foreach (int at in chosen)
        {
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
        if (GaveUp)
        {
            return Grade.Skipped("The grader failed slowly too often to go on asking it.");
        }

        long start = Stopwatch.GetTimestamp();
        Grade grade = await GuardedGrading.GradeAsync(grader, "grader", row.Problem, Completion.FromText(answer), cancellationToken).ConfigureAwait(false);
        if (timed)
        {
            ticks += Stopwatch.GetTimestamp() - start;
            grades++;
        }

        if (grade.Status == GradeStatus.Failed && Stopwatch.GetElapsedTime(start) > SlowFailure)
        {
            slowFailures++;
        }

        // A judge's range is its own affair; a formula or code whose number is cut should know.
        double number = grade.Status == GradeStatus.Graded && Grader is not IRangedGrader ? RawScore.Of(grade) : 0;
        if (number is < -1e-9 or > 1 + 1e-9)
        {
            outside ??= (number, row, answer);
        }

        return grade;
    }

    /// <summary>B-range: a number beyond [0, 1] that was cut.</summary>
    public void AddRangeFinding()
    {
        if (outside is { } found)
        {
            Add("B-range", LintSeverity.Warning, found.Row.Id,
                FormattableString.Invariant($"The answer \"{JsonTexts.Cut(found.Answer, 60)}\" gets the number {found.Number:G6}, which is cut to [0, 1]: answers beyond an end are not told apart, and penalties are lost."),
                "Scale the score to [0, 1] in the grader, and put penalties and bonuses into a reward shaper.");
        }
    }

    /// <summary>B-time: a grader that is slow.</summary>
    /// <param name="failing">How bad it is that it failed slowly again and again.</param>
    public void AddTimeFinding(LintSeverity failing = LintSeverity.Error)
    {
        if (GaveUp)
        {
            Add("B-time", failing, null, $"The grader failed {slowFailures} times after more than {SlowFailure.TotalSeconds} s each, so the other checks were left out.", "Make it end in time, and run lint again.");
            return;
        }

        if (grades > 0 && Stopwatch.GetElapsedTime(0, ticks) / grades > options.MaxTimePerGrade)
        {
            Add("B-time", LintSeverity.Warning, null, FormattableString.Invariant($"A grade takes {MillisecondsPerGrade:F0} ms on average."), "Make the grader quicker, or grade with more concurrency: a step grades group size × problems completions.");
        }
    }
}
