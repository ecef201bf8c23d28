using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>
/// Decides how much one value of an answer agrees with the reference's: 1 fully, 0 not at all, in between only where a comparer says so.
/// Comparers are immutable, safe for threads, and know no culture and no clock.
/// </summary>
public abstract partial class FieldComparer
{
    private protected FieldComparer(string type) => Type = type;

    /// <summary>What it is called in grader JSON, such as <c>number</c>.</summary>
    public string Type { get; }

    /// <summary>Whether it is a key comparer: equality is an equivalence, so lists need no pairing.</summary>
    internal virtual bool HasKeys => false;

    /// <summary>Whether a value always matches itself, so that equal texts need no comparing.</summary>
    internal virtual bool IsReflexive => true;

    /// <summary>Whether the reference's value may be a list for it: alternatives, not elements.</summary>
    internal virtual bool TakesLists => false;

    /// <summary>Whether it asks something outside and needs <see cref="StructuredFieldGrader.GradeAsync"/>.</summary>
    internal virtual bool IsDeferred => false;

    /// <summary>Whether grader JSON can name it; functions cannot be written down.</summary>
    internal virtual bool CanExport => true;

    /// <inheritdoc/>
    public override string ToString() => Type;

    /// <summary>Makes a reference value ready; what comes out is given to <see cref="Compare"/>.</summary>
    internal abstract object Prepare(AnswerValue expected);

    /// <summary>The same for a list of alternatives.</summary>
    internal virtual object PrepareList(AnswerTree tree, int index) => throw new FieldValueFault("is a list");

    internal abstract double Compare(object prepared, AnswerValue actual, DeferredScores? deferred);

    /// <summary>Writes the parameters that differ from their defaults, as grader JSON has them.</summary>
    internal virtual void WriteParameters(JsonObject json)
    {
    }

    /// <summary>Names every setting that cannot work.</summary>
    internal virtual IEnumerable<string> Validate() => [];

    internal static string Show(AnswerValue value) => value.Kind switch
    {
        AnswerKind.String => value.Text.Length > 60 ? $"the text \"{value.Text[..60]}…\"" : $"the text \"{value.Text}\"",
        AnswerKind.Number => $"the number {value.Text}",
        AnswerKind.Null => "null",
        AnswerKind.True => "true",
        AnswerKind.False => "false",
        AnswerKind.List => "a list",
        _ => "an object",
    };
}
