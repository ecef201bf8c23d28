using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Texts that are equal after normalising.</summary>
internal sealed class TextFieldComparer(TextFoldings foldings) : KeyFieldComparer("text")
{
    private protected override string Wants => "a text";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind != AnswerKind.String)
        {
            return false;
        }

        TextFolding.Fold(value.Text, foldings, ref key);
        return true;
    }

    internal override void WriteParameters(JsonObject json) => WriteFoldings(json, foldings);

    internal static void WriteFoldings(JsonObject json, TextFoldings foldings)
    {
        if ((foldings & TextFoldings.Case) == 0)
        {
            json["ignore_case"] = false;
        }

        if ((foldings & TextFoldings.Punctuation) != 0)
        {
            json["ignore_punctuation"] = true;
        }

        if ((foldings & TextFoldings.Articles) != 0)
        {
            json["ignore_articles"] = true;
        }

        if ((foldings & TextFoldings.Compatibility) != 0)
        {
            json["compatibility"] = true;
        }
    }
}
