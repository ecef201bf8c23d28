using System.Text.Json;
using System.Text.RegularExpressions;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>L4 within structured fields: a field that is compared by edit distance while its references are dates, numbers or identifiers.</summary>
internal static partial class FieldLikenessCheck
{
    public static IEnumerable<LintFinding> Run(IGrader grader, IReadOnlyList<Problem> all)
    {
        foreach ((string path, IGrader node) in GradedNodes.All(grader))
        {
            StructuredFieldGraderOptions? options = (node as StructuredFieldGrader)?.GetOptions() ?? (node as StructuredFieldJsonGrader)?.Options;
            FieldOptions[] similar = [.. options?.Fields.Where(field => field.Comparer is SimilarityFieldComparer or OneOfFieldComparer { Inner: SimilarityFieldComparer }) ?? []];
            if (similar.Length == 0)
            {
                continue;
            }

            (string Row, JsonElement Reference)[] rows = [.. References(node, all)];
            foreach (FieldOptions field in similar)
            {
                if (Check(path, field, rows) is { } finding)
                {
                    yield return finding;
                }
            }
        }
    }

    /// <summary>Whether a text is a date, a number or an identifier, of which no part may be wrong.</summary>
    /// <param name="text">A reference.</param>
    /// <returns>Whether it looks so.</returns>
    public static bool IsRigid(string text) => Rigid().IsMatch(text.Trim());

    /// <summary>Whether texts are a choice among a few fixed values.</summary>
    /// <param name="texts">The references.</param>
    /// <returns>Whether they look so.</returns>
    public static bool IsChoice(IReadOnlyList<string> texts)
    {
        int distinct = texts.Distinct(StringComparer.Ordinal).Count();
        return texts.Count >= 12 && distinct is >= 2 and <= 10 && distinct * 3 <= texts.Count && texts.All(text => text.Length <= 40);
    }

    private static LintFinding? Check(string path, FieldOptions field, (string Row, JsonElement Reference)[] rows)
    {
        (string Row, string Text)[] values = [.. rows.SelectMany(row => ValuesAt(row.Reference, FieldPath.Split(field.Path, out _) ?? [], 0).Select(text => (row.Row, text)))];
        (string Row, string Text)[] rigid = [.. values.Where(value => IsRigid(value.Text))];
        if (rigid.Length * 2 <= values.Length)
        {
            return !IsChoice([.. values.Select(value => value.Text)])
                ? null
                : new LintFinding("L4", LintSeverity.Warning, values[0].Row, $"{path} compares \"{field.Path}\", one of a few fixed values (such as \"{JsonTexts.Cut(values[0].Text, 30)}\"), by likeness: a wrong one still gets a part of the score.",
                    "Give the field the comparer enum.");
        }

        return new LintFinding("L4", LintSeverity.Warning, rigid[0].Row, $"{path} compares the dates, numbers or identifiers of \"{field.Path}\" (such as \"{JsonTexts.Cut(rigid[0].Text, 30)}\") by likeness: a wrong digit still gets most of the score.",
                "Give the field the comparer date, number, money or id.");
    }

    private static IEnumerable<(string Row, JsonElement Reference)> References(IGrader node, IReadOnlyList<Problem> all)
    {
        for (int i = 0; i < all.Count; i++)
        {
            Grade? fault = null;
            string? text = node is StructuredFieldJsonGrader json
                ? json.Templates[1].Value.Render(all[i], Completion.FromText("{}"), out fault)
                : all[i].Reference;
            if (fault is null && text is not null && JsonTexts.TryParse(text, out JsonElement reference, out _))
            {
                yield return (all[i].Id ?? $"row {i + 1}", reference);
            }
        }
    }

    // A list stands for each of its elements, as in field paths.
    private static IEnumerable<string> ValuesAt(JsonElement value, IReadOnlyList<string> names, int at) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(element => ValuesAt(element, names, at)),
        JsonValueKind.Object when at < names.Count => JsonTexts.TryGet(value, names[at], out JsonElement inner) ? ValuesAt(inner, names, at + 1) : [],
        JsonValueKind.String or JsonValueKind.Number when at == names.Count => [JsonTexts.Stringify(value)],
        _ => [],
    };

    [GeneratedRegex(@"^([-+]?[$€£]?[0-9][0-9.,]*%?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?|[A-Z]{0,5}[-_/]?[0-9][A-Z0-9_/-]*|[A-Z]{1,4})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rigid();
}
