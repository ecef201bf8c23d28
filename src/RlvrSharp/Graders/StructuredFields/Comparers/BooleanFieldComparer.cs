using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>true or false; words for them only where allowed.</summary>
internal sealed class BooleanFieldComparer(bool acceptText) : KeyFieldComparer("boolean")
{
    private protected override string Wants => "true or false" + (acceptText ? "" : " (or set acceptText)");

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        bool? truth = value.Kind switch
        {
            AnswerKind.True => true,
            AnswerKind.False => false,
            AnswerKind.String when acceptText => Read(value.Text.Trim()),
            _ => null,
        };
        if (truth is null)
        {
            return false;
        }

        key.Append(truth.Value ? 't' : 'f');
        return true;
    }

    internal override void WriteParameters(JsonObject json)
    {
        if (acceptText)
        {
            json["accept_text"] = true;
        }
    }

    private static bool? Read(ReadOnlySpan<char> text)
    {
        if (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text.Equals("yes", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return text.Equals("false", StringComparison.OrdinalIgnoreCase) || text.Equals("no", StringComparison.OrdinalIgnoreCase) ? false : null;
    }
}
