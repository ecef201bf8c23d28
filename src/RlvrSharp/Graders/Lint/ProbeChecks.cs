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
    /// <returns>A task.</returns>
    public static async Task RunAsync(LintRunner runner, List<LintRow> rows, IReadOnlyList<Probe> probes, double constant)
    {
        string[] golds = [.. rows.Where(row => row.Gold is not null).Select(row => row.Gold!)];
        foreach (Probe probe in probes)
        {
            await RunAsync(runner, probe.IsHuge ? rows[..Math.Min(1, rows.Count)] : rows, probe, golds, constant).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(LintRunner runner, List<LintRow> rows, Probe probe, string[] golds, double constant)
    {
        double sum = 0;
        int graded = 0;
        LintRow? full = null;
        foreach (LintRow row in rows)
        {
            if ((runner.Grader as IProblemRequirement)?.FindFault(row.Problem) is not null)
            {
                continue;
            }

            if (probe.Make(row, golds) is not { } answer || string.Equals(answer, row.Gold, StringComparison.Ordinal))
            {
                continue;
            }

            Grade grade = await runner.GradeAsync(row, answer, !probe.IsHuge).ConfigureAwait(false);
            graded++;
            sum += grade.Score;
            if (grade.Status == GradeStatus.Failed)
            {
                runner.Add(probe.Id, LintSeverity.Error, row.Id, $"The grader fails on {probe.What}: {JsonTexts.Cut(grade.Reason ?? string.Empty, 200)}", "The grader must give a grade for every text: a broken answer is Ungradable or 0.");
                return;
            }

            if (grade.Score >= 1 - 1e-9 && !IsEmptyGold(row))
            {
                full ??= row;
            }
        }

        if (graded == 0 || probe.Rule == ProbeRule.MustNotFail)
        {
            return;
        }

        if (full is not null)
        {
            bool empty = probe.Rule == ProbeRule.NoBetterThanConstant;
            runner.Add(probe.Id, empty ? LintSeverity.Error : LintSeverity.Warning, full.Id, $"The full score goes to {probe.What}.", probe.Cure);
        }
        else if (probe.Rule == ProbeRule.NoBetterThanConstant && sum / graded > Math.Max(constant, 0.05) + 1e-9 && rows.Count > 1)
        {
            runner.Add(probe.Id, LintSeverity.Warning, null,
                string.Create(CultureInfo.InvariantCulture, $"The mean score of {probe.What} is {sum / graded:F3}, above the {constant:F3} of the best constant answer."), probe.Cure);
        }
    }

    // Where nothing is the right answer, nothing may get the full score.
    private static bool IsEmptyGold(LintRow row) => row.Gold is null || row.Gold.Trim() is "" or "{}" or "[]" or "null" or "\"\"" || AllEmpty(row.Gold);

    private static bool AllEmpty(string gold) => ProbeTexts.Map(gold, (_, value) => IsEmpty(value) ? null : "1") is { } mapped && !mapped.Contains(":1", StringComparison.Ordinal);

    private static bool IsEmpty(System.Text.Json.JsonElement value) => JsonTexts.Stringify(value).Trim() is "" or "null" or "[]" or "{}" or "0" or "false";
}
