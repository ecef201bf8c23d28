using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A text for a JSON value, the same for equal values only: numbers by value (1, 1.0 and 10e-1 are one), objects whatever the order of their keys.</summary>
internal static class JsonValueKey
{
    /// <summary>The key of a value.</summary>
    /// <param name="value">Any value, also one with half surrogate pairs or numbers beyond every number type.</param>
    /// <returns>A text to compare ordinally.</returns>
    public static string Of(JsonElement value)
    {
        var builder = new StringBuilder();
        Append(builder, value);
        return builder.ToString();
    }

    /// <summary>Whether a number is whole, as 1, 1.0 and 1e400 are.</summary>
    /// <param name="number">A JSON number.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsInteger(JsonElement number)
    {
        var key = new KeyBuffer(stackalloc char[64]);
        bool known = NumberText.TryWriteKey(number.GetRawText(), ref key);

        // The key is digits that end in no zero, and a power of ten.
        int exponent = key.Written.IndexOf('e');
        bool whole = known && (exponent < 0 || key.Written[exponent + 1] != '-');
        key.Dispose();
        return whole;
    }

    private static void Append(StringBuilder builder, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    members[JsonTexts.NameOf(property)] = property.Value;
                }

                builder.Append('{');
                foreach ((string name, JsonElement member) in members)
                {
                    AppendText(builder, name);
                    Append(builder, member);
                }

                builder.Append('}');
                break;
            case JsonValueKind.Array:
                builder.Append('[');
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Append(builder, element);
                }

                builder.Append(']');
                break;
            case JsonValueKind.String:
                AppendText(builder, JsonTexts.Read(value));
                break;
            case JsonValueKind.Number:
                AppendNumber(builder, value.GetRawText());
                break;
            default:
                builder.Append(value.ValueKind switch { JsonValueKind.True => 't', JsonValueKind.False => 'f', _ => 'n' });
                break;
        }
    }

    // The length before the text, so that no text can look like the end of itself and the beginning of another value.
    private static void AppendText(StringBuilder builder, string text) => builder.Append(CultureInfo.InvariantCulture, $"\"{text.Length}:").Append(text);

    private static void AppendNumber(StringBuilder builder, string literal)
    {
        var key = new KeyBuffer(stackalloc char[64]);

        // An exponent beyond reason is equal only to itself.
        builder.Append(NumberText.TryWriteKey(literal, ref key) ? key.Written : literal).Append(';');
        key.Dispose();
    }
}
