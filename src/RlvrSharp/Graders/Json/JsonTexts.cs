using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Reads and writes JSON texts without ever throwing on what a model may produce.</summary>
internal static class JsonTexts
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Parses a text that must be exactly one JSON value, at most 64 deep, without a key given twice in one object.</summary>
    /// <param name="text">The text, from a model.</param>
    /// <param name="value">The value.</param>
    /// <param name="problem">Why it is no JSON, for people.</param>
    /// <returns>Whether it parsed.</returns>
    public static bool TryParse(string text, out JsonElement value, out string? problem)
    {
        try
        {
            value = JsonElement.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            problem = null;
            return true;
        }
        catch (JsonException error)
        {
            problem = error.Message;
        }
        catch (ArgumentException)
        {
            problem = "half of a surrogate pair stands alone.";
        }
        catch (InvalidOperationException)
        {
            problem = "a name holds half of a surrogate pair.";
        }

        value = default;
        return false;
    }

    /// <summary>The text of a JSON string, also where it holds half a surrogate pair (which <see cref="JsonElement.GetString"/> refuses).</summary>
    /// <param name="value">A JSON string.</param>
    /// <returns>The text.</returns>
    public static string Read(JsonElement value)
    {
        try
        {
            return value.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            return Unescape(value.GetRawText().AsSpan()[1..^1]);
        }
    }

    /// <summary>A property, or false also where the object cannot be searched (not an object, a name with half a surrogate pair).</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">The key.</param>
    /// <param name="property">The value of the key.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGet(JsonElement value, string name, out JsonElement property)
    {
        property = default;
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        try
        {
            return value.TryGetProperty(name, out property);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A value as templates write it: strings bare, numbers as written in the row, everything else as compact JSON.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The text.</returns>
    public static string Stringify(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Read(value),
        JsonValueKind.Object or JsonValueKind.Array => CompactText(value),
        JsonValueKind.Undefined => string.Empty,
        _ => value.GetRawText(),
    };

    /// <summary>The value as JSON without white space, numbers and key order as they stand.</summary>
    /// <param name="value">The value.</param>
    /// <returns>JSON.</returns>
    public static string CompactText(JsonElement value)
    {
        var builder = new StringBuilder();
        Append(builder, value);
        return builder.ToString();
    }

    /// <summary>Runs a writer and gives what it wrote.</summary>
    /// <param name="write">Writes one value.</param>
    /// <returns>JSON.</returns>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes a value; half surrogate pairs become U+FFFD, since no UTF-8 text can hold them.</summary>
    /// <param name="writer">The destination.</param>
    /// <param name="value">The value.</param>
    public static void WriteValue(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    writer.WritePropertyName(Whole(NameOf(property)));
                    WriteValue(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    WriteValue(writer, element);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Whole(Read(value)));
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteRawValue(value.GetRawText());
                break;
        }
    }

    /// <summary>The text with each half surrogate pair replaced by U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>Well-formed UTF-16.</returns>
    public static string Whole(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
                continue;
            }

            var builder = new StringBuilder(text.Length);
            foreach (Rune rune in text.EnumerateRunes())
            {
                builder.Append(rune);
            }

            return builder.ToString();
        }

        return text;
    }

    /// <summary>Cuts a value for an error message.</summary>
    /// <param name="text">A text of any length.</param>
    /// <param name="length">How much of it to keep.</param>
    /// <returns>The text or its beginning and an ellipsis.</returns>
    public static string Cut(string text, int length = 80) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length), "…");

    /// <summary>A property's name; U+FFFD where it holds half a surrogate pair, which the platform refuses to read.</summary>
    /// <param name="property">A property.</param>
    /// <returns>Its name.</returns>
    public static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }

    private static void Append(StringBuilder builder, JsonElement value)
    {
        char before;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                before = '{';
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    AppendText(builder.Append(before), NameOf(property));
                    Append(builder.Append(':'), property.Value);
                    before = ',';
                }

                builder.Append(before == '{' ? "{}" : "}");
                break;
            case JsonValueKind.Array:
                before = '[';
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Append(builder.Append(before), element);
                    before = ',';
                }

                builder.Append(before == '[' ? "[]" : "]");
                break;
            case JsonValueKind.String:
                AppendText(builder, Read(value));
                break;
            default:
                builder.Append(value.ValueKind == JsonValueKind.Undefined ? "null" : value.GetRawText());
                break;
        }
    }

    // Escapes what JSON must escape and nothing else: people and judges read these texts, and answers are compared with them.
    private static void AppendText(StringBuilder builder, string text)
    {
        builder.Append('"');
        foreach (char letter in Whole(text))
        {
            _ = letter switch
            {
                '"' or '\\' => builder.Append('\\').Append(letter),
                '\n' => builder.Append("\\n"),
                '\r' => builder.Append("\\r"),
                '\t' => builder.Append("\\t"),
                '\b' => builder.Append("\\b"),
                '\f' => builder.Append("\\f"),
                < ' ' => builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => builder.Append(letter),
            };
        }

        builder.Append('"');
    }

    private static string Unescape(ReadOnlySpan<char> raw)
    {
        var builder = new StringBuilder(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\' || i + 1 >= raw.Length)
            {
                builder.Append(raw[i]);
                continue;
            }

            char escape = raw[++i];
            if (escape == 'u' && i + 4 < raw.Length && ushort.TryParse(raw.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                builder.Append((char)code);
                i += 4;
                continue;
            }

            builder.Append(escape switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => escape });
        }

        return builder.ToString();
    }
}
