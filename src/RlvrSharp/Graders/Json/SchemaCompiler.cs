using System.Text.Json;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>Turns a JSON Schema into nodes and collects what is wrong with it.</summary>
internal sealed class SchemaCompiler(JsonElement root)
{
    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];
    private static readonly string[] Annotations = ["title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly", "writeOnly", "$anchor"];
    private static readonly string[] Numbers = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];
    private static readonly string[] Others =
        ["type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "not", "$ref", "pattern", "format", "uniqueItems"];

    private readonly Dictionary<string, SchemaNode> references = new(StringComparer.Ordinal);

    public List<string> Problems { get; } = [];

    public SchemaNode Compile()
    {
        var node = new SchemaNode();
        references["#"] = node;
        Fill(node, root, "$", 0);
        return node;
    }

    private SchemaNode Compile(JsonElement schema, string path, int depth)
    {
        var node = new SchemaNode();
        Fill(node, schema, path, depth);
        return node;
    }

    private void Fill(SchemaNode node, JsonElement schema, string path, int depth)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            node.Fixed = schema.GetBoolean();
            return;
        }

        if (schema.ValueKind != JsonValueKind.Object || depth > 60)
        {
            Problems.Add($"{path}: {(depth > 60 ? "nests more than 60 deep" : "is not a schema")}: write an object such as {{\"type\": \"string\"}}.");
            return;
        }

        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            Read(node, keyword.Name, keyword.Value, $"{path}.{keyword.Name}", depth + 1);
        }
    }

    private void Read(SchemaNode node, string keyword, JsonElement value, string path, int depth)
    {
        switch (keyword)
        {
            case "type":
                node.Types = Texts(value.ValueKind == JsonValueKind.String ? [value] : Elements(value, path), path, Types);
                break;
            case "enum":
                node.Enum = Allowed(node.Enum, Elements(value, path));
                break;
            case "const":
                node.Enum = Allowed(node.Enum, [value]);
                break;
            case "properties":
                foreach (JsonProperty property in Members(value, path))
                {
                    node.Properties[property.Name] = Compile(property.Value, $"{path}.{property.Name}", depth);
                }

                break;
            case "required":
                node.Required.AddRange(Texts(Elements(value, path), path, null));
                break;
            case "additionalProperties":
                node.Additional = Compile(value, path, depth);
                break;
            case "items":
                node.Items = Compile(value, path, depth);
                break;
            case "not":
                node.Not = Compile(value, path, depth);
                break;
            case "prefixItems" or "anyOf" or "oneOf" or "allOf":
                List<SchemaNode> list = keyword switch { "prefixItems" => node.PrefixItems, "anyOf" => node.AnyOf, "oneOf" => node.OneOf, _ => node.AllOf };
                list.AddRange(Elements(value, path).Select((element, i) => Compile(element, $"{path}[{i}]", depth)));
                break;
            case "$ref":
                node.Reference = Resolve(value, path, depth);
                break;
            case "pattern":
                node.Pattern = Pattern(value, path);
                node.PatternText = JsonTexts.Stringify(value);
                break;
            case "format":
                node.Format = Texts([value], path, SchemaFormat.Names).FirstOrDefault();
                break;
            case "uniqueItems":
                node.UniqueItems = value.ValueKind == JsonValueKind.True;
                break;
            default:
                ReadOther(node, keyword, value, path);
                break;
        }
    }

    private void ReadOther(SchemaNode node, string keyword, JsonElement value, string path)
    {
        if (Numbers.Contains(keyword))
        {
            if (value.ValueKind == JsonValueKind.Number && new SchemaLimit(value) is { Value: var number } limit && double.IsFinite(number) && (keyword != "multipleOf" || number > 0))
            {
                node.Limits[keyword] = limit;
            }
            else
            {
                Problems.Add($"{path}: is {GraderJsonReader.Shown(value)}, but it must be a number{(keyword == "multipleOf" ? " above 0" : string.Empty)}.");
            }
        }
        else if (!Annotations.Contains(keyword))
        {
            string[] known = [.. Others, .. Numbers];
            Problems.Add($"{path}: is a keyword that is not enforced here, and ignoring it would let answers through: {NearestName.Hint(keyword, known)}");
        }
    }

    // Where a schema has both enum and const, both hold.
    private static Dictionary<string, string> Allowed(Dictionary<string, string>? before, IEnumerable<JsonElement> values)
    {
        var allowed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonElement value in values)
        {
            string key = JsonValueKey.Of(value);
            if (before is null || before.ContainsKey(key))
            {
                allowed[key] = value.GetRawText();
            }
        }

        return allowed;
    }

    private SchemaNode? Resolve(JsonElement value, string path, int depth)
    {
        string text = value.ValueKind == JsonValueKind.String ? JsonTexts.Read(value) : value.GetRawText();
        if (references.TryGetValue(text, out SchemaNode? known))
        {
            return known;
        }

        JsonElement target = root;
        bool found = text.StartsWith("#/", StringComparison.Ordinal);
        foreach (string part in found ? text[2..].Split('/') : [])
        {
            string key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (target.ValueKind == JsonValueKind.Array && int.TryParse(key, out int index) && index >= 0 && index < target.GetArrayLength())
            {
                target = target[index];
            }
            else
            {
                found = found && JsonTexts.TryGet(target, key, out target);
            }
        }

        if (!found)
        {
            Problems.Add($"{path}: is \"{JsonTexts.Cut(text)}\", which is nowhere in the schema: write # or #/$defs/name.");
            return null;
        }

        // Known before it is filled, so that a schema may contain itself.
        var node = new SchemaNode();
        references[text] = node;
        Fill(node, target, text, depth);
        return node;
    }

    private Regex? Pattern(JsonElement value, string path)
    {
        string text = value.ValueKind == JsonValueKind.String ? JsonTexts.Read(value) : string.Empty;
        try
        {
            return SchemaPattern.Compile(text);
        }
        catch (ArgumentException error)
        {
            Problems.Add($"{path}: is {GraderJsonReader.Shown(value)}, which is no regular expression of ECMAScript ({error.Message}): correct it.");
            return null;
        }
        catch (NotSupportedException error)
        {
            Problems.Add($"{path}: is {GraderJsonReader.Shown(value)}, which cannot be matched in linear time ({error.Message}): write it without look-around and back references.");
            return null;
        }
    }

    private List<string> Texts(List<JsonElement> values, string path, IReadOnlyCollection<string>? allowed)
    {
        var texts = new List<string>();
        foreach (JsonElement value in values)
        {
            string? text = value.ValueKind == JsonValueKind.String ? JsonTexts.Read(value) : null;
            if (text is null || (allowed is not null && !allowed.Contains(text)))
            {
                Problems.Add($"{path}: has {GraderJsonReader.Shown(value)}: {(allowed is null ? "it must be a string." : NearestName.Hint(text ?? string.Empty, allowed))}");
            }
            else
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    private List<JsonElement> Elements(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            return [.. value.EnumerateArray()];
        }

        Problems.Add($"{path}: is {GraderJsonReader.Shown(value)}, but it must be a list.");
        return [];
    }

    private List<JsonProperty> Members(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return [.. value.EnumerateObject()];
        }

        Problems.Add($"{path}: is {GraderJsonReader.Shown(value)}, but it must be an object.");
        return [];
    }
}
