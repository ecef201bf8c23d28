using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Jobs;

/// <summary>
/// Reads one JSON object key by key, collecting every problem: a value of the wrong kind, a number out of range, and in the end each
/// key that nothing asked for, with the nearest one that something did.
/// </summary>
internal sealed class JobReader
{
    private readonly JsonElement json;
    private readonly string path;
    private readonly List<string> problems;
    private readonly List<string> asked = [];

    public JobReader(JsonElement json, string path, List<string> problems)
    {
        this.json = json;
        this.path = path;
        this.problems = problems;
        if (json.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
        {
            problems.Add($"{(path.Length == 0 ? "the job" : path)} is {Shown(json)}, but it must be an object.");
            this.json = default;
        }
    }

    /// <summary>Whether a key is there and not null.</summary>
    public bool Has(string key)
    {
        asked.Add(key);
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>The raw value of a key, or undefined.</summary>
    public JsonElement Raw(string key) => Has(key) ? json.GetProperty(key) : default;

    public JobReader Object(string key) => new(Raw(key), Name(key), problems);

    public string? Text(string key, bool required = false)
    {
        JsonElement value = Raw(key);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            if (required)
            {
                problems.Add($"{Name(key)} is missing: give it a text.");
            }

            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            // Half of a surrogate pair is read as U+FFFD; it names nothing then, and is reported as that.
            string text = JsonTexts.Read(value);
            if (!string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }
        }

        problems.Add($"{Name(key)} is {Shown(value)}, but it must be a text.");
        return null;
    }

    /// <summary>One of a few words; <c>null</c> if absent or wrong.</summary>
    public string? Choice(string key, params IReadOnlyCollection<string> choices)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (choices.Contains(text))
        {
            return text;
        }

        problems.Add($"{Name(key)} is \"{text}\": {NearestName.Hint(text, choices)}");
        return null;
    }

    /// <summary>A list of a few words, or null.</summary>
    public IReadOnlyList<string>? Choices(string key, IReadOnlyCollection<string> choices)
    {
        JsonElement value = Raw(key);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.String))
        {
            problems.Add($"{Name(key)} is {Shown(value)}, but it must be a list of texts.");
            return null;
        }

        string[] texts = [.. value.EnumerateArray().Select(JsonTexts.Read)];
        problems.AddRange(texts.Where(text => !choices.Contains(text)).Select(text => $"{Name(key)} holds \"{text}\": {NearestName.Hint(text, choices)}"));
        return texts;
    }

    public bool? Flag(string key)
    {
        JsonElement value = Raw(key);
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined:
                return null;
            case JsonValueKind.True or JsonValueKind.False:
                return value.GetBoolean();
            default:
                problems.Add($"{Name(key)} is {Shown(value)}, but it must be true or false.");
                return null;
        }
    }

    public int? Whole(string key, long min, long max = int.MaxValue) => (int?)Number(key, min, max, whole: true);

    public ulong? Seed(string key)
    {
        JsonElement value = Raw(key);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong seed))
        {
            return seed;
        }

        problems.Add($"{Name(key)} is {Shown(value)}, but it must be a whole number, 0 or more.");
        return null;
    }

    /// <summary>Refuses a key where it is given, though it is known.</summary>
    public void Refuse(string key, string reason)
    {
        if (Has(key))
        {
            problems.Add($"{Name(key)} is {Shown(Raw(key))}, but {reason}");
        }
    }

    public double? Number(string key, double min, double max = double.MaxValue, bool minExclusive = false, bool whole = false)
    {
        JsonElement value = Raw(key);
        if (value.ValueKind == JsonValueKind.Undefined || (value.ValueKind == JsonValueKind.String && value.ValueEquals("auto")))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            && (minExclusive ? number > min : number >= min) && number <= max && (!whole || number == Math.Floor(number)))
        {
            return number;
        }

        string kind = whole ? "a whole number" : "a number";
        string lower = string.Create(CultureInfo.InvariantCulture, $"{(minExclusive ? "above" : "of at least")} {min}");
        string upper = max is double.MaxValue or int.MaxValue ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" and at most {max}");
        problems.Add($"{Name(key)} is {Shown(value)}, but it must be {kind} {lower}{upper}.");
        return null;
    }

    /// <summary>Notes a fault of a key's value that the reader itself cannot see.</summary>
    public void Fault(string key, string rule) => problems.Add($"{Name(key)} {rule}");

    /// <summary>Accepts keys that have no meaning here, so that a job body from elsewhere runs as it is.</summary>
    public void Ignore(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            Has(key);
        }
    }

    /// <summary>Names the keys that nothing asked for.</summary>
    public void Finish()
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!asked.Contains(property.Name, StringComparer.Ordinal))
            {
                problems.Add($"{Name(property.Name)} is not a known key: {NearestName.Hint(property.Name, asked)}");
            }
        }
    }

    private string Name(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Shown(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "…");
    }
}
