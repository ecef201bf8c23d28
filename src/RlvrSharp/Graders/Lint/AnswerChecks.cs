using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>L9 and L10: the gold answers, and the best answer that does not look at the prompt.</summary>
internal static class AnswerChecks
{
    private const string GoldCure = "Correct the reference or the grader: what cannot be reached cannot be learned.";

    /// <summary>Grades every row's gold answer.</summary>
    /// <param name="runner">Grades.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>A task.</returns>
    public static async Task GoldAsync(LintRunner runner, List<LintRow> rows)
    {
        double best = GradedNodes.Best(runner.Grader);
        var known = new List<(LintRow Row, Grade Grade, bool IsFull)>();
        foreach (LintRow row in rows)
        {
            // Rows that cannot be graded at all are reported by themselves.
            if (row.Gold is { } gold && (runner.Grader as IProblemRequirement)?.FindFault(row.Problem) is null)
            {
                Grade grade = await runner.GradeAsync(row, gold).ConfigureAwait(false);
                if (runner.GaveUp && grade.Status == GradeStatus.Skipped)
                {
                    break;
                }

                known.Add((row, grade, grade.Status == GradeStatus.Graded && grade.Score >= best - 1e-9));
            }
        }

        if (known.Count == 0)
        {
            if (rows.Count > 0)
            {
                runner.Add("L10", LintSeverity.Info, null, "No row has a gold answer that could be graded, so the checks that need one were left out.", "Set GraderLintOptions.GoldAnswer, or give the rows a reference.");
            }

            return;
        }

        runner.GoldScore = known.Average(row => row.Grade.Score);

        // A reference is taken for a gold answer where the grader does not say; if most of them pass as they stand, that was right.
        bool fits = known.Count(row => row.IsFull) * 2 >= known.Count;
        (LintRow Row, Grade Grade, bool IsFull)[] wrong = [.. known.Where(row => !row.IsFull)];
        (LintRow Row, Grade Grade, bool IsFull)[] sure = [.. wrong.Where(row => row.Row.GoldIsCertain || fits || row.Grade.Status == GradeStatus.Failed)];
        if (sure.Length > 0)
        {
            runner.Add("L10", LintSeverity.Error, sure[0].Row.Id, $"{sure.Length} of {known.Count} gold answers do not get the full score from their own grader; the first: {Shown(sure[0].Row, sure[0].Grade)}", GoldCure);
        }
        else if (wrong.Length > 0)
        {
            runner.Add("L10", LintSeverity.Warning, wrong[0].Row.Id, $"{wrong.Length} of {known.Count} references, taken as answers, do not get the full score; the first: {Shown(wrong[0].Row, wrong[0].Grade)}",
                $"If answers have another form than references, all is well: set GraderLintOptions.GoldAnswer to have the right ones checked. Otherwise: {char.ToLowerInvariant(GoldCure[0])}{GoldCure[1..]}");
        }
    }

    /// <summary>Finds the one answer that does best on all rows.</summary>
    /// <param name="runner">Grades.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The answer and its mean score.</returns>
    public static async Task<(string? Answer, double? Score)> ConstantAsync(LintRunner runner, List<LintRow> rows)
    {
        string[] golds = [.. rows.Where(row => row.Gold is not null).Select(row => row.Gold!)];
        if (golds.Length < 2)
        {
            return (null, null);
        }

        // The most frequent gold answers, the majority of each field, and everything at once.
        List<string> candidates = [.. golds.GroupBy(gold => gold, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Select(group => group.Key).Take(10)];
        if (MajorityObject(golds) is { } majority)
        {
            candidates.Add(majority);
        }

        if (ProbeTexts.Union(golds) is { } union)
        {
            candidates.Add(union);
        }

        (string? Answer, double? Score) best = (null, null);
        double elsewhere = 0;
        foreach (string candidate in candidates.Distinct(StringComparer.Ordinal))
        {
            double sum = 0;
            double own = 0;
            int origins = 0;
            foreach (LintRow row in rows)
            {
                double score = (await runner.GradeAsync(row, candidate).ConfigureAwait(false)).Score;
                sum += score;
                if (origins == 0 && string.Equals(row.Gold, candidate, StringComparison.Ordinal))
                {
                    (own, origins) = (score, 1);
                }
            }

            if (best.Score is null || sum / rows.Count > best.Score)
            {
                best = (candidate, sum / rows.Count);
                elsewhere = (sum - own) / Math.Max(1, rows.Count - origins);
            }
        }

        // That an answer is right where it comes from says nothing; among few rows it would be half of the score.
        double without = Math.Min(best.Score ?? 0, elsewhere);
        if (without > runner.Options.MaxConstantScore)
        {
            runner.Add("L9", without >= 0.9 ? LintSeverity.Error : LintSeverity.Warning, null,
                string.Create(CultureInfo.InvariantCulture, $"One answer for all rows, \"{JsonTexts.Cut(best.Answer!, 80)}\", has the mean score {best.Score:F3}: a model can collapse to it."),
                "Balance the rows, weigh the fields that differ, or count wrong values against the score.");
        }

        return best;
    }

    private static string Shown(LintRow row, Grade grade) => string.Create(
        CultureInfo.InvariantCulture,
        $"\"{JsonTexts.Cut(row.Gold!, 60)}\" gets {(grade.Status == GradeStatus.Graded ? $"the score {grade.Score:G4}" : grade.Status.ToString())}{(grade.Reason is null ? "." : $": {JsonTexts.Cut(grade.Reason, 200)}")}");

    private static string? MajorityObject(string[] golds)
    {
        var counts = new Dictionary<string, Dictionary<string, int>>(StringComparer.Ordinal);
        foreach (string gold in golds)
        {
            if (!JsonTexts.TryParse(gold, out JsonElement value, out _) || value.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (JsonProperty property in value.EnumerateObject())
            {
                Dictionary<string, int> count = counts.TryGetValue(property.Name, out Dictionary<string, int>? known) ? known : counts[property.Name] = new(StringComparer.Ordinal);
                string text = JsonTexts.CompactText(property.Value);
                count[text] = count.GetValueOrDefault(text) + 1;
            }
        }

        return JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            foreach ((string name, Dictionary<string, int> values) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(values.OrderByDescending(value => value.Value).ThenBy(value => value.Key, StringComparer.Ordinal).First().Key);
            }

            writer.WriteEndObject();
        });
    }
}
