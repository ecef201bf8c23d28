using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>Makes comparers from their JSON: a type's name, or an object with the type and its parameters.</summary>
internal static class ComparerJson
{
    public static readonly string[] Types =
    [
        "inferred", "exact", "text", "number", "integer", "id", "enum", "boolean", "date", "date_time", "duration", "money", "url", "phone",
        "regex", "regex_reference", "similarity", "one_of",
    ];

    /// <summary>Reads the comparer a field's object describes: its <c>type</c> and the parameters that type has.</summary>
    /// <returns>The comparer, or null where none is named or after a problem.</returns>
    public static FieldComparer? Read(JsonObjectReader reader)
    {
        string? type = reader.Text("type");
        switch (type)
        {
            case null:
                return null;
            case "inferred":
                return FieldComparer.Inferred();
            case "exact":
                return FieldComparer.Exact();
            case "text":
                return FieldComparer.Text(
                    reader.Flag("ignore_case", true), reader.Flag("ignore_punctuation"), reader.Flag("ignore_articles"), reader.Flag("compatibility"));
            case "number":
                return FieldComparer.Number(reader.Number("tolerance", 0), reader.Number("relative", 0), reader.Flag("accept_text"));
            case "integer":
                return FieldComparer.Integer(reader.Flag("accept_text"));
            case "id":
                return FieldComparer.Id();
            case "enum":
                return ReadEnum(reader);
            case "boolean":
                return FieldComparer.Boolean(reader.Flag("accept_text"));
            case "date":
                return FieldComparer.Date(reader.Flag("partial_credit"), reader.Texts("formats"));
            case "date_time":
                return ReadDateTime(reader);
            case "duration":
                return FieldComparer.Duration(reader.Text("unit") ?? "seconds");
            case "money":
                return ReadMoney(reader);
            case "url":
                return FieldComparer.Url(reader.Flag("ignore_scheme"), reader.Flag("ignore_www"));
            case "phone":
                return FieldComparer.Phone(reader.Text("default_country"));
            case "regex":
                return ReadRegex(reader);
            case "regex_reference":
                return FieldComparer.ReferenceRegex();
            case "similarity":
                return FieldComparer.Similarity(
                    reader.Number("threshold", 0.8),
                    reader.Flag("ignore_case", true),
                    reader.Flag("ignore_punctuation"),
                    reader.Flag("ignore_articles"),
                    reader.Flag("compatibility"));
            case "one_of":
                return ReadOneOf(reader);
            default:
                reader.Problem("type", $"is \"{type}\", which is not a comparer: {NearestName.Hint(type, Types)}");
                return null;
        }
    }

    private static EnumFieldComparer ReadEnum(JsonObjectReader reader)
    {
        var values = new List<KeyValuePair<string, IReadOnlyList<string>>>();
        string[] names = reader.Texts("values");
        var aliases = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (reader.Value("aliases") is { } json)
        {
            if (json.ValueKind != JsonValueKind.Object)
            {
                reader.Wrong("aliases", json, "an object of lists of texts");
            }
            else
            {
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    bool isList = property.Value.ValueKind == JsonValueKind.Array && property.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);
                    if (!isList)
                    {
                        reader.Wrong("aliases." + property.Name, property.Value, "a list of texts");
                        continue;
                    }

                    aliases[property.Name] = [.. property.Value.EnumerateArray().Select(item => item.GetString()!)];
                }
            }
        }

        foreach (string name in names.Concat(aliases.Keys).Distinct(StringComparer.Ordinal))
        {
            values.Add(new(name, aliases.GetValueOrDefault(name) ?? []));
        }

        return new EnumFieldComparer(values);
    }

    private static FieldComparer? ReadDateTime(JsonObjectReader reader)
    {
        double seconds = reader.Number("tolerance_seconds", 0);
        string[] formats = reader.Texts("formats");
        if (seconds is >= 0 and < 1e9)
        {
            return FieldComparer.DateTime(TimeSpan.FromSeconds(seconds), formats);
        }

        reader.Problem("tolerance_seconds", "must be a number from 0 to 1000000000.");
        return null;
    }

    private static FieldComparer? ReadMoney(JsonObjectReader reader)
    {
        double tolerance = reader.Number("tolerance", 0);
        string separator = reader.Text("decimal_separator") ?? ".";
        if (separator.Length == 1)
        {
            return FieldComparer.Money(tolerance, separator[0]);
        }

        reader.Problem("decimal_separator", $"is \"{separator}\", but it must be \".\" or \",\".");
        return null;
    }

    private static FieldComparer? ReadRegex(JsonObjectReader reader)
    {
        if (reader.Text("pattern") is { } pattern)
        {
            return FieldComparer.Regex(pattern);
        }

        reader.Problem("pattern", "is missing: give the regular expression whose groups are compared.");
        return null;
    }

    private static FieldComparer? ReadOneOf(JsonObjectReader reader)
    {
        if (reader.Value("of") is not { } of)
        {
            return FieldComparer.OneOf();
        }

        FieldComparer? inner = FieldJson.ReadComparer(of, reader, "of");
        return inner is null ? null : FieldComparer.OneOf(inner);
    }
}
