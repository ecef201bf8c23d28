using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Graders from and to the JSON that OpenAI's and Azure's reinforcement fine-tuning call <c>grader</c>.</summary>
public static class GraderJson
{
    private const int MaxDepth = 30;

    /// <summary>Makes the grader that a JSON object describes.</summary>
    /// <param name="graderJson">The object, with <c>type</c> and that type's keys.</param>
    /// <param name="context">The known types and the services they need; null knows the built-in types only.</param>
    /// <returns>A thread-safe grader.</returns>
    /// <exception cref="DataException">The object cannot be used; the message has every problem with its path, value, rule and way out.</exception>
    public static IGrader Load(JsonElement graderJson, GraderJsonContext? context = null)
    {
        context ??= new GraderJsonContext();
        var problems = new List<string>();
        IGrader? grader = Load(graderJson, "$", context, problems, 0);
        if (grader is null && problems.Count == 0)
        {
            problems.Add("$: the factory of this type gave no grader and no reason.");
        }

        if (problems.Count > 0)
        {
            throw new DataException(problems.Count == 1
                ? $"The grader cannot be used (invalid_grader): {problems[0]}"
                : $"The grader cannot be used (invalid_grader); {problems.Count} problems:{string.Concat(problems.Select(problem => "\n  " + problem))}");
        }

        return context.ResponseFormat.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? grader! : ResponseFormatGate.Wrap(grader!, context.ResponseFormat);
    }

    /// <summary>Makes the grader that a JSON text describes.</summary>
    /// <param name="json">The text.</param>
    /// <param name="context">The known types and the services they need; null knows the built-in types only.</param>
    /// <returns>A thread-safe grader.</returns>
    /// <exception cref="DataException">The text is not JSON, or the object cannot be used.</exception>
    public static IGrader Parse(string json, GraderJsonContext? context = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        JsonElement element;
        try
        {
            element = JsonElement.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 1000 });
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new DataException($"The grader is not JSON: {error.Message}", error);
        }

        return Load(element, context);
    }

    /// <summary>Writes a grader as JSON that <see cref="Load(JsonElement, GraderJsonContext?)"/> makes an equal grader of.</summary>
    /// <param name="grader">A grader that implements <see cref="IJsonGrader"/>, as all built-in ones do.</param>
    /// <returns>A JSON object.</returns>
    /// <exception cref="DataException">The grader, or one inside it, cannot be said in JSON.</exception>
    public static JsonElement Save(IGrader grader)
    {
        ArgumentNullException.ThrowIfNull(grader);
        return JsonElement.Parse(JsonTexts.Write(writer => Write(writer, grader)), new JsonDocumentOptions { MaxDepth = 1000 });
    }

    internal static void Write(Utf8JsonWriter writer, IGrader grader)
    {
        // A response format stands beside the grader in a job, not in it.
        if (grader is ResponseFormatGate gate)
        {
            Write(writer, gate.Grader);
            return;
        }

        if (grader is not IJsonGrader known)
        {
            throw new DataException($"The grader {grader.GetType().Name} cannot be written as JSON: it is code. Implement IJsonGrader in it, or leave it out of the JSON.");
        }

        known.WriteTo(writer);
    }

    internal static IGrader? Load(JsonElement json, string path, GraderJsonContext context, List<string> problems, int depth)
    {
        if (depth > MaxDepth)
        {
            problems.Add($"{JsonTexts.Cut(path)}: nests more than {MaxDepth} graders deep: write one formula over more parts.");
            return null;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{path}: is {(json.ValueKind == JsonValueKind.Undefined ? "nothing" : GraderJsonReader.Shown(json))}, but a grader is an object with a \"type\".");
            return null;
        }

        if (!JsonTexts.TryGet(json, "type", out JsonElement type))
        {
            if (JsonTexts.TryGet(json, "grader", out JsonElement inner))
            {
                context.Warn(path, "is an object around the grader, not the grader: only its key \"grader\" is read.");
                return Load(inner, $"{path}.grader", context, problems, depth + 1);
            }

            problems.Add($"{path}.type: is missing: it says which grader this is. Valid: {string.Join(", ", context.Types)}.");
            return null;
        }

        string name = type.ValueKind == JsonValueKind.String ? JsonTexts.Read(type) : GraderJsonReader.Shown(type);
        if (context.Find(name) is not { } factory)
        {
            problems.Add($"{path}.type: is \"{JsonTexts.Cut(name)}\", which is not a known grader: {NearestName.Hint(name, context.Types)}");
            return null;
        }

        int before = problems.Count;
        var reader = new GraderJsonReader(json, name, path, context, problems, depth);
        IGrader? grader;
        try
        {
            grader = factory(reader);
            reader.Finish();
        }
        catch (Exception error) when (error is RlvrException or ArgumentException or InvalidOperationException)
        {
            problems.Add($"{path}: {error.Message}");
            return null;
        }

        return problems.Count == before ? grader : null;
    }
}
