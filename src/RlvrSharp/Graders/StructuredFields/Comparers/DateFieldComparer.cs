using System.Globalization;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Dates in declared formats, equal as days.</summary>
internal sealed class DateFieldComparer(string[] formats) : KeyFieldComparer("date")
{
    private protected override string Wants => "a date in the form " + string.Join(" or ", formats);

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind != AnswerKind.String || !DateForms.TryRead(value.Text, formats, out DateTime date))
        {
            return false;
        }

        _ = date.TryFormat(key.Reserve(8), out _, "yyyyMMdd", CultureInfo.InvariantCulture);
        return true;
    }

    internal override IEnumerable<string> Validate() => DateForms.Validate(formats);

    internal override void WriteParameters(JsonObject json) => WriteFormats(json, formats);

    internal static void WriteFormats(JsonObject json, string[] formats) =>
        json["formats"] = new JsonArray([.. formats.Select(format => (JsonNode)format)]);
}
