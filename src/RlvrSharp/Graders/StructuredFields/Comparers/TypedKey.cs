namespace RlvrSharp.Graders;

/// <summary>Keys of values of any type; a text never equals a number that looks like it.</summary>
internal static class TypedKey
{
    public static bool TryWrite(AnswerValue value, TextFoldings? foldings, ref KeyBuffer key)
    {
        switch (value.Kind)
        {
            case AnswerKind.String:
                key.Append('s');
                if (foldings is { } fold)
                {
                    TextFolding.Fold(value.Text, fold, ref key);
                }
                else
                {
                    key.Append(value.Text);
                }

                return true;
            case AnswerKind.Number:
                key.Append('n');
                return NumberText.TryWriteKey(value.Text, ref key);
            case AnswerKind.True:
                key.Append('t');
                return true;
            case AnswerKind.False:
                key.Append('f');
                return true;
            default:
                return false;
        }
    }
}
