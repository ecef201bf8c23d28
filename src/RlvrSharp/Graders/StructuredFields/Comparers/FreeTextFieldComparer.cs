namespace RlvrSharp.Graders;

/// <summary>Asks something slow, such as an embedding model or a judge.</summary>
internal sealed class FreeTextFieldComparer(string name, Func<string, string, CancellationToken, ValueTask<double>> compare) : FieldComparer(name)
{
    internal override bool IsDeferred => true;

    internal override bool CanExport => false;

    internal override object Prepare(AnswerValue expected) => expected.Text.ToString();

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        if (actual.Kind >= AnswerKind.List)
        {
            return 0;
        }

        string text = actual.Text.ToString();
        return text.Equals((string)prepared, StringComparison.Ordinal) ? 1 : deferred!.Ask(this, (string)prepared, text);
    }

    internal async ValueTask<double> AskAsync(string expected, string actual, CancellationToken cancellationToken) =>
        CustomFieldComparer.Checked(this, await compare(expected, actual, cancellationToken).ConfigureAwait(false));
}
