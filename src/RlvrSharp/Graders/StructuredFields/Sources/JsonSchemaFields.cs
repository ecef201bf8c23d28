using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>
/// Turns a JSON Schema into declared fields: types, enum, format, required, items, local references, and hints of our own under
/// <c>x-</c>. What only validates (minLength, pattern, …) says nothing about comparing and is passed over.
/// </summary>
internal sealed class JsonSchemaFields
{
    private const int MaxDepth = 32;
    private const int MaxFields = 5000;

    private static readonly string[] Combinators = ["$ref", "anyOf", "oneOf", "allOf", "$defs", "definitions"];

    private static readonly string[] Hints =
    [
        "x-comparer", "x-weight", "x-beta", "x-gate", "x-wrong-penalty", "x-null-is-value", "x-list", "x-best-of", "x-keys", "x-ignore", "x-aliases",
    ];

    private readonly StructuredFieldGraderOptions options = new();
    private readonly List<KeyValuePair<string, string>> problems;
    private readonly JsonElement root;

    private JsonSchemaFields(JsonElement root, List<KeyValuePair<string, string>> problems)
    {
        this.root = root;
        this.problems = problems;
    }

    public static StructuredFieldGraderOptions Read(JsonElement schema, string place, List<KeyValuePair<string, string>> problems)
    {
        // Also as response formats wrap it: {"type": "json_schema", "json_schema": {"schema": {…}}}.
        foreach (string wrapper in new[] { "json_schema", "schema" })
        {
            if (schema.ValueKind == JsonValueKind.Object && !schema.TryGetProperty("properties", out _) && schema.TryGetProperty(wrapper, out JsonElement inner)
                && inner.ValueKind == JsonValueKind.Object)
            {
                schema = inner;
            }
        }

        var reader = new JsonSchemaFields(schema, problems);
        var followed = new List<string>();
        JsonElement top = schema.ValueKind == JsonValueKind.Object ? reader.Resolve(schema, place, followed, out _) : default;
        if (top.ValueKind != JsonValueKind.Object || !top.TryGetProperty("properties", out JsonElement properties) || properties.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new(place, "describes no object with properties, and the answer must be one: give it \"type\": \"object\" and \"properties\"."));
            return reader.options;
        }

        reader.ReadProperties(top, "", place, 0, ["#", .. followed]);
        if (reader.options.Fields.Count > MaxFields)
        {
            problems.Add(new(place, $"describes more than {MaxFields} fields: declare the ones that matter instead."));
        }

        return reader.options;
    }

    private void ReadProperties(JsonElement schema, string path, string place, int depth, IReadOnlyList<string> enclosing)
    {
        var required = new HashSet<string>(StringComparer.Ordinal);
        if (schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array)
        {
            required.UnionWith(names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!));
        }

        foreach (JsonProperty property in schema.GetProperty("properties").EnumerateObject())
        {
            if (options.Fields.Count > MaxFields)
            {
                return;
            }

            ReadField(property, path, $"{place}.properties.{property.Name}", required.Contains(property.Name), depth, enclosing);
        }
    }

    private void ReadField(JsonProperty property, string parent, string place, bool required, int depth, IReadOnlyList<string> enclosing)
    {
        string path = FieldPath.Join(parent, property.Name);
        var followed = new List<string>();
        JsonElement schema = Resolve(property.Value, place, followed, out bool nullable);
        if (schema.ValueKind != JsonValueKind.Object)
        {
            options.Fields.Add(new FieldOptions { Path = path, FromSchema = true });
            return;
        }

        var reader = new JsonObjectReader(schema, place, problems);
        if (reader.Flag("x-ignore"))
        {
            if (parent.Length > 0)
            {
                reader.Problem("x-ignore", "works for keys at the top only: leave nested properties out of the schema instead.");
            }

            options.Ignored.Add(property.Name);
            return;
        }

        CheckHints(schema, reader);
        string? type = TypeOf(schema, ref nullable);
        JsonElement element = schema;
        bool isList = false;
        string elementPlace = place;
        bool isSet = schema.TryGetProperty("uniqueItems", out JsonElement unique) && unique.ValueKind == JsonValueKind.True;
        if (type == "array" && schema.TryGetProperty("items", out JsonElement items) && items.ValueKind == JsonValueKind.Object)
        {
            elementPlace = place + ".items";
            element = Resolve(items, elementPlace, followed, out bool ignored);
            type = element.ValueKind == JsonValueKind.Object ? TypeOf(element, ref ignored) : null;
            isList = true;
            CheckElementHints(element, elementPlace);
        }

        FieldComparer? comparer = ComparerOf(schema, element, type, reader, new JsonObjectReader(element, elementPlace, problems));

        // A schema that holds itself ends where it comes round again: what is deeper is compared as if nothing was declared.
        bool hasFields = comparer is null && depth < MaxDepth && !followed.Exists(pointer => enclosing.Contains(pointer)) && element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().Any();
        options.Fields.Add(new FieldOptions
        {
            Path = path,
            FromSchema = true,
            Comparer = comparer,
            Weight = reader.Number("x-weight", 1),
            Beta = reader.OptionalNumber("x-beta"),
            Gate = reader.Flag("x-gate"),
            WrongPenalty = reader.OptionalNumber("x-wrong-penalty"),
            NullIsValue = reader.Flag("x-null-is-value"),

            // A schema that forbids null wants a value in every reference; one that allows it only wants the key.
            Required = required && !nullable && !isList && type is not (null or "array" or "object"),
            List = reader.Word("x-list", FieldJson.Modes, isSet && comparer is not { HasKeys: false } ? FieldListMode.Set : FieldListMode.Multiset),
            BestOf = reader.WholeNumber("x-best-of", 1),
            Keys = reader.Texts("x-keys"),
        });
        if (hasFields)
        {
            ReadProperties(element, path, elementPlace, depth + 1, [.. enclosing, .. followed]);
        }
    }

    /// <summary>What is said about elements is how they are compared; the rest belongs to the list.</summary>
    private void CheckElementHints(JsonElement element, string place)
    {
        foreach (JsonProperty hint in element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : default)
        {
            if (hint.Name is not ("x-comparer" or "x-aliases") && Hints.Contains(hint.Name))
            {
                problems.Add(new($"{place}.{hint.Name}", "belongs to the list and not to its elements: write it beside \"items\"."));
            }
        }
    }

    private static FieldComparer? ComparerOf(JsonElement schema, JsonElement element, string? type, JsonObjectReader reader, JsonObjectReader elementReader)
    {
        if (reader.Value("x-comparer") is { } hint)
        {
            return FieldJson.ReadComparer(hint, reader, "x-comparer");
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (elementReader.Value("x-comparer") is { } elementHint)
        {
            return FieldJson.ReadComparer(elementHint, elementReader, "x-comparer");
        }

        if (element.TryGetProperty("enum", out JsonElement values) && values.ValueKind == JsonValueKind.Array)
        {
            JsonElement[] named = [.. values.EnumerateArray().Where(value => value.ValueKind != JsonValueKind.Null)];
            return named.Length > 0 && System.Array.TrueForAll(named, value => value.ValueKind == JsonValueKind.String)
                ? new EnumFieldComparer(named.Select(value => KeyValuePair.Create(value.GetString()!, AliasesOf(element, schema, value.GetString()!))))
                : FieldComparer.Exact();
        }

        string? format = element.TryGetProperty("format", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return (type, format) switch
        {
            ("string", "date") => FieldComparer.Date(),
            ("string", "date-time") => FieldComparer.DateTime(),
            ("string", "duration") => FieldComparer.Duration(),
            ("string", "uri" or "url" or "uri-reference" or "iri") => FieldComparer.Url(),
            ("string", "phone" or "tel") => FieldComparer.Phone(),
            ("string", _) => FieldComparer.Text(),
            ("integer", _) => FieldComparer.Integer(),
            ("number", _) => FieldComparer.Number(),
            ("boolean", _) => FieldComparer.Boolean(),
            _ => null,
        };
    }

    private static IReadOnlyList<string> AliasesOf(JsonElement element, JsonElement schema, string value)
    {
        foreach (JsonElement holder in new[] { element, schema })
        {
            if (holder.TryGetProperty("x-aliases", out JsonElement aliases) && aliases.ValueKind == JsonValueKind.Object
                && aliases.TryGetProperty(value, out JsonElement list) && list.ValueKind == JsonValueKind.Array)
            {
                return [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)];
            }
        }

        return [];
    }

    /// <summary>The type apart from null; null where there are several.</summary>
    private static string? TypeOf(JsonElement schema, ref bool nullable)
    {
        if (schema.TryGetProperty("type", out JsonElement type))
        {
            if (type.ValueKind == JsonValueKind.String)
            {
                return type.GetString();
            }

            if (type.ValueKind == JsonValueKind.Array)
            {
                string?[] types = [.. type.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString())];
                nullable |= types.Contains("null");
                string?[] others = [.. types.Where(item => item != "null")];
                return others.Length == 1 ? others[0] : null;
            }
        }

        return schema.TryGetProperty("enum", out JsonElement values) && values.ValueKind == JsonValueKind.Array
            && values.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String) ? "string"
            : schema.TryGetProperty("properties", out _) ? "object"
            : schema.TryGetProperty("items", out _) ? "array"
            : null;
    }

    /// <summary>
    /// Follows local references, takes the one alternative that is not null, and puts together what must all hold. What stands beside these, hints above
    /// all, stays and comes first.
    /// </summary>
    private JsonElement Resolve(JsonElement schema, string place, List<string> followed, out bool nullable)
    {
        nullable = false;
        for (int step = 0; step < MaxDepth && schema.ValueKind == JsonValueKind.Object; step++)
        {
            nullable |= schema.TryGetProperty("nullable", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            nullable |= schema.TryGetProperty("enum", out JsonElement values) && values.ValueKind == JsonValueKind.Array
                && values.EnumerateArray().Any(value => value.ValueKind == JsonValueKind.Null);
            if (schema.TryGetProperty("$ref", out JsonElement reference) && reference.ValueKind == JsonValueKind.String)
            {
                string pointer = reference.GetString()!;
                JsonElement? target = Follow(pointer);
                if (target is null)
                {
                    problems.Add(new(place, $"refers to '{pointer}', which this schema does not have: only references within it, such as #/$defs/item, can be followed."));
                    return default;
                }

                followed.Add(pointer);
                schema = Merge(schema, [target.Value]);
            }
            else if (schema.TryGetProperty("allOf", out JsonElement all) && all.ValueKind == JsonValueKind.Array && all.GetArrayLength() > 0)
            {
                var parts = new List<JsonElement>();
                foreach (JsonElement part in all.EnumerateArray())
                {
                    parts.Add(Resolve(part, place, followed, out bool partIsNullable));
                    nullable |= partIsNullable;
                }

                schema = Merge(schema, parts);
            }
            else if (schema.TryGetProperty("anyOf", out JsonElement any) || schema.TryGetProperty("oneOf", out any))
            {
                JsonElement[] others = any.ValueKind == JsonValueKind.Array
                    ? [.. any.EnumerateArray().Where(item => !(item.ValueKind == JsonValueKind.Object && item.TryGetProperty("type", out JsonElement type) && type.ValueEquals("null")))]
                    : [];
                if (others.Length != 1)
                {
                    return schema;
                }

                nullable |= others.Length < any.GetArrayLength();
                schema = Merge(schema, others);
            }
            else
            {
                return schema;
            }
        }

        return schema;
    }

    /// <summary>The parts' keys together, properties and required ones united, and over them those of the schema that holds them.</summary>
    private static JsonElement Merge(JsonElement holder, IReadOnlyList<JsonElement> parts)
    {
        JsonProperty[] own = [.. holder.EnumerateObject().Where(property => !Combinators.Contains(property.Name))];
        if (own.Length == 0 && parts.Count == 1)
        {
            return parts[0];
        }

        var merged = new JsonObject();
        IEnumerable<JsonProperty> inner = parts.Where(part => part.ValueKind == JsonValueKind.Object).SelectMany(part => part.EnumerateObject());
        foreach (JsonProperty property in inner.Concat(own))
        {
            JsonNode? value = JsonSerializer.SerializeToNode(property.Value);
            if (merged[property.Name] is JsonObject together && property.Name == "properties" && value is JsonObject more)
            {
                foreach (KeyValuePair<string, JsonNode?> member in more)
                {
                    together[member.Key] = member.Value?.DeepClone();
                }
            }
            else if (merged[property.Name] is JsonArray names && property.Name == "required" && value is JsonArray further)
            {
                foreach (JsonNode? name in further)
                {
                    names.Add(name?.DeepClone());
                }
            }
            else
            {
                merged[property.Name] = value;
            }
        }

        return JsonSerializer.SerializeToElement(merged);
    }

    private JsonElement? Follow(string pointer)
    {
        if (!pointer.StartsWith('#'))
        {
            return null;
        }

        JsonElement at = root;
        foreach (string part in pointer[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>A hint that is nearly one of ours is a typing error; other tools' hints are their own business.</summary>
    private static void CheckHints(JsonElement schema, JsonObjectReader reader)
    {
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            if (property.Name.StartsWith("x-", StringComparison.Ordinal) && !Hints.Contains(property.Name)
                && property.Name.Length > 6 && System.Array.Find(Hints, hint => IsNear(hint, property.Name)) is { } nearest)
            {
                reader.Problem(property.Name, $"is not a hint: did you mean \"{nearest}\"? Valid: {string.Join(", ", Hints)}.");
            }
        }
    }

    private static bool IsNear(string hint, string name) =>
        SimilarityFieldComparer.Distance([.. hint.Select(character => (int)character)], [.. name.Select(character => (int)character)], 3) <= 2;
}
