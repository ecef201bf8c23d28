using System.Globalization;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>Grades the cheating answers and reports those that get too much.</summary>
internal static class ProbeChecks
{
    /// <summary>Runs probes over rows.</summary>
    /// <param name="runner">Grades.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="probes">The probes.</param>
    /// <param name="constant">The mean score of the best answer that does not look at the prompt.</param>
    /// <param name="failing">How bad it is that the grader gives no grade.</param>
    /// <returns>A task.</returns>
    public static async Task RunAsync(LintRunner runner, List<LintRow> rows, IReadOnlyList<Probe> probes, double constant, LintSeverity failing = LintSeverity.Error)
    {
        string[] golds = [.. rows.Where(row => row.Gold is not null).Select(row => row.Gold!)];
        foreach (Probe probe in probes)
        {
            await RunAsync(runner, probe.IsHuge ? rows[..Math.Min(1, rows.Count)] : rows, probe, golds, constant, failing).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(LintRunner runner, List<LintRow> rows, Probe probe, string[] golds, double constant, LintSeverity failing)
    {
        double sum = 0;
        int graded = 0;
        int fullWithoutGold = 0;
        LintRow? full = null;
        foreach (LintRow row in rows)
        {
            if ((runner.Grader as IProblemRequirement)?.FindFault(row.Problem) is not null)
            {
                continue;
            }

            if (probe.Make(row, golds) is not { } answer || string.Equals(answer, row.Gold, StringComparison.Ordinal) || HoldsGold(probe, answer, row))
            {
                continue;
            }

            Grade grade = await runner.GradeAsync(row, answer, !probe.IsHuge).ConfigureAwait(false);
            graded++;
            sum += grade.Score;
            if (grade.Status == GradeStatus.Failed)
            {
                // Nesting that no model writes by chance ends a recursive reader; that costs a completion and never gives a reward.
                runner.Add(probe.Id, probe.Id is "P-deep" or "P-deepkeys" ? LintSeverity.Warning : failing, row.Id, $"The grader fails on {probe.What}: {JsonTexts.Cut(grade.Reason ?? string.Empty, 200)}", "The grader must give a grade for every text: a broken answer is Ungradable or 0. Until then such completions leave their group and count towards the error budget.");
                return;
            }

            if (grade.Score >= 1 - 1e-9)
            {
                full ??= IsEmptyGold(row, probe) ? null : row;
                fullWithoutGold += row.Gold is null ? 1 : 0;
            }
        }

        if (graded == 0 || probe.Rule == ProbeRule.MustNotFail)
        {
            return;
        }

        bool empty = probe.Rule == ProbeRule.NoBetterThanConstant;
        if (full is null && empty && fullWithoutGold == graded)
        {
            // On no row is a right answer known, but it cannot be this one on all of them.
            runner.Add(probe.Id, LintSeverity.Error, rows[0].Id, $"The full score goes to {probe.What} on every row.", probe.Cure);
        }
        else if (full is not null)
        {
            runner.Add(probe.Id, empty ? LintSeverity.Error : LintSeverity.Warning, full.Id, $"The full score goes to {probe.What}.", probe.Cure);
        }
        else if (empty && sum / graded > Math.Max(constant, 0.05) + 1e-9 && rows.Count > 1)
        {
            runner.Add(probe.Id, LintSeverity.Warning, null,
                string.Create(CultureInfo.InvariantCulture, $"The mean score of {probe.What} is {sum / graded:F3}, above the {constant:F3} of the best constant answer."), probe.Cure);
        }
    }

    // "null" holds the answer "l" for a grader that looks for it anywhere, which is another finding (L1).
    private static bool HoldsGold(Probe probe, string answer, LintRow row) =>
        probe.Rule == ProbeRule.NoBetterThanConstant && row.Gold?.Trim() is { Length: > 0 } gold && answer.Contains(gold, StringComparison.OrdinalIgnoreCase);

    // Where nothing is the right answer, nothing may get the full score.
    private static bool IsEmptyGold(LintRow row, Probe probe) => row.Gold is null || row.Gold.Trim() is "" or "{}" or "[]" or "null" or "\"\"" || AllEmpty(row.Gold, probe.IsDefault);

    private static bool AllEmpty(string gold, bool orDefault) => ProbeTexts.Map(gold, (_, value) => IsEmpty(value, orDefault) ? null : "1") is { } mapped && !mapped.Contains(":1", StringComparison.Ordinal);

    private static bool IsEmpty(System.Text.Json.JsonElement value, bool orDefault) =>
        JsonTexts.Stringify(value).Trim() is "" or "null" or "[]" or "{}" || (orDefault && JsonTexts.Stringify(value) is "0" or "false");
}
