using System.Globalization;

namespace RlvrSharp.Graders;

/// <summary>What was seen at one path over all references.</summary>
internal sealed class InferenceNode(string path)
{
    private const int KeptValues = 10_000;
    private const int ShownExamples = 3;

    private readonly int[] kinds = new int[7]; // [AnswerKind]
    private readonly List<InferenceNode> members = [];
    private readonly Dictionary<string, InferenceNode> byName = new(StringComparer.Ordinal);
    private readonly HashSet<string> values = new(StringComparer.Ordinal);
    private readonly List<string> examples = [];
    private int present;
    private int lists;
    private int objects;
    private bool looksLikeDates = true;
    private bool looksLikeUrls = true;

    public void Add(AnswerTree tree, int index)
    {
        AnswerKind kind = tree[index].Kind;
        if (kind == AnswerKind.List)
        {
            lists++;
            present += tree[index].HasValue ? 1 : 0;
            for (int child = index + 1; child < tree[index].End; child = tree[child].End)
            {
                if (tree[child].HasValue)
                {
                    AddValue(tree, child);
                }
            }

            return;
        }

        present += tree[index].HasValue ? 1 : 0;
        AddValue(tree, index);
    }

    public void Report(List<InferredField> fields, StructuredFieldGraderOptions options)
    {
        foreach (InferenceNode member in members)
        {
            member.ReportSelf(fields, options, objects);
        }
    }

    private void AddValue(AnswerTree tree, int index)
    {
        AnswerKind kind = tree[index].Kind;
        kinds[(int)kind]++;
        if (kind == AnswerKind.Object)
        {
            objects++;
            for (int child = index + 1; child < tree[index].End; child = tree[child].End)
            {
                string name = tree.Name(child).ToString();
                if (!byName.TryGetValue(name, out InferenceNode? member))
                {
                    byName.Add(name, member = new InferenceNode(FieldPath.Join(path.Length == 0 || lists == 0 ? path : path + "[]", name)));
                    members.Add(member);
                }

                member.Add(tree, child);
            }
        }
        else if (kind is not (AnswerKind.Null or AnswerKind.List))
        {
            AddLeaf(kind, Reference.Show(tree, index));
        }
    }

    private void AddLeaf(AnswerKind kind, string text)
    {
        looksLikeDates &= kind == AnswerKind.String && DateForms.TryRead(text, ["yyyy-MM-dd"], out _);
        looksLikeUrls &= kind == AnswerKind.String && text.Contains("://", StringComparison.Ordinal);
        if (values.Count < KeptValues && values.Add(text) && examples.Count < ShownExamples)
        {
            examples.Add(text.Length > 40 ? text[..40] + "…" : text);
        }
    }

    private void ReportSelf(List<InferredField> fields, StructuredFieldGraderOptions options, int places)
    {
        int texts = kinds[(int)AnswerKind.String], numbers = kinds[(int)AnswerKind.Number];
        int booleans = kinds[(int)AnswerKind.True] + kinds[(int)AnswerKind.False];
        int inner = kinds[(int)AnswerKind.List];
        string[] seen =
        [
            .. new[] { ("text", texts), ("number", numbers), ("boolean", booleans), ("object", objects), ("list", inner) }
                .Where(pair => pair.Item2 > 0).Select(pair => pair.Item1),
        ];
        FieldComparer? comparer = seen switch
        {
            ["text"] => FieldComparer.Text(),
            ["number"] => FieldComparer.Number(),
            ["boolean"] => FieldComparer.Boolean(),
            _ => null,
        };
        string kind = seen.Length == 0 ? "nothing" : string.Join("/", seen);
        string own = lists > 0 ? path + "[]" : path;
        fields.Add(new InferredField(
            own, lists > 0 ? "list of " + kind : kind, comparer?.Type ?? "inferred", present, Math.Max(0, places - present), values.Count, examples, Note(seen, places)));
        options.Fields.Add(new FieldOptions { Path = own, Comparer = comparer });
        if (seen is ["object"])
        {
            Report(fields, options);
        }
    }

    private string? Note(string[] seen, int places) => seen switch
    {
        [] => "never has a value: any answer here is wrong",
        { Length: > 1 } => "values are of several kinds: a text never equals a number or an object",
        ["text"] when looksLikeDates => "looks like dates: declare FieldComparer.Date(…) with the formats you accept",
        ["text"] when looksLikeUrls => "looks like web addresses: declare FieldComparer.Url()",
        ["text" or "number"] when values.Count == 1 && present >= 10 => "never varies: it teaches nothing and lifts every score",
        ["text"] when values.Count <= 10 && present >= 10 * values.Count =>
            string.Create(CultureInfo.InvariantCulture, $"has only {values.Count} values: declare FieldComparer.Enum(…) if no others are possible"),
        _ when present * 10 < places => "has a value in fewer than one place in ten: leaving it out is mostly right",
        _ => null,
    };
}
