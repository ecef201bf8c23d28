using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>One declared field in JSON: a comparer's name, or an object with the comparer and what else is declared.</summary>
internal static class FieldJson
{
    public static readonly IReadOnlyDictionary<string, FieldListMode> Modes = new Dictionary<string, FieldListMode>(StringComparer.Ordinal)
    {
        ["multiset"] = FieldListMode.Multiset,
        ["set"] = FieldListMode.Set,
        ["ordered"] = FieldListMode.Ordered,
        ["best_of"] = FieldListMode.BestOf,
    };

    public static FieldOptions? Read(string path, JsonElement json, JsonObjectReader parent, List<KeyValuePair<string, string>> problems)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return new FieldOptions { Path = path, Comparer = ReadComparer(json, parent, path) };
        }

        if (json.ValueKind is JsonValueKind.Null)
        {
            return new FieldOptions { Path = path };
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            parent.Wrong(path, json, "a comparer's name or an object such as {\"type\": \"number\", \"tolerance\": 0.01}");
            return null;
        }

        var reader = new JsonObjectReader(json, parent.PathOf(path), problems);
        FieldComparer? comparer = ComparerJson.Read(reader);
        var field = new FieldOptions
        {
            Path = path,
            Comparer = comparer is InferredFieldComparer ? null : comparer,
            Weight = reader.Number("weight", 1),
            Beta = reader.OptionalNumber("beta"),
            Gate = reader.Flag("gate"),
            WrongPenalty = reader.OptionalNumber("wrong_penalty"),
            NullIsValue = reader.Flag("null_is_value"),
            Required = reader.Flag("required"),
            List = reader.Word("list", Modes, FieldListMode.Multiset),
            BestOf = reader.WholeNumber("best_of", 1),
            Keys = reader.Texts("keys"),
        };
        reader.Finish(comparer is null ? "a field" : $"a field of type {comparer.Type}");
        return field;
    }

    /// <summary>A comparer alone: its name, or an object with type and parameters.</summary>
    public static FieldComparer? ReadComparer(JsonElement json, JsonObjectReader parent, string key)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            JsonElement named = JsonSerializer.SerializeToElement(new JsonObject { ["type"] = json.GetString() });
            return ReadComparer(named, parent, key);
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            parent.Wrong(key, json, "a comparer's name or an object with its type");
            return null;
        }

        var found = new List<KeyValuePair<string, string>>();
        var reader = new JsonObjectReader(json, "", found);
        FieldComparer? comparer = ComparerJson.Read(reader);
        reader.Finish(comparer is null ? "a comparer" : $"a comparer of type {comparer.Type}");
        foreach ((string at, string text) in found)
        {
            parent.Problem(at == "type" && parent.IsText(key) ? key : $"{key}.{at}", text);
        }

        return comparer;
    }

    public static JsonNode Write(FieldOptions field)
    {
        var json = new JsonObject();
        if (field.Comparer is { } comparer)
        {
            if (!comparer.CanExport)
            {
                throw new InvalidOperationException($"The field '{field.Path}' is compared by a function ('{comparer.Type}'), which JSON cannot hold: use a built-in comparer to export.");
            }

            json["type"] = comparer.Type;
            comparer.WriteParameters(json);
        }

        if (field.Weight != 1)
        {
            json["weight"] = field.Weight;
        }

        if (field.Beta is { } beta)
        {
            json["beta"] = beta;
        }

        if (field.Gate)
        {
            json["gate"] = true;
        }

        if (field.WrongPenalty is { } penalty)
        {
            json["wrong_penalty"] = penalty;
        }

        if (field.NullIsValue)
        {
            json["null_is_value"] = true;
        }

        if (field.Required)
        {
            json["required"] = true;
        }

        if (field.List != FieldListMode.Multiset)
        {
            json["list"] = Modes.First(pair => pair.Value == field.List).Key;
        }

        if (field.BestOf != 1)
        {
            json["best_of"] = field.BestOf;
        }

        if (field.Keys.Count > 0)
        {
            json["keys"] = new JsonArray([.. field.Keys.Select(key => (JsonNode)key)]);
        }

        return json.Count == 1 && json["type"] is { } type ? type.DeepClone() : json;
    }
}
