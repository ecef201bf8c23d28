using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Data;

/// <summary>
/// Reads problems from a JSON Lines file in the OpenAI reinforcement fine-tuning form: one object a line with <c>messages</c>,
/// optional <c>tools</c>, and any other keys, which graders see as <c>item.key</c>.
/// </summary>
public static class ProblemFile
{
    private const int MaxFaultsShown = 20;

    private static readonly JsonDocumentOptions ParseOptions = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requirements">Graders (or others) that check each row for what they need; all faults are reported together.</param>
    /// <returns>The problems in file order; <see cref="Problem.Id"/> is <c>file.jsonl:line</c>.</returns>
    /// <exception cref="DataException">The file is missing or empty, or rows are unusable: each is named with its line.</exception>
    public static IReadOnlyList<Problem> Load(string path, params IReadOnlyList<IProblemRequirement> requirements)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(requirements);
        string text;
        try
        {
            text = StrictUtf8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"The data file {path} does not exist: check the path (relative paths in a job file start from the job file's folder).", error);
        }
        catch (Exception error) when ((error is IOException or UnauthorizedAccessException) && Directory.Exists(path))
        {
            throw new DataException($"The data file {path} is a folder, but a file of rows is wanted: name the .jsonl file in it.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The data file {path} cannot be read: {error.Message}", error);
        }
        catch (DecoderFallbackException error)
        {
            throw new DataException($"The data file {path} is not UTF-8 text (byte {error.Index.ToString(CultureInfo.InvariantCulture)}): save it as UTF-8.", error);
        }

        return Parse(text, path, requirements);
    }

    /// <summary>Reads problems from JSON Lines text.</summary>
    /// <param name="text">The lines; a byte-order mark and blank lines are passed over.</param>
    /// <param name="name">What errors call the text, such as its file.</param>
    /// <param name="requirements">As in <see cref="Load"/>.</param>
    /// <returns>The problems.</returns>
    /// <exception cref="DataException">There are no rows, or rows are unusable: each is named with its line.</exception>
    public static IReadOnlyList<Problem> Parse(string text, string name, params IReadOnlyList<IProblemRequirement> requirements)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(requirements);
        string shortName = Path.GetFileName(name);
        var problems = new List<Problem>();
        var faults = new List<string>();
        int lineNumber = 0;
        ReadOnlySpan<char> all = text.AsSpan().TrimStart('\uFEFF');

        // Only a line feed ends a row: JSON texts may hold U+2028, U+0085 and the like as they are.
        foreach (Range range in all.Split('\n'))
        {
            lineNumber++;
            ReadOnlySpan<char> line = all[range].Trim(" \t\r");
            if (line.IsEmpty)
            {
                continue;
            }

            string where = string.Create(CultureInfo.InvariantCulture, $"{name}:{lineNumber}");
            try
            {
                Problem problem = ParseRow(line.ToString(), string.Create(CultureInfo.InvariantCulture, $"{shortName}:{lineNumber}"));
                foreach (IProblemRequirement requirement in requirements)
                {
                    if (requirement.FindFault(problem) is { } fault)
                    {
                        throw new DataException(fault);
                    }
                }

                problems.Add(problem);
            }
            catch (DataException error)
            {
                faults.Add($"{where}: {error.Message}");
            }
            catch (Exception error) when (error is InvalidOperationException or ArgumentException)
            {
                // A key with half of a surrogate pair parses, and throws only when it is read.
                faults.Add($"{where}: a key holds half of a surrogate pair (\\ud800 to \\udfff alone), which is no text: rename it.");
            }
        }

        if (faults.Count > 0)
        {
            string more = faults.Count > MaxFaultsShown
                ? string.Create(CultureInfo.InvariantCulture, $"{Environment.NewLine}… and {faults.Count - MaxFaultsShown} more rows.")
                : string.Empty;
            throw new DataException(string.Join(Environment.NewLine, faults.Take(MaxFaultsShown)) + more);
        }

        return problems.Count > 0
            ? problems
            : throw new DataException($"The data file {name} has no rows: it needs one JSON object a line, with messages and a reference.");
    }

    private static Problem ParseRow(string line, string id)
    {
        JsonElement row;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, ParseOptions);
            row = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            string column = error.BytePositionInLine is { } position ? string.Create(CultureInfo.InvariantCulture, $" (byte {position + 1} of the line)") : string.Empty;
            throw new DataException($"the line is not JSON{column}: {FirstSentence(error.Message)} Each line must be one whole JSON object.", error);
        }

        if (row.ValueKind != JsonValueKind.Object)
        {
            throw new DataException($"the line is a JSON {Kind(row)}, but a row is an object with messages: {{\"messages\": [{{\"role\": \"user\", \"content\": \"…\"}}], …}}.");
        }

        if (!row.TryGetProperty("messages", out JsonElement messages))
        {
            string keys = string.Join(", ", row.EnumerateObject().Select(property => property.Name));
            throw new DataException($"the row has no messages (its keys: {(keys.Length == 0 ? "none" : keys)}): add \"messages\": [{{\"role\": \"user\", \"content\": \"…\"}}].");
        }

        var parsed = new List<PromptMessage>();
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new DataException($"messages is {(messages.ValueKind == JsonValueKind.Array ? "an empty array" : "a JSON " + Kind(messages))}, but it must be an array of one message or more.");
        }

        foreach (JsonElement message in messages.EnumerateArray())
        {
            parsed.Add(ParseMessage(message, parsed.Count));
        }

        JsonElement tools = row.TryGetProperty("tools", out JsonElement given) ? given : default;
        JsonElement item = ItemOf(row);
        return new Problem(parsed)
        {
            Id = id,
            Item = item,
            Tools = tools,
            Reference = ReferenceOf(item),
        };
    }

    private static PromptMessage ParseMessage(JsonElement message, int index)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"messages[{index}]");
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new DataException($"{where} is a JSON {Kind(message)}, but a message is an object with role and content.");
        }

        if (!message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw new DataException($"{where} has no role: give it \"user\", \"system\", \"developer\", \"assistant\" or \"tool\".");
        }

        string roleText = TextOf(role, where + ".role");
        if (roleText is not ("user" or "system" or "developer" or "assistant" or "tool"))
        {
            throw new DataException($"{where} has the role \"{roleText}\", which is none of user, system, developer, assistant, tool.");
        }

        if (!message.TryGetProperty("content", out JsonElement content))
        {
            throw new DataException($"{where} has no content: give it a text.");
        }

        return new PromptMessage(roleText, ContentOf(content, where));
    }

    private static string ContentOf(JsonElement content, string where)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                return TextOf(content, where + ".content");
            case JsonValueKind.Array:
                var text = new StringBuilder();
                int index = 0;
                foreach (JsonElement part in content.EnumerateArray())
                {
                    string partName = string.Create(CultureInfo.InvariantCulture, $"{where}.content[{index++}]");
                    if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("text", out JsonElement partText) || partText.ValueKind != JsonValueKind.String)
                    {
                        throw new DataException($"{partName} is not a text part ({{\"type\": \"text\", \"text\": \"…\"}}), and other parts (images, audio) are not supported.");
                    }

                    text.Append(TextOf(partText, partName + ".text"));
                }

                return text.ToString();
            default:
                throw new DataException($"{where}.content is a JSON {Kind(content)}, but it must be a text or an array of text parts.");
        }
    }

    private static string TextOf(JsonElement element, string where)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new DataException($"{where} holds half of a surrogate pair (\\ud800 to \\udfff alone), which is no text: remove it.", error);
        }
    }

    private static JsonElement ItemOf(JsonElement row)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (JsonProperty property in row.EnumerateObject())
            {
                if (!property.NameEquals("messages") && !property.NameEquals("tools"))
                {
                    writer.WritePropertyName(property.Name);
                    writer.WriteRawValue(property.Value.GetRawText());
                }
            }

            writer.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
        return document.RootElement.Clone();
    }

    private static string? ReferenceOf(JsonElement item) =>
        !item.TryGetProperty("reference", out JsonElement reference) || reference.ValueKind == JsonValueKind.Null ? null
        : reference.ValueKind == JsonValueKind.String ? TextOf(reference, "reference")
        : reference.GetRawText();

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => element.ValueKind.ToString().ToLowerInvariant(),
    };

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }
}
