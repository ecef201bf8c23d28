using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Reads <c>multi</c> graders in the three shapes that the contract's own sources give them.</summary>
internal static class MultiGraderJson
{
    public static IGrader? Read(GraderJsonReader reader, Func<IReadOnlyList<KeyValuePair<string, IGrader>>, string, string, IGrader> make)
    {
        List<(string Name, IGrader? Grader)> parts = ReadParts(reader);
        string? text = reader.Text("calculate_output");
        var names = new List<string>();
        foreach ((string name, _) in parts)
        {
            if (FaultOfName(name) is { } fault)
            {
                reader.Problem($"graders.{name}", $"has a name that {fault}");
            }
            else if (names.Contains(name))
            {
                reader.Problem($"graders.{name}", "stands twice: give each grader its own name.");
            }

            names.Add(name);
        }

        ScoreFormula? formula = null;
        if (text is not null && parts.Count > 0)
        {
            formula = ScoreFormula.TryParse(text, names, out string? problem);
            if (formula is null)
            {
                reader.Problem("calculate_output", $"is \"{JsonTexts.Cut(text)}\", which cannot be read (formula_parse_error): {problem}");
            }
        }

        if (formula is null || parts.Any(part => part.Grader is null))
        {
            return null;
        }

        foreach (string note in FormulaChecks.Notes(formula, index => KnownRange(parts[index].Grader!)))
        {
            reader.Warn("calculate_output", note);
        }

        return reader.HasProblems ? null : make([.. parts.Select(part => new KeyValuePair<string, IGrader>(part.Name, part.Grader!))], text!, reader.Name);
    }

    /// <summary>What is wrong with a part's name, continuing a sentence; null where nothing is.</summary>
    /// <param name="name">The name.</param>
    /// <returns>A clause or null.</returns>
    public static string? FaultOfName(string name)
    {
        bool fits = name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') && name.All(letter => char.IsLetterOrDigit(letter) || letter == '_');
        return !fits ? "no formula can use: write letters, digits and underscores, beginning with a letter."
            : FormulaParser.ReservedWords.Contains(name) ? $"is a word of the formula language ({string.Join(", ", FormulaParser.ReservedWords)}): take another."
            : null;
    }

    /// <summary>The interval that a grader's own number lies in, as far as is known.</summary>
    /// <param name="grader">A grader.</param>
    /// <returns>The interval; [0, 1] for scores.</returns>
    public static (double Low, double High) KnownRange(IGrader grader) =>
        grader is StringCheckGrader ? (0, 1) : grader is IRangedGrader ranged ? (ranged.Low, ranged.High) : grader is MultiGrader multi ? FormulaChecks.RangeOf(multi.Formula, index => KnownRange(multi.Parts[index].Value)) : (0, 1);

    private static List<(string Name, IGrader? Grader)> ReadParts(GraderJsonReader reader)
    {
        var parts = new List<(string, IGrader?)>();
        if (reader.Value("graders") is not { } graders)
        {
            reader.Problem("graders", "is missing: it must be an object of graders by name.");
            return parts;
        }

        if (graders.ValueKind == JsonValueKind.Object && JsonTexts.TryGet(graders, "type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
        {
            reader.Warn("graders", "is one grader, as the published schema has it; the service and this library want an object of graders by name. Read as one part under its own name.");
            Add("graders", NameOf(graders, 0), graders);
        }
        else if (graders.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in graders.EnumerateObject())
            {
                Add($"graders.{property.Name}", property.Name, property.Value);
            }
        }
        else if (graders.ValueKind == JsonValueKind.Array)
        {
            reader.Warn("graders", "is a list, as the published example has it; the service and this library want an object of graders by name. Each part is read under its own name.");
            int index = 0;
            foreach (JsonElement part in graders.EnumerateArray())
            {
                Add($"graders[{index}]", NameOf(part, index), part);
                index++;
            }
        }
        else
        {
            reader.Problem("graders", $"is {GraderJsonReader.Shown(graders)}, but it must be an object of graders by name.");
        }

        if (parts.Count == 0 && graders.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            reader.Problem("graders", "is empty: a multi grader needs at least one grader.");
        }

        return parts;

        void Add(string key, string name, JsonElement json)
        {
            if (JsonTexts.TryGet(json, "type", out JsonElement kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("multi"))
            {
                reader.Warn(key, "is a multi grader inside a multi grader: this library nests them, the contract does not.");
            }

            // The name in a dictionary is the key, so a part without its own name is no surprise.
            parts.Add((name, reader.Part(key, WithName(json, name))));
        }
    }

    private static JsonElement WithName(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || JsonTexts.TryGet(json, "name", out _))
        {
            return json;
        }

        return JsonElement.Parse(JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", JsonTexts.Whole(name));
            foreach (JsonProperty property in json.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                JsonTexts.WriteValue(writer, property.Value);
            }

            writer.WriteEndObject();
        }), new JsonDocumentOptions { MaxDepth = 1000 });
    }

    private static string NameOf(JsonElement json, int index) =>
        JsonTexts.TryGet(json, "name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? JsonTexts.Read(name) : $"grader_{index}";
}
