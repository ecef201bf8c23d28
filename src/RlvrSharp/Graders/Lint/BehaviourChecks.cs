using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>B-permute, B-monotone, B-threads, and rows of an unknown kind (L15): how scores move when answers, rows or threads do.</summary>
internal static class BehaviourChecks
{
    public static async Task RunAsync(LintRunner runner, List<LintRow> rows)
    {
        await PermutationAsync(runner, rows).ConfigureAwait(false);
        await MonotonicityAsync(runner, rows).ConfigureAwait(false);
        await ThreadsAsync(runner, rows).ConfigureAwait(false);
    }

    /// <summary>L15: a row whose kind the grader does not know must not pass whatever the answer.</summary>
    /// <param name="runner">Grades.</param>
    /// <param name="all">All rows, in which the kinds are looked for.</param>
    /// <returns>A task.</returns>
    public static async Task UnknownKindAsync(LintRunner runner, IReadOnlyList<Problem> all)
    {
        const string unknown = "zqxv_unknown";
        foreach ((string key, int[][] rows) in RowKinds.Of(all))
        {
            Problem known = all[rows[0][0]];
            Problem changed = known with { Item = WithValue(known.Item, key, unknown), Reference = key == "reference" ? unknown : known.Reference };
            if ((runner.Grader as IProblemRequirement)?.FindFault(changed) is null
                && await PassesAsync(changed).ConfigureAwait(false) && !await PassesAsync(known).ConfigureAwait(false))
            {
                runner.Add("L15", LintSeverity.Warning, known.Id,
                    $"With another \"{key}\" in the row, one that the grader does not know, an answer about something else gets the full score.",
                    "Fail closed: return 0, or raise, for a kind that is not handled.");
            }
        }

        async Task<bool> PassesAsync(Problem problem) =>
            await runner.GradeAsync(new LintRow(problem, problem.Id ?? "row", null, false), "zqxv jkwz").ConfigureAwait(false) is { Status: GradeStatus.Graded, Score: >= 1 - 1e-9 };
    }

    private static JsonElement WithValue(JsonElement item, string key, string value) => JsonElement.Parse(JsonTexts.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (JsonProperty property in item.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (property.Name == key)
            {
                writer.WriteStringValue(value);
            }
            else
            {
                JsonTexts.WriteValue(writer, property.Value);
            }
        }

        writer.WriteEndObject();
    }));

    private static async Task PermutationAsync(LintRunner runner, List<LintRow> rows)
    {
        foreach (LintRow row in rows)
        {
            (string What, string? Answer)[] changes = [("keys", ReverseKeys(row.Gold)), ("list elements", ReverseLists(row.Gold))];
            foreach ((string what, string? answer) in changes)
            {
                if (answer is null || answer == row.Gold)
                {
                    continue;
                }

                Grade gold = await runner.GradeAsync(row, row.Gold!).ConfigureAwait(false);
                Grade other = await runner.GradeAsync(row, answer).ConfigureAwait(false);
                if (other.Score < gold.Score - 1e-9)
                {
                    runner.Add("B-permute", what == "keys" ? LintSeverity.Warning : LintSeverity.Info, row.Id,
                        string.Create(CultureInfo.InvariantCulture, $"The gold answer with its {what} in another order gets {other.Score:G4} instead of {gold.Score:G4}."),
                        "If order does not matter, compare by value: use structured_field.");
                    return;
                }
            }
        }
    }

    private static async Task MonotonicityAsync(LintRunner runner, List<LintRow> rows)
    {
        foreach (LintRow row in rows)
        {
            // More and more fields wrong, from none to all: the score must not rise.
            double last = double.PositiveInfinity;
            for (int wrong = 0; ; wrong++)
            {
                int index = 0;
                string? answer = ProbeTexts.Map(row.Gold, (_, value) => index++ < wrong ? ProbeTexts.Wrong(value) : null);
                if (answer is null || wrong > Math.Min(index, 12))
                {
                    break;
                }

                Grade grade = await runner.GradeAsync(row, answer).ConfigureAwait(false);
                if (grade.Score > last + 1e-9)
                {
                    runner.Add("B-monotone", LintSeverity.Warning, row.Id,
                        string.Create(CultureInfo.InvariantCulture, $"With {wrong} fields wrong the answer gets {grade.Score:G4}, with one fewer wrong {last:G4}: a worse answer scores better."),
                        "Make the score rise with every right field.");
                    return;
                }

                last = grade.Score;
            }
        }
    }

    private static async Task ThreadsAsync(LintRunner runner, List<LintRow> rows)
    {
        (LintRow Row, string Answer)[] questions = [.. rows.SelectMany(row => new[] { row.Gold, "zqxv jkwz", "{}" }.OfType<string>().Select(answer => (row, answer)))];
        var alone = new Grade[questions.Length];
        for (int i = 0; i < questions.Length; i++)
        {
            alone[i] = await runner.GradeAsync(questions[i].Row, questions[i].Answer).ConfigureAwait(false);
        }

        if (runner.GaveUp)
        {
            return;
        }

        var together = new Grade[questions.Length];
        await Parallel.ForAsync(0, questions.Length, new ParallelOptions { MaxDegreeOfParallelism = runner.Options.Threads, CancellationToken = runner.CancellationToken }, async (i, cancellationToken) =>
            together[i] = await GuardedGrading.GradeAsync(runner.Grader, "grader", questions[i].Row.Problem, Completion.FromText(questions[i].Answer), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        int at = Enumerable.Range(0, questions.Length).Where(i => !Same(alone[i], together[i])).DefaultIfEmpty(-1).First();
        if (at >= 0)
        {
            runner.Add("B-threads", LintSeverity.Error, questions[at].Row.Id,
                string.Create(CultureInfo.InvariantCulture, $"The answer \"{JsonTexts.Cut(questions[at].Answer, 60)}\" got {Shown(alone[at])} and, graded again on several threads, {Shown(together[at])}."),
                "Remove shared state, clocks and chance from the grader.");
        }
    }

    private static string Shown(Grade grade) => grade.Status == GradeStatus.Graded ? grade.Score.ToString("G6", CultureInfo.InvariantCulture) : grade.Status.ToString();

    private static bool Same(Grade a, Grade b) => a.Status == b.Status && a.Score.Equals(b.Score);

    private static string? ReverseKeys(string? gold) => ProbeTexts.Rewrite(gold, (writer, value) =>
    {
        foreach (JsonProperty property in value.EnumerateObject().Reverse())
        {
            writer.WritePropertyName(property.Name);
            JsonTexts.WriteValue(writer, property.Value);
        }
    });

    private static string? ReverseLists(string? gold) => ProbeTexts.Map(gold, (_, value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 1 ? $"[{string.Join(',', value.EnumerateArray().Reverse().Select(JsonTexts.CompactText))}]" : null);
}
