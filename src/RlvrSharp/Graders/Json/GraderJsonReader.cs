using System.Globalization;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Reads one grader's JSON object key by key and collects every problem on the way.</summary>
/// <remarks>A key that no method asked for is reported at the end as unknown, with the nearest key that was asked for.</remarks>
public sealed class GraderJsonReader
{
    private readonly List<string> problems;
    private readonly List<string> known = ["type", "name"];
    private readonly int depth;
    private string? name;

    internal GraderJsonReader(JsonElement json, string type, string path, GraderJsonContext context, List<string> problems, int depth)
    {
        Json = json;
        Type = type;
        Path = path;
        Context = context;
        this.problems = problems;
        this.depth = depth;
    }

    /// <summary>The grader's JSON object.</summary>
    public JsonElement Json { get; }

    /// <summary>Where the object stands, such as <c>$.graders.a</c>.</summary>
    public string Path { get; }

    /// <summary>What the load may lean on.</summary>
    public GraderJsonContext Context { get; }

    /// <summary>The value of <c>type</c>.</summary>
    public string Type { get; }

    /// <summary>Whether a problem was reported so far, here or elsewhere in the grader.</summary>
    public bool HasProblems => problems.Count > 0;

    /// <summary>The value of <c>name</c>; where it is missing (the contract wants it, its examples leave it out), the type, with a warning.</summary>
    public string Name => name ??= ReadName();

    /// <summary>A string.</summary>
    /// <param name="key">The key.</param>
    /// <param name="required">Whether its absence is a problem.</param>
    /// <returns>The text, or null.</returns>
    public string? Text(string key, bool required = true)
    {
        if (Value(key) is not { } value)
        {
            if (required)
            {
                Problem(key, "is missing: it must be a string.");
            }

            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return JsonTexts.Read(value);
        }

        Problem(key, $"is {Shown(value)}, but it must be a string.");
        return null;
    }

    /// <summary>A string that is one of a few words.</summary>
    /// <param name="key">The key.</param>
    /// <param name="words">The words.</param>
    /// <param name="fallback">What stands where the key is missing; null makes that a problem.</param>
    /// <returns>The word, or null.</returns>
    public string? Word(string key, IReadOnlyCollection<string> words, string? fallback = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        string? text = Text(key, fallback is null);
        if (text is null)
        {
            return Value(key) is null ? fallback : null;
        }

        if (words.Contains(text))
        {
            return text;
        }

        Problem(key, $"is \"{JsonTexts.Cut(text)}\", which is not one of its values: {NearestName.Hint(text, words)}");
        return null;
    }

    /// <summary>A string with template expressions in it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="required">Whether its absence is a problem.</param>
    /// <returns>The template, or null.</returns>
    public GraderTemplate? Template(string key, bool required = true) => Text(key, required) is { } text ? Template(key, text) : null;

    /// <summary>A template whose text was found deeper in the value of a key.</summary>
    /// <param name="key">Where it stands, below this object.</param>
    /// <param name="text">The text.</param>
    /// <returns>The template, or null.</returns>
    public GraderTemplate? Template(string key, string text)
    {
        GraderTemplate? template = GraderTemplate.TryParse(text, out string? problem);
        if (template is null)
        {
            Problem(key, problem!);
        }
        else
        {
            foreach (TemplatePath path in template.Paths)
            {
                if (!path.FromItem && path.Root is { } root && !SampleView.IsKnown(root))
                {
                    Warn(key, $"{{{{{path.Text}}}}} reads a key that samples do not have: {SampleView.Hint(root)}");
                }
            }
        }

        return template;
    }

    /// <summary>A number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">What stands where the key is missing; null makes that a problem.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The greatest value.</param>
    /// <returns>The number, or null after a problem.</returns>
    public double? Number(string key, double? fallback = null, double low = double.MinValue, double high = double.MaxValue)
    {
        if (Value(key) is not { } value)
        {
            if (fallback is null)
            {
                Problem(key, "is missing: it must be a number.");
            }

            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= low && number <= high)
        {
            return number;
        }

        string range = low > double.MinValue || high < double.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $" from {low:R} to {high:R}")
            : string.Empty;
        Problem(key, $"is {Shown(value)}, but it must be a number{range}.");
        return null;
    }

    /// <summary>A boolean.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">What stands where the key is missing.</param>
    /// <returns>The value.</returns>
    public bool Flag(string key, bool fallback)
    {
        if (Value(key) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Problem(key, $"is {Shown(value)}, but it must be true or false.");
        return fallback;
    }

    /// <summary>The value of a key as it stands; null where it is missing or JSON null.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value, or null.</returns>
    public JsonElement? Value(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!known.Contains(key))
        {
            known.Add(key);
        }

        return JsonTexts.TryGet(Json, key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>A grader inside this one.</summary>
    /// <param name="key">Where it stands, below this object, such as <c>graders.a</c>.</param>
    /// <param name="json">Its JSON.</param>
    /// <returns>The grader, or null after a problem.</returns>
    public IGrader? Part(string key, JsonElement json) => GraderJson.Load(json, $"{Path}.{key}", Context, problems, depth + 1);

    /// <summary>Reports that a key's value cannot be used.</summary>
    /// <param name="key">The key, or where it stands below this object.</param>
    /// <param name="text">The value, the rule and the way out, continuing the key: <c>is "x", but …</c>.</param>
    public void Problem(string key, string text) => problems.Add($"{Path}.{key}: {text}");

    /// <summary>Notes something that is accepted but that the writer should know.</summary>
    /// <param name="key">The key, or where it stands below this object.</param>
    /// <param name="text">How it is understood and what to write instead.</param>
    public void Warn(string key, string text) => Context.Warn($"{Path}.{key}", text);

    /// <summary>A value for an error message.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Its beginning.</returns>
    internal static string Shown(JsonElement value) => JsonTexts.Cut(value.GetRawText(), 60);

    /// <summary>Reports the keys that nobody asked for.</summary>
    internal void Finish()
    {
        _ = Name;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in Json.EnumerateObject())
        {
            if (!seen.Add(property.Name))
            {
                Problem(property.Name, $"stands twice, now as {Shown(property.Value)}: remove one of them.");
                continue;
            }

            if (known.Contains(property.Name))
            {
                continue;
            }

            if (property.Name == "pass_threshold")
            {
                Warn("pass_threshold", "has no effect on a score: it belongs to evals. Remove it, or write the threshold as a multi formula such as if(score >= 0.5, score, 0).");
                continue;
            }

            Problem(property.Name, $"is no key of a {Type} grader: {NearestName.Hint(property.Name, known)}");
        }
    }

    private string ReadName()
    {
        if (Text("name", required: false) is { } text && !string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        if (Value("name") is null or { ValueKind: JsonValueKind.String })
        {
            Warn("name", $"is missing, though the contract wants it: reports will call this grader \"{Type}\".");
        }

        return Type;
    }
}
