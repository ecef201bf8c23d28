using System.CommandLine;
using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Scripting;

namespace RlvrSharp.Cli;

/// <summary>What several commands read in the same way.</summary>
internal static class Inputs
{
    public static Argument<string> Model() => new("MODEL_DIR") { Description = "A Hugging Face model folder (config.json, model.safetensors, tokenizer.json)." };

    public static Option<int> Threads() => new("--threads") { Description = "Threads to compute with; 0 takes all cores. The numbers do not depend on it." };

    public static Option<ulong> Seed() => new("--seed") { Description = "The seed of everything random." };

    /// <summary>The lines of a file, or of standard input for <c>-</c>; blank ones are passed over but counted.</summary>
    public static IEnumerable<(int Number, string Text)> Lines(string path)
    {
        if (path != "-" && !File.Exists(path))
        {
            throw new DataException($"The file {path} does not exist: check the path, or give - for standard input.");
        }

        using TextReader reader = path == "-" ? new StreamReader(Console.OpenStandardInput()) : new StreamReader(path);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return (number, line);
            }
        }
    }

    /// <summary>A grader from its JSON file; a whole job file serves as well.</summary>
    public static (IGrader Grader, string Name) Grader(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The grader file {path} cannot be read: {error.Message}", error);
        }

        JsonElement json;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            json = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new DataException($"The grader file {path} is not JSON: {error.Message}", error);
        }

        JsonElement format = default;
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("method", out JsonElement method)
            && method.ValueKind == JsonValueKind.Object && method.TryGetProperty("reinforcement", out JsonElement reinforcement)
            && reinforcement.ValueKind == JsonValueKind.Object && reinforcement.TryGetProperty("grader", out JsonElement inside))
        {
            json = inside;
            format = reinforcement.TryGetProperty("response_format", out JsonElement given) ? given : default;
        }

        GraderJsonContext context = Graders();
        context.ResponseFormat = format;
        IGrader grader = GraderJson.Load(json, context);
        Warn(context);
        return (grader, json.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "grader");
    }

    /// <summary>
    /// The grader types that files may use. Python runs isolated or not at all, unless the environment says otherwise: a job file cannot
    /// grant itself that.
    /// </summary>
    public static GraderJsonContext Graders() => new GraderJsonContext()
        .AddPython(new PythonGraderOptions { AllowUnisolated = Environment.GetEnvironmentVariable("RLVR_ALLOW_UNISOLATED_PYTHON") == "1" })
        .AddCSharp();

    public static void Warn(GraderJsonContext context)
    {
        foreach (GraderWarning warning in context.Warnings)
        {
            Console.Error.WriteLine($"rlvr: warning: {warning.Path}: {warning.Text}");
        }
    }

    /// <summary>Starts what graders need. What the machine lacks is an input of this command that cannot be used, not a failure of a run.</summary>
    public static async Task StartAsync(Func<Task> start)
    {
        try
        {
            await start().ConfigureAwait(false);
        }
        catch (GradingException error)
        {
            throw new RlvrException(error.Message, error);
        }
    }
}
