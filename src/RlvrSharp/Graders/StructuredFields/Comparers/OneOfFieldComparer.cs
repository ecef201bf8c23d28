using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>The reference lists the values that are accepted; the answer gives one of them. A single value is a list of one.</summary>
internal sealed class OneOfFieldComparer(FieldComparer inner) : FieldComparer("one_of")
{
    internal FieldComparer Inner => inner;

    internal override bool TakesLists => true;

    internal override bool IsReflexive => false;

    internal override bool IsDeferred => inner.IsDeferred;

    internal override bool CanExport => inner.CanExport;

    internal override object Prepare(AnswerValue expected) => new[] { inner.Prepare(expected) };

    internal override object PrepareList(AnswerTree tree, int index)
    {
        var accepted = new List<object>();
        for (int child = index + 1; child < tree[index].End; child = tree[child].End)
        {
            if (tree[child].Kind >= AnswerKind.List)
            {
                throw new FieldValueFault("lists objects or lists, but the comparer 'one_of' chooses among single values");
            }

            if (tree[child].HasValue)
            {
                accepted.Add(inner.Prepare(tree.Value(child)));
            }
        }

        return accepted.ToArray();
    }

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        double best = 0;
        foreach (object accepted in (object[])prepared)
        {
            best = Math.Max(best, inner.Compare(accepted, actual, deferred));
        }

        return best;
    }

    internal override IEnumerable<string> Validate() => inner is OneOfFieldComparer ? ["its values are themselves one_of: use one level"] : inner.Validate();

    internal override void WriteParameters(JsonObject json)
    {
        if (inner is not InferredFieldComparer)
        {
            var values = new JsonObject { ["type"] = inner.Type };
            inner.WriteParameters(values);
            json["of"] = values.Count == 1 ? inner.Type : values;
        }
    }
}
