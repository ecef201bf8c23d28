using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Numbers equal in value; texts that are numbers only where allowed.</summary>
internal sealed class NumberKeyComparer(string type, bool acceptText, bool wholeOnly) : KeyFieldComparer(type)
{
    private protected override string Wants => (wholeOnly ? "a whole number" : "a number") + (acceptText ? "" : " (or set acceptText)");

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (!NumberFieldComparer.TryLiteral(value, acceptText, out ReadOnlySpan<char> literal) || !NumberText.TryWriteKey(literal, ref key))
        {
            return false;
        }

        int exponent = key.Written.LastIndexOf('e');
        return !wholeOnly || exponent < 0 || key.Written[exponent + 1] != '-';
    }

    internal override void WriteParameters(JsonObject json)
    {
        if (acceptText)
        {
            json["accept_text"] = true;
        }
    }
}
