using System.Globalization;
using System.Text;

namespace RlvrSharp.Graders;

/// <summary>Looks at all references of a dataset and says what fields they have, so that a person can check it, and options that declare them.</summary>
public sealed class FieldInference
{
    private FieldInference(int references, IReadOnlyList<InferredField> fields, StructuredFieldGraderOptions options) =>
        (References, Fields, Options) = (references, fields, options);

    /// <summary>How many references were looked at.</summary>
    public int References { get; }

    /// <summary>What was found, parents before what is within them.</summary>
    public IReadOnlyList<InferredField> Fields { get; }

    /// <summary>Options that declare what was found; grading with them differs from grading without any only in that a key some references lack is known.</summary>
    public StructuredFieldGraderOptions Options { get; }

    /// <summary>Looks at references.</summary>
    /// <param name="references">JSON objects, one per row.</param>
    /// <returns>What they have in common.</returns>
    /// <exception cref="DataException">A reference is not one JSON object; the message says which, counted from 1.</exception>
    public static FieldInference FromReferences(IEnumerable<string> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        var root = new InferenceNode("");
        var limits = new StructuredFieldGraderOptions();
        var tree = new AnswerTree();
        int count = 0;
        foreach (string text in references)
        {
            count++;
            AnswerFault fault = tree.Parse(text, 0, text.Length, limits.MaxDepth, emptyIsAbsent: false, mayTrail: false, out int position);
            if (fault != AnswerFault.None || tree[0].Kind != AnswerKind.Object)
            {
                string why = fault == AnswerFault.None ? $"it is {FieldComparer.Show(tree.Value(0))}" : AnswerTree.Describe(fault, text, position, limits.MaxDepth);
                throw new DataException(string.Create(CultureInfo.InvariantCulture, $"Reference {count} is not one JSON object: {why}. Correct the row."));
            }

            root.Add(tree, 0);
        }

        var fields = new List<InferredField>();
        var options = new StructuredFieldGraderOptions();
        root.Report(fields, options);
        return new FieldInference(count, fields, options);
    }

    /// <summary>The findings as a table of plain text.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        int width = Math.Max(5, Fields.Select(field => field.Path.Length).DefaultIfEmpty().Max());
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{References} references\n{"field".PadRight(width)}  kind        comparer  present absent distinct  examples\n");
        foreach (InferredField field in Fields)
        {
            text.Append(CultureInfo.InvariantCulture, $"{field.Path.PadRight(width)}  {field.Kind,-10}  {field.Comparer,-8}  {field.Present,7} {field.Absent,6} {field.Distinct,8}  ");
            text.Append(CultureInfo.InvariantCulture, $"{string.Join(" | ", field.Examples)}\n");
            if (field.Note is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{new string(' ', width)}  note: {field.Note}\n");
            }
        }

        return text.ToString();
    }
}
