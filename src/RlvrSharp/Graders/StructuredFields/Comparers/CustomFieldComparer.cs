namespace RlvrSharp.Graders;

/// <summary>Asks a function of the user's.</summary>
internal sealed class CustomFieldComparer(string name, Func<string, string, double> compare) : FieldComparer(name)
{
    internal override bool CanExport => false;

    internal override bool IsReflexive => false;

    internal override object Prepare(AnswerValue expected) => expected.Text.ToString();

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred) =>
        actual.Kind >= AnswerKind.List ? 0 : Checked(this, compare((string)prepared, actual.Text.ToString()));

    internal static double Checked(FieldComparer comparer, double score) => score is >= 0 and <= 1
        ? score
        : throw new InvalidOperationException(FormattableString.Invariant(
            $"The comparer '{comparer.Type}' returned {score}: a comparer returns how much two values agree, from 0 to 1."));
}
