namespace RlvrSharp.Graders;

/// <summary>Identifiers: every character counts, only white space around them does not. A number's digits are compared as they are written.</summary>
internal sealed class IdFieldComparer() : KeyFieldComparer("id")
{
    private protected override string Wants => "a text or a number";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind is not (AnswerKind.String or AnswerKind.Number))
        {
            return false;
        }

        key.Append(value.Text.Trim());
        return true;
    }
}
