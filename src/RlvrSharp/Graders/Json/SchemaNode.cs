using System.Text.Json;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>One compiled schema.</summary>
internal sealed class SchemaNode
{
    private const int MaxDepth = 500;

    /// <summary>True or false for the schemas <c>true</c> and <c>false</c>.</summary>
    public bool? Fixed { get; set; }

    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>The allowed values: the key of each and how the schema writes it.</summary>
    public Dictionary<string, string>? Enum { get; set; }

    public Dictionary<string, SchemaNode> Properties { get; } = new(StringComparer.Ordinal);

    public List<string> Required { get; } = [];

    public SchemaNode? Additional { get; set; }

    public SchemaNode? Items { get; set; }

    public List<SchemaNode> PrefixItems { get; } = [];

    public List<SchemaNode> AllOf { get; } = [];

    public List<SchemaNode> AnyOf { get; } = [];

    public List<SchemaNode> OneOf { get; } = [];

    public SchemaNode? Not { get; set; }

    public SchemaNode? Reference { get; set; }

    public Dictionary<string, SchemaLimit> Limits { get; } = new(StringComparer.Ordinal);

    public Regex? Pattern { get; set; }

    /// <summary>The pattern as the schema has it.</summary>
    public string? PatternText { get; set; }

    public string? Format { get; set; }

    public bool UniqueItems { get; set; }

    public string? Validate(JsonElement value, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            return $"{path} nests too deep for its schema.";
        }

        if (Fixed is { } verdict)
        {
            return verdict ? null : $"{path} is not allowed.";
        }

        if (Types is not null && !Types.Any(type => IsType(value, type)))
        {
            return $"{path} is {Shown(value)}, but it must be of type {string.Join(" or ", Types)}.";
        }

        if (Enum is not null && !Enum.ContainsKey(JsonValueKey.Of(value)))
        {
            return $"{path} is {Shown(value)}, but it must be one of {JsonTexts.Cut(string.Join(", ", Enum.Values), 200)}.";
        }

        string? fault = Reference?.Validate(value, path, depth + 1);
        fault ??= value.ValueKind switch
        {
            JsonValueKind.Object => ValidateObject(value, path, depth),
            JsonValueKind.Array => ValidateArray(value, path, depth),
            JsonValueKind.String => ValidateText(JsonTexts.Read(value), path),
            JsonValueKind.Number => ValidateNumber(value, path),
            _ => null,
        };
        foreach (SchemaNode part in AllOf)
        {
            fault ??= part.Validate(value, path, depth + 1);
        }

        if (fault is null && AnyOf.Count > 0 && !AnyOf.Any(part => part.Validate(value, path, depth + 1) is null))
        {
            fault = AnyOf.Count == 1 ? AnyOf[0].Validate(value, path, depth + 1) : $"{path} follows none of its {AnyOf.Count} alternatives; the first: {AnyOf[0].Validate(value, path, depth + 1)}";
        }

        if (fault is null && OneOf.Count > 0 && OneOf.Count(part => part.Validate(value, path, depth + 1) is null) is var matches and not 1)
        {
            fault = $"{path} follows {matches} of its {OneOf.Count} alternatives, but it must follow exactly one.";
        }

        return fault is null && Not is not null && Not.Validate(value, path, depth + 1) is null ? $"{path} is what it must not be." : fault;
    }

    private static bool IsType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => value.ValueKind == JsonValueKind.Number && JsonValueKey.IsInteger(value),
    };

    private static string Shown(JsonElement value) => JsonTexts.Cut(value.GetRawText(), 60);

    private string? ValidateObject(JsonElement value, string path, int depth)
    {
        foreach (string key in Required)
        {
            if (!JsonTexts.TryGet(value, key, out _))
            {
                return $"{path} lacks the required key \"{key}\".";
            }
        }

        int count = 0;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            count++;
            string name;
            try
            {
                name = property.Name;
            }
            catch (InvalidOperationException)
            {
                return $"{path} has a key with half a surrogate pair.";
            }

            if (Properties.TryGetValue(name, out SchemaNode? node))
            {
                if (node.Validate(property.Value, $"{path}.{name}", depth + 1) is { } fault)
                {
                    return fault;
                }
            }
            else if (Additional is { Fixed: false })
            {
                return $"{path} has the key \"{JsonTexts.Cut(name)}\", which the schema does not have.";
            }
            else if (Additional?.Validate(property.Value, $"{path}.{name}", depth + 1) is { } other)
            {
                return other;
            }
        }

        return Outside("minProperties", "maxProperties", count) ? $"{path} has {count} keys, which is outside its limits." : null;
    }

    private string? ValidateArray(JsonElement value, string path, int depth)
    {
        int length = value.GetArrayLength();
        if (Outside("minItems", "maxItems", length))
        {
            return $"{path} has {length} elements, which is outside its limits.";
        }

        int index = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            SchemaNode? node = index < PrefixItems.Count ? PrefixItems[index] : Items;
            if (node?.Validate(element, $"{path}[{index}]", depth + 1) is { } fault)
            {
                return fault;
            }

            index++;
        }

        if (UniqueItems)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (JsonElement element in value.EnumerateArray())
            {
                if (!seen.Add(JsonValueKey.Of(element)))
                {
                    return $"{path} has an element twice.";
                }
            }
        }

        return null;
    }

    private string? ValidateText(string text, string path)
    {
        int length = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            length -= char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0;
        }

        return Outside("minLength", "maxLength", length) ? $"{path} has {length} characters, which is outside its limits."
            : Pattern is not null && !Pattern.IsMatch(text) ? $"{path} is \"{JsonTexts.Cut(text, 60)}\", which does not match {PatternText}."
            : Format is not null && !SchemaFormat.Holds(Format, text) ? $"{path} is \"{JsonTexts.Cut(text, 60)}\", which is no {Format}."
            : null;
    }

    private string? ValidateNumber(JsonElement value, string path)
    {
        if (Limits.Count == 0)
        {
            return null;
        }

        var number = new SchemaLimit(value);
        if (!double.IsFinite(number.Value))
        {
            return $"{path} is {Shown(value)}, which is too large a number.";
        }

        bool outside = Outside("minimum", "maximum", number)
            || (Limits.TryGetValue("exclusiveMinimum", out SchemaLimit above) && number.CompareTo(above) <= 0)
            || (Limits.TryGetValue("exclusiveMaximum", out SchemaLimit below) && number.CompareTo(below) >= 0);
        return outside ? $"{path} is {Shown(value)}, which is outside its limits."
            : Limits.TryGetValue("multipleOf", out SchemaLimit unit) && !number.IsMultipleOf(unit) ? $"{path} is {Shown(value)}, which is not a multiple of {unit}."
            : null;
    }

    private bool Outside(string low, string high, int count) => Limits.Count > 0 && Outside(low, high, new SchemaLimit(count));

    private bool Outside(string low, string high, SchemaLimit number) =>
        (Limits.TryGetValue(low, out SchemaLimit least) && number.CompareTo(least) < 0) || (Limits.TryGetValue(high, out SchemaLimit most) && number.CompareTo(most) > 0);
}
