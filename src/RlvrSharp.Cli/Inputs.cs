using System.CommandLine;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;
using RlvrSharp.Scripting;

namespace RlvrSharp.Cli;

/// <summary>What several commands read in the same way.</summary>
internal static class Inputs
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Argument<string> Model() => new("MODEL_DIR") { Description = "A Hugging Face model folder (config.json, model.safetensors, tokenizer.json), or a PEFT adapter folder whose model is at hand." };

    public static Option<int> Threads() => new("--threads") { Description = "Threads to compute with; 0 takes all cores. The numbers do not depend on it." };

    public static Option<ulong> Seed() => new("--seed") { Description = "The seed of everything random." };

    /// <summary>The lines of a file, or of standard input for <c>-</c>; blank ones are passed over but counted. A line that is not UTF-8 has a fault and no text.</summary>
    public static IEnumerable<(int Number, string Text, string? Fault)> Lines(string path)
    {
        if (path != "-" && !File.Exists(path))
        {
            throw new DataException(Directory.Exists(path)
                ? $"{path} is a folder, but a file of rows is wanted: name the .jsonl file in it."
                : $"The file {path} does not exist: check the path, or give - for standard input.");
        }

        // One character a byte, so that bytes which are no text are seen line by line instead of being replaced.
        using TextReader reader = new StreamReader(
            path == "-" ? Console.OpenStandardInput() : File.OpenRead(path), Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            (string text, string? fault) = Decode(Encoding.Latin1.GetBytes(line));
            text = number == 1 ? text.TrimStart('\uFEFF') : text;
            if (fault is not null || !string.IsNullOrWhiteSpace(text))
            {
                yield return (number, text, fault is null ? null : $"the line {fault}");
            }
        }
    }

    /// <summary>A grader from its JSON file; a whole job file serves as well.</summary>
    public static (IGrader Grader, string Name) Grader(string path)
    {
        string text;
        string? fault;
        try
        {
            (text, fault) = Decode(File.ReadAllBytes(path));
        }
        catch (Exception error) when ((error is IOException or UnauthorizedAccessException) && Directory.Exists(path))
        {
            throw new DataException($"The grader file {path} is a folder, but a file is wanted: name the grader's JSON file in it.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The grader file {path} cannot be read: {error.Message}", error);
        }

        if (fault is not null)
        {
            throw new DataException($"The grader file {path} {fault}");
        }

        JsonElement json;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.TrimStart('\uFEFF'), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 1000 });
            json = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new DataException($"The grader file {path} is not JSON: {error.Message}", error);
        }

        JsonElement format = default;
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("method", out JsonElement method)
            && method.ValueKind == JsonValueKind.Object && method.TryGetProperty("reinforcement", out JsonElement reinforcement)
            && reinforcement.ValueKind == JsonValueKind.Object)
        {
            json = reinforcement.TryGetProperty("grader", out JsonElement inside)
                ? inside
                : throw new DataException($"The job file {path} has no method.reinforcement.grader: add the grader there, or give a file that holds the grader alone.");
            format = reinforcement.TryGetProperty("response_format", out JsonElement given) ? given : default;
        }

        GraderJsonContext context = Graders();
        context.ResponseFormat = format;
        IGrader grader = GraderJson.Load(json, context);
        Warn(context);
        return (grader, json.ValueKind == JsonValueKind.Object && json.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "grader");
    }

    /// <summary>
    /// The grader types that files may use. Python runs isolated or not at all, unless the environment says otherwise: a job file cannot
    /// grant itself that. Judges without a <c>base_url</c> ask the service that the environment names, so that a grader file of the contract runs as it is.
    /// </summary>
    public static GraderJsonContext Graders() => new GraderJsonContext { ChatClients = ChatClients() }
        .AddPython(new PythonGraderOptions { AllowUnisolated = Environment.GetEnvironmentVariable("RLVR_ALLOW_UNISOLATED_PYTHON") == "1" })
        .AddCSharp();

    private static Func<string, IChatClient>? ChatClients()
    {
        string? url = Environment.GetEnvironmentVariable("OPENAI_BASE_URL");
        string? key = Environment.GetEnvironmentVariable("OPENAI_API_KEY");
        if (string.IsNullOrWhiteSpace(url) && string.IsNullOrWhiteSpace(key))
        {
            return null;
        }

        // One client for all judges; each sends its own model's name, and limits its own time. Made when a judge is met, so that others never see a bad address.
        var client = new Lazy<IChatClient>(() => Uri.TryCreate(string.IsNullOrWhiteSpace(url) ? "https://api.openai.com/v1" : url, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            ? new OpenAiChatClient(new HttpClient { Timeout = Timeout.InfiniteTimeSpan }, address, string.IsNullOrWhiteSpace(key) ? null : key)
            : throw new DataException($"The environment variable OPENAI_BASE_URL is \"{url}\", which is no http(s) URL: set it to a service's root such as http://localhost:8000/v1, or remove it."));
        return _ => client.Value;
    }

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

    /// <summary>Says what Python graders run on and what isolates them: once for graders that share it.</summary>
    public static void ShowEnvironments(IReadOnlyList<KeyValuePair<string, PythonEnvironment>> environments)
    {
        foreach (IGrouping<(string, string), string> group in environments.GroupBy(pair => (pair.Value.Version, pair.Value.Description), pair => pair.Key))
        {
            Console.Error.WriteLine($"rlvr: python grader {string.Join(", ", group)}: Python {group.Key.Item1}, {group.Key.Item2}");
        }
    }

    private static (string Text, string? Fault) Decode(byte[] bytes)
    {
        try
        {
            return (StrictUtf8.GetString(bytes), null);
        }
        catch (DecoderFallbackException error)
        {
            return (string.Empty, $"is not UTF-8 text (byte {error.Index + 1}): save it as UTF-8.");
        }
    }
}
