using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

public sealed partial class StructuredFieldGraderOptions
{
    private static readonly string[] OtherKeys = ["type", "name", "input", "reference"];

    /// <summary>The keys of grader JSON that belong to these options, beside <c>type</c>, <c>name</c>, <c>input</c> and <c>reference</c>.</summary>
    public static IReadOnlyList<string> JsonKeys { get; } =
    [
        "beta", "fields", "schema", "undeclared_weight", "ignored", "empty_is_absent", "allow_fenced", "allow_prose", "max_depth", "max_bytes", "max_aligned", "trace",
    ];

    /// <summary>
    /// Reads options from grader JSON: <c>{"type": "structured_field", "beta": 1, "fields": {"vendor": "text", "total": {"type": "number", "tolerance": 0.01}}}</c>.
    /// Keys that belong to the grader around it (type, name, input, reference) are passed over.
    /// </summary>
    /// <param name="json">The object.</param>
    /// <returns>Valid options.</returns>
    /// <exception cref="DataException">Something in it is unknown or out of range; the message names all of it.</exception>
    public static StructuredFieldGraderOptions FromJson(JsonElement json)
    {
        var problems = new List<KeyValuePair<string, string>>();
        StructuredFieldGraderOptions? options = TryFromJson(json, problems);
        return options ?? throw new DataException(
            "The structured_field grader cannot be used:" + string.Concat(problems.Select(problem => $"{Environment.NewLine}  {problem.Key}: {problem.Value}")));
    }

    /// <summary>The options as grader JSON; what has its default is left out.</summary>
    /// <returns>An object that <see cref="FromJson"/> reads back.</returns>
    /// <exception cref="InvalidOperationException">A field's comparer is a function.</exception>
    public JsonElement ToJson()
    {
        var defaults = new StructuredFieldGraderOptions();
        var json = new JsonObject { ["beta"] = Beta };
        WriteIfSet(json, "undeclared_weight", UndeclaredWeight, defaults.UndeclaredWeight);
        WriteIfSet(json, "empty_is_absent", EmptyIsAbsent, defaults.EmptyIsAbsent);
        WriteIfSet(json, "allow_fenced", AllowFenced, defaults.AllowFenced);
        WriteIfSet(json, "allow_prose", AllowProse, defaults.AllowProse);
        WriteIfSet(json, "max_depth", MaxDepth, defaults.MaxDepth);
        WriteIfSet(json, "max_bytes", MaxBytes, defaults.MaxBytes);
        WriteIfSet(json, "max_aligned", MaxAligned, defaults.MaxAligned);
        WriteIfSet(json, "trace", Trace, defaults.Trace);
        if (Ignored.Count > 0)
        {
            json["ignored"] = new JsonArray([.. Ignored.Order(StringComparer.Ordinal).Select(key => (JsonNode)key)]);
        }

        if (Fields.Count > 0)
        {
            var fields = new JsonObject();
            foreach (FieldOptions field in Fields)
            {
                fields[field.Path] = FieldJson.Write(field);
            }

            json["fields"] = fields;
        }

        return JsonSerializer.SerializeToElement(json);
    }

    /// <summary>Reads options, or reports what is wrong with them: where, and what.</summary>
    internal static StructuredFieldGraderOptions? TryFromJson(JsonElement json, List<KeyValuePair<string, string>> problems, bool checkKeys = true)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new("structured_field", "is not a JSON object: write {\"type\": \"structured_field\", …}."));
            return null;
        }

        int before = problems.Count;
        var reader = new JsonObjectReader(json, "", problems);
        foreach (string key in OtherKeys)
        {
            _ = reader.Value(key);
        }

        var options = new StructuredFieldGraderOptions();
        if (reader.Value("schema") is { } schema)
        {
            options = JsonSchemaFields.Read(schema, "schema", problems);
        }

        options.Beta = reader.Number("beta", 1);
        options.UndeclaredWeight = reader.Number("undeclared_weight", options.UndeclaredWeight);
        options.EmptyIsAbsent = reader.Flag("empty_is_absent");
        options.AllowFenced = reader.Flag("allow_fenced");
        options.AllowProse = reader.Flag("allow_prose");
        options.MaxDepth = reader.WholeNumber("max_depth", options.MaxDepth);
        options.MaxBytes = reader.WholeNumber("max_bytes", options.MaxBytes);
        options.MaxAligned = reader.WholeNumber("max_aligned", options.MaxAligned);
        options.Trace = reader.Flag("trace", true);
        options.Ignored.UnionWith(reader.Texts("ignored"));
        ReadFields(reader, options, problems);
        if (checkKeys)
        {
            reader.Finish("a structured_field grader");
        }

        if (problems.Count == before)
        {
            problems.AddRange((new StructuredFieldGraderOptionsValidator().Validate(null, options).Failures ?? []).Select(failure => KeyValuePair.Create("fields", failure)));
        }

        return problems.Count == before ? options : null;
    }

    private static void ReadFields(JsonObjectReader reader, StructuredFieldGraderOptions options, List<KeyValuePair<string, string>> problems)
    {
        if (reader.Value("fields") is not { } fields)
        {
            return;
        }

        var inner = new JsonObjectReader(fields, "fields", problems);
        switch (fields.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in fields.EnumerateObject())
                {
                    if (FieldJson.Read(property.Name, property.Value, inner, problems) is { } field)
                    {
                        Declare(options, field);
                    }
                }

                break;
            case JsonValueKind.Array when fields.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                foreach (JsonElement item in fields.EnumerateArray())
                {
                    Declare(options, new FieldOptions { Path = item.GetString()! });
                }

                break;
            default:
                reader.Wrong("fields", fields, "an object of fields by path, or a list of paths");
                break;
        }
    }

    /// <summary>Adds a field, in place of what a schema may have said about it.</summary>
    private static void Declare(StructuredFieldGraderOptions options, FieldOptions field)
    {
        for (int i = 0; i < options.Fields.Count; i++)
        {
            if (options.Fields[i].FromSchema && string.Equals(options.Fields[i].Path, field.Path, StringComparison.Ordinal))
            {
                options.Fields[i] = field;
                return;
            }
        }

        options.Fields.Add(field);
    }

    private static void WriteIfSet<T>(JsonObject json, string key, T value, T fallback)
        where T : notnull
    {
        if (!value.Equals(fallback))
        {
            json[key] = JsonValue.Create(value);
        }
    }
}
