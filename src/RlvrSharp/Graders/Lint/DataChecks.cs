using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Graders.Lint;

/// <summary>L1, L4, L11 and L12: what the rows show, and rows that the grader cannot use.</summary>
internal static class DataChecks
{
    public static List<LintFinding> Run(IGrader grader, IReadOnlyList<Problem> train, IReadOnlyList<Problem>? validation, GraderLintOptions options)
    {
        var findings = new List<LintFinding>();
        Problem[] all = [.. train, .. validation ?? []];
        CheckRows(findings, grader, all);

        foreach ((string path, IGrader node) in GradedNodes.All(grader))
        {
            if (node is IJsonGrader { Templates: [_, { Key: "reference" } reference] } && reference.Value.IsFixed && node is StringCheckGrader or TextSimilarityGrader)
            {
                CheckReferences(findings, path, node, reference.Value, all);
            }
        }

        findings.AddRange(FieldLikenessCheck.Run(grader, all));
        CheckLeaks(findings, grader, train, validation, options);
        CheckFields(findings, all);
        return findings;
    }

    /// <summary>Rows that the grader itself says it cannot grade.</summary>
    /// <param name="findings">Where they go.</param>
    /// <param name="grader">The grader.</param>
    /// <param name="all">The rows.</param>
    public static void CheckRows(List<LintFinding> findings, IGrader grader, IReadOnlyList<Problem> all)
    {
        if (grader is not IProblemRequirement requirement)
        {
            return;
        }

        (string Row, string Fault)[] faults = [.. all.Select((problem, i) => (RowOf(problem, i), requirement.FindFault(problem)!)).Where(fault => fault.Item2 is not null)];
        if (faults.Length > 0)
        {
            findings.Add(new LintFinding("L10", LintSeverity.Error, faults[0].Row, $"{faults.Length} of {all.Count} rows cannot be graded; the first: {faults[0].Fault}", "Correct or remove these rows."));
        }
    }

    private static string RowOf(Problem problem, int index) => problem.Id ?? $"row {index + 1}";

    private static void CheckReferences(List<LintFinding> findings, string path, IGrader node, GraderTemplate template, Problem[] all)
    {
        Completion none = Completion.FromText(string.Empty);
        var texts = new List<(string Row, string Text)>();
        for (int i = 0; i < all.Length; i++)
        {
            string text = template.Render(all[i], none, out Grade? fault);
            if (fault is null)
            {
                texts.Add((RowOf(all[i], i), text));
            }
        }

        if (texts.Count == 0)
        {
            return;
        }

        if (node is StringCheckGrader { Operation: StringCheckOperation.Like or StringCheckOperation.LikeIgnoringCase } && texts.Find(text => text.Text.Length == 0) is { Row: { } row })
        {
            findings.Add(new LintFinding("L1", LintSeverity.Error, row, $"{path} looks for an empty text, which every answer contains.", "Give the row a reference, or use eq."));
        }

        int rigid = texts.Count(text => FieldLikenessCheck.IsRigid(text.Text));
        if (node is TextSimilarityGrader { Metric: not TextMetric.Cosine } && rigid * 2 > texts.Count)
        {
            (string first, string value) = texts.Find(text => FieldLikenessCheck.IsRigid(text.Text));
            findings.Add(new LintFinding("L4", LintSeverity.Warning, first, $"{path} compares dates, numbers or identifiers (such as \"{JsonTexts.Cut(value, 30)}\") by likeness: a wrong digit still gets most of the score.",
                "Use string_check eq, or structured_field, whose numbers and dates are compared by value."));
        }
        else if (node is TextSimilarityGrader { Metric: not TextMetric.Cosine } && FieldLikenessCheck.IsChoice([.. texts.Select(text => text.Text)]))
        {
            findings.Add(new LintFinding("L4", LintSeverity.Warning, texts[0].Row, $"{path} compares one of a few fixed values (such as \"{JsonTexts.Cut(texts[0].Text, 30)}\") by likeness: a wrong one still gets a part of the score.",
                "Use string_check eq, or structured_field with the comparer enum."));
        }
    }

    private static void CheckLeaks(List<LintFinding> findings, IGrader grader, IReadOnlyList<Problem> train, IReadOnlyList<Problem>? validation, GraderLintOptions options)
    {
        string? firstRow = null;
        int visible = 0;
        for (int i = 0; i < train.Count; i++)
        {
            string? gold = options.GoldAnswer is { } known ? known(train[i]) : GradedNodes.Gold(grader, train[i]).Text;
            if (gold is { Length: >= 3 } && train[i].Prompt.Contains(gold.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                visible++;
                firstRow ??= RowOf(train[i], i);
            }
        }

        if (visible * 10 > train.Count)
        {
            findings.Add(new LintFinding("L11", LintSeverity.Warning, firstRow, $"The whole gold answer stands in the prompt of {visible} of {train.Count} rows: copying is enough.",
                "If the task is to find it there, all is well; else take it out of the prompt."));
        }

        HashSet<string> prompts = [.. train.Select(problem => problem.Prompt.Trim()).Where(prompt => prompt.Length > 0)];
        (int Index, Problem Item)[] shared = [.. (validation ?? []).Index().Where(pair => prompts.Contains(pair.Item.Prompt.Trim()))];
        if (shared.Length > 0)
        {
            findings.Add(new LintFinding("L11", LintSeverity.Error, RowOf(shared[0].Item, shared[0].Index), $"{shared.Length} of {validation!.Count} validation prompts are also training prompts, so the validation score measures memory.",
                "Remove them from one of the two files."));
        }
    }

    private static void CheckFields(List<LintFinding> findings, Problem[] all)
    {
        var fields = new SortedDictionary<string, (int Rows, int Nulls, HashSet<string> Values)>(StringComparer.Ordinal);
        int objects = 0;
        foreach (Problem problem in all)
        {
            if (problem.Reference is null || !JsonTexts.TryParse(problem.Reference, out JsonElement reference, out _) || reference.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            objects++;
            foreach (JsonProperty property in reference.EnumerateObject())
            {
                (int rows, int nulls, HashSet<string> values) = fields.GetValueOrDefault(property.Name, (0, 0, []));
                bool isNull = property.Value.ValueKind == JsonValueKind.Null;
                if (!isNull)
                {
                    values.Add(JsonTexts.CompactText(property.Value));
                }

                fields[property.Name] = (rows + 1, nulls + (isNull ? 1 : 0), values);
            }
        }

        foreach ((string name, (int rows, int nulls, HashSet<string> values)) in fields)
        {
            int absent = objects - rows + nulls;
            if (objects >= 5 && absent < objects && absent * 10 > objects * 9)
            {
                findings.Add(new LintFinding("L12", LintSeverity.Warning, null, string.Create(CultureInfo.InvariantCulture, $"The field \"{name}\" is missing or null in {absent} of {objects} references, so always leaving it out is nearly right."),
                    "Add rows that have it, or drop it."));
            }
            else if (objects >= 5 && values.Count == 1 && absent == 0)
            {
                findings.Add(new LintFinding("L12", LintSeverity.Warning, null, $"The field \"{name}\" is {JsonTexts.Cut(values.First(), 40)} in every reference, so nothing is learned from it.",
                    "Add rows where it differs, or drop it."));
            }
        }
    }
}
