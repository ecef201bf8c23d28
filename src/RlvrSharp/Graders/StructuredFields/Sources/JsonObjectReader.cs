using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>Reads a JSON object key by key, collects what is wrong with it, and names the keys nobody asked for.</summary>
internal sealed class JsonObjectReader(JsonElement json, string path, List<KeyValuePair<string, string>> problems)
{
    private readonly List<string> known = [];

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    public void Problem(string key, string text) => problems.Add(new(PathOf(key), text));

    public bool IsText(string key) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String;

    public JsonElement? Value(string key)
    {
        known.Add(key);
        return json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? Text(string key)
    {
        JsonElement? value = Value(key);
        if (value is null or { ValueKind: JsonValueKind.String })
        {
            return value?.GetString();
        }

        Wrong(key, value.Value, "a text");
        return null;
    }

    public double Number(string key, double fallback)
    {
        if (Value(key) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number))
        {
            return number;
        }

        Wrong(key, value, "a number");
        return fallback;
    }

    public double? OptionalNumber(string key)
    {
        double number = Number(key, double.NaN);
        return double.IsNaN(number) ? null : number;
    }

    public int WholeNumber(string key, int fallback)
    {
        if (Value(key) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number))
        {
            return number;
        }

        Wrong(key, value, "a whole number");
        return fallback;
    }

    public bool Flag(string key, bool fallback = false)
    {
        if (Value(key) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Wrong(key, value, "true or false");
        return fallback;
    }

    /// <summary>A list of texts; one text alone is a list of one.</summary>
    public string[] Texts(string key)
    {
        if (Value(key) is not { } value)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return [value.GetString()!];
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        }

        Wrong(key, value, "a list of texts");
        return [];
    }

    public T Word<T>(string key, IReadOnlyDictionary<string, T> words, T fallback)
    {
        string? text = Text(key);
        if (text is null)
        {
            return fallback;
        }

        if (words.TryGetValue(text, out T? value))
        {
            return value;
        }

        Problem(key, $"is \"{text}\", which is not one of its values: {NearestName.Hint(text, [.. words.Keys])}");
        return fallback;
    }

    public void Wrong(string key, JsonElement value, string wanted)
    {
        string text = value.GetRawText();
        Problem(key, string.Create(CultureInfo.InvariantCulture, $"is {(text.Length > 60 ? text[..60] + "…" : text)}, but it must be {wanted}."));
    }

    /// <summary>Reports the keys that were not asked for; to be called last.</summary>
    public void Finish(string what)
    {
        foreach (JsonProperty property in json.EnumerateObject().Where(property => !known.Contains(property.Name)))
        {
            Problem(property.Name, $"is no key of {what}: {NearestName.Hint(property.Name, known)}");
        }
    }
}
