namespace RlvrSharp.Graders.Lint;

/// <summary>Finds bad graders and bad rows before any training time is spent.</summary>
/// <remarks>
/// Static checks L1–L15 look at the grader's JSON and the rows; the probe battery (ids that begin with <c>P-</c>) grades answers that cheat;
/// behaviour checks (ids that begin with <c>B-</c>) look at permutation, monotonicity, determinism and time. docs/graders/lint.md explains each.
/// </remarks>
public static class GraderLint
{
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
        List<LintRow> rows = runner.Rows(train, services ? 3 : options.ProbeRows);
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
        }

        runner.AddTimeFinding();
        return new LintReport(findings, runner.GoldScore, score, answer, runner.MillisecondsPerGrade);
    }

    /// <summary>The cheap part that training runs first: rows the grader cannot use, gold answers that do not get the full score, empty answers that pass.</summary>
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
        int count = GradedNodes.AsksServices(grader) ? 3 : options.ProbeRows;
        Problem[] all = [.. train, .. validation ?? []];
        DataChecks.CheckRows(findings, grader, all);
        List<LintRow> rows = runner.Rows(all, count);
        await AnswerChecks.GoldAsync(runner, rows).ConfigureAwait(false);
        await ProbeChecks.RunAsync(runner, rows, ProbeBattery.Cheap, 0).ConfigureAwait(false);
        return new LintReport(findings, runner.GoldScore, null, null, runner.MillisecondsPerGrade);
    }
}
