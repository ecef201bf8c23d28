using RlvrSharp.Graders.Text;

namespace RlvrSharp.Graders.Lint;

/// <summary>Finds bad graders and bad rows before any training time is spent.</summary>
/// <remarks>
/// Static checks L1–L15 look at the grader's JSON and the rows; the probe battery (ids that begin with <c>P-</c>) grades answers that cheat;
/// behaviour checks (ids that begin with <c>B-</c>) look at permutation, monotonicity, determinism, range and time. docs/graders/lint.md explains each.
/// </remarks>
public static class GraderLint
{
    private const int RowsForCode = 8;
    private const int RowsForLikeness = 500;

    /// <summary>Runs every check.</summary>
    /// <param name="grader">The grader.</param>
    /// <param name="train">The training rows.</param>
    /// <param name="validation">The validation rows, or null.</param>
    /// <param name="options">How much is checked; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the checks.</param>
    /// <returns>What was found.</returns>
    public static async Task<LintReport> CheckAsync(
        IGrader grader, IReadOnlyList<Problem> train, IReadOnlyList<Problem>? validation = null, GraderLintOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grader);
        ArgumentNullException.ThrowIfNull(train);
        options ??= new GraderLintOptions();
        var findings = new List<LintFinding>();
        findings.AddRange(GraderChecks.Run(grader));
        findings.AddRange(SourceChecks.Run(grader));
        findings.AddRange(DataChecks.Run(grader, train, validation, options));

        bool services = GradedNodes.AsksServices(grader) && !options.AskServices;
        var runner = new LintRunner(grader, options, findings, cancellationToken);
        List<LintRow> rows = services ? runner.Rows(train, 3) : runner.RowsOfEveryKind(train, options.ProbeRows);
        await AnswerChecks.GoldAsync(runner, services ? rows : runner.Rows([.. train, .. validation ?? []], int.MaxValue)).ConfigureAwait(false);
        (string? answer, double? score) = (null, null);
        if (services)
        {
            findings.Add(new LintFinding("L13", LintSeverity.Info, null, "The grader asks a model or a service, so only the gold and empty answers of three rows were graded.", "Set AskServices to run the probes as well."));
            await ProbeChecks.RunAsync(runner, rows, ProbeBattery.Cheap, 0).ConfigureAwait(false);
        }
        else if (rows.Count > 0)
        {
            (answer, score) = await AnswerChecks.ConstantAsync(runner, rows).ConfigureAwait(false);
            await ProbeChecks.RunAsync(runner, rows, ProbeBattery.All, score ?? 0).ConfigureAwait(false);
            await BehaviourChecks.RunAsync(runner, rows).ConfigureAwait(false);
            await BehaviourChecks.UnknownKindAsync(runner, train).ConfigureAwait(false);
        }

        runner.AddRangeFinding();
        runner.AddTimeFinding();
        return new LintReport(findings, runner.GoldScore, score, answer, runner.MillisecondsPerGrade);
    }

    /// <summary>The report on a grader whose JSON cannot be loaded (an open brace, a formula that cannot be read, an unknown name): one error, L7.</summary>
    /// <param name="error">What loading it threw.</param>
    /// <returns>The report.</returns>
    public static LintReport CannotLoad(DataException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new LintReport([new LintFinding("L7", LintSeverity.Error, null, error.Message, "Correct the grader's JSON.")], null, null, null, null);
    }

    /// <summary>
    /// The cheap part that training runs first: rows the grader cannot use, gold answers that do not get the full score, empty answers that pass. Graders that
    /// ask models or services are not asked (a finding says so); those that run code are asked about a few rows only.
    /// </summary>
    /// <param name="grader">The grader.</param>
    /// <param name="train">The training rows.</param>
    /// <param name="validation">The validation rows, or null.</param>
    /// <param name="options">How much is checked; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the checks.</param>
    /// <returns>What was found; training should not begin while it <see cref="LintReport.HasErrors"/>.</returns>
    public static async Task<LintReport> CheckQuicklyAsync(
        IGrader grader, IReadOnlyList<Problem> train, IReadOnlyList<Problem>? validation = null, GraderLintOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grader);
        ArgumentNullException.ThrowIfNull(train);
        options ??= new GraderLintOptions();
        var findings = new List<LintFinding>();
        var runner = new LintRunner(grader, options, findings, cancellationToken);
        Problem[] all = [.. train, .. validation ?? []];
        DataChecks.CheckRows(findings, grader, all);
        if (GradedNodes.AsksServices(grader) && !options.AskServices)
        {
            findings.Add(new LintFinding("L13", LintSeverity.Info, null, "The grader asks a model or a service, so no answer was graded.", "Run lint once before the first training."));
            return new LintReport(findings, null, null, null, null);
        }

        bool rules = GradedNodes.IsRulesOnly(grader);
        List<LintRow> rows = runner.Rows(all, rules ? options.ProbeRows : Math.Min(options.ProbeRows, RowsForCode));
        bool likeness = GradedNodes.All(grader).Any(node => node.Grader is TextSimilarityGrader);
        await AnswerChecks.GoldAsync(runner, rules ? runner.Rows(all, likeness ? RowsForLikeness : int.MaxValue) : rows).ConfigureAwait(false);

        // A grader that raises on broken answers costs completions, and the error budget ends the run if there are too many; it rewards nothing wrong.
        await ProbeChecks.RunAsync(runner, rows, ProbeBattery.Cheap, 0, failing: LintSeverity.Warning).ConfigureAwait(false);
        if (runner.GaveUp)
        {
            // How slow it is depends on the machine too. If it fails on gold answers, those are errors of their own.
            runner.AddTimeFinding(failing: LintSeverity.Warning);
        }

        return new LintReport(findings, runner.GoldScore, null, null, runner.MillisecondsPerGrade);
    }

    /// <summary>
    /// Samples a policy on problems and says what there is to learn: pass curve, dead problems, expected share of mixed groups, difficulty, group size.
    /// The same policy, problems and options give the same report.
    /// </summary>
    /// <param name="policy">The policy that training would start from.</param>
    /// <param name="grader">The grader; those that ask models or services are asked once per completion.</param>
    /// <param name="problems">The problems; one or more.</param>
    /// <param name="options">How many and how; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the sampling.</param>
    /// <returns>The report.</returns>
    /// <exception cref="PolicyException">A prompt leaves no room for an answer.</exception>
    public static Task<CalibrationReport> CalibrateAsync(
        IPolicy policy, IGrader grader, IReadOnlyList<Problem> problems, CalibrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(grader);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentOutOfRangeException.ThrowIfZero(problems.Count, nameof(problems));
        return Calibration.RunAsync(policy, grader, problems, options ?? new CalibrationOptions(), cancellationToken);
    }
}
