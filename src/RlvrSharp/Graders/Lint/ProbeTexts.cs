using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>Makes cheating answers out of gold answers.</summary>
internal static class ProbeTexts
{
    /// <summary>Another row's gold answer, which is wrong here.</summary>
    /// <param name="gold">This row's.</param>
    /// <param name="all">All rows'.</param>
    /// <returns>A text or null where all are the same.</returns>
    public static string? Other(string gold, IReadOnlyList<string> all) => all.FirstOrDefault(other => !string.Equals(other, gold, StringComparison.Ordinal));

    /// <summary>The gold object, changed; null where it is no object.</summary>
    /// <param name="gold">The gold answer.</param>
    /// <param name="write">Writes the properties.</param>
    /// <returns>JSON or null.</returns>
    public static string? Rewrite(string? gold, Action<Utf8JsonWriter, JsonElement> write)
    {
        if (gold is null || !JsonTexts.TryParse(gold, out JsonElement value, out _) || value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            write(writer, value);
            writer.WriteEndObject();
        });
    }

    /// <summary>The gold object with every value replaced.</summary>
    /// <param name="gold">The gold answer.</param>
    /// <param name="replace">JSON for a key and its value; null leaves it.</param>
    /// <returns>JSON or null.</returns>
    public static string? Map(string? gold, Func<string, JsonElement, string?> replace) => Rewrite(gold, (writer, value) =>
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (replace(property.Name, property.Value) is { } json)
            {
                writer.WriteRawValue(json);
            }
            else
            {
                JsonTexts.WriteValue(writer, property.Value);
            }
        }
    });

    /// <summary>The gold object and further keys.</summary>
    /// <param name="gold">The gold answer.</param>
    /// <param name="count">How many keys.</param>
    /// <param name="json">Their value.</param>
    /// <returns>JSON or null.</returns>
    public static string? Pad(string? gold, int count, string json) => Rewrite(gold, (writer, value) =>
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            JsonTexts.WriteValue(writer, property.Value);
        }

        for (int i = 0; i < count; i++)
        {
            writer.WritePropertyName($"zz_extra_{i}");
            writer.WriteRawValue(json);
        }
    });

    /// <summary>Every value that any gold answer has: lists with all elements, or all texts after each other.</summary>
    /// <param name="golds">The gold answers.</param>
    /// <returns>A text, or null where all are the same.</returns>
    public static string? Union(IReadOnlyList<string> golds)
    {
        string[] distinct = [.. golds.Distinct(StringComparer.Ordinal).Take(50)];
        if (distinct.Length < 2)
        {
            return null;
        }

        var fields = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string gold in distinct)
        {
            if (!JsonTexts.TryParse(gold, out JsonElement value, out _) || value.ValueKind != JsonValueKind.Object)
            {
                return string.Join(", ", distinct);
            }

            foreach (JsonProperty property in value.EnumerateObject())
            {
                List<string> known = fields.TryGetValue(property.Name, out List<string>? list) ? list : fields[property.Name] = [];
                IEnumerable<JsonElement> elements = property.Value.ValueKind == JsonValueKind.Array ? property.Value.EnumerateArray() : [property.Value];
                known.AddRange(elements.Select(JsonTexts.CompactText).Where(text => !known.Contains(text)));
            }
        }

        return JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            foreach ((string name, List<string> values) in fields)
            {
                writer.WriteStartArray(name);
                values.ForEach(text => writer.WriteRawValue(text));
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        });
    }

    /// <summary>A JSON value that is wrong for the given one but of the same kind.</summary>
    /// <param name="value">The right value.</param>
    /// <returns>JSON.</returns>
    public static string Wrong(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => "-987654321",
        JsonValueKind.True => "false",
        JsonValueKind.False => "true",
        JsonValueKind.Array => "[\"zqxv\"]",
        JsonValueKind.Object => "{\"zqxv\":\"zqxv\"}",
        _ => "\"zqxv\"",
    };
}
