using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>This part finds the template of a model directory.</summary>
public sealed partial class ChatTemplate
{
    private const string TemplateFile = "chat_template.jinja";
    private const string ConfigFile = "tokenizer_config.json";
    private const string ExtraFolder = "additional_chat_templates";

    private static readonly string[] TokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>
    /// Reads a model directory's template: <c>chat_template.jinja</c> (with <c>additional_chat_templates/*.jinja</c>) if it is there,
    /// else <c>chat_template</c> of <c>tokenizer_config.json</c>, which is a text or a list of named ones. Special tokens come from
    /// <c>tokenizer_config.json</c>, those missing there from <c>special_tokens_map.json</c>.
    /// </summary>
    /// <param name="modelDirectory">The directory.</param>
    /// <returns>The template; null if the directory has none.</returns>
    /// <exception cref="CheckpointException">
    /// There is no such directory, a file is not what it should be, or a template uses what is not supported; the message names file, line and column.
    /// </exception>
    public static ChatTemplate? TryLoad(string modelDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        if (!Directory.Exists(modelDirectory))
        {
            throw new CheckpointException($"The model directory '{modelDirectory}' does not exist.");
        }

        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        string file = Path.Combine(modelDirectory, TemplateFile);
        if (File.Exists(file))
        {
            sources.Add(DefaultName, ReadText(file));
            string extra = Path.Combine(modelDirectory, ExtraFolder);
            string[] paths = Directory.Exists(extra) ? Directory.GetFiles(extra, "*.jinja") : [];
            foreach (string path in paths.Order(StringComparer.Ordinal))
            {
                sources[Path.GetFileNameWithoutExtension(path)] = ReadText(path);
            }
        }

        string config = Path.Combine(modelDirectory, ConfigFile);
        bool fromConfig = sources.Count == 0;
        ReadJson(config, root =>
        {
            if (fromConfig && root.TryGetProperty("chat_template", out JsonElement template))
            {
                ReadTemplates(template, sources, config);
            }

            ReadTokens(root, tokens);
        });
        ReadJson(Path.Combine(modelDirectory, "special_tokens_map.json"), root => ReadTokens(root, tokens));
        return sources.Count == 0 ? null : new ChatTemplate(sources, tokens, fromConfig ? config : file);
    }

    private static void ReadTemplates(JsonElement template, Dictionary<string, string> sources, string file)
    {
        switch (template.ValueKind)
        {
            case JsonValueKind.Null:
                return;
            case JsonValueKind.String:
                sources[DefaultName] = template.GetString()!;
                return;
            case JsonValueKind.Array:
                foreach (JsonElement entry in template.EnumerateArray())
                {
                    if (entry.ValueKind != JsonValueKind.Object
                        || !entry.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String
                        || !entry.TryGetProperty("template", out JsonElement source) || source.ValueKind != JsonValueKind.String)
                    {
                        throw new CheckpointException($"An entry of 'chat_template' in '{file}' is {Shorten(entry)}; it must be an object with the strings 'name' and 'template'.");
                    }

                    sources[name.GetString()!] = source.GetString()!;
                }

                return;
            default:
                throw new CheckpointException($"'chat_template' in '{file}' is {Shorten(template)}; it must be a string or a list of named templates.");
        }
    }

    // A token is its text, or an object with its text under "content".
    private static void ReadTokens(JsonElement root, Dictionary<string, string> tokens)
    {
        foreach (string name in TokenNames)
        {
            if (!root.TryGetProperty(name, out JsonElement token))
            {
                continue;
            }

            if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content))
            {
                token = content;
            }

            if (token.ValueKind == JsonValueKind.String)
            {
                tokens.TryAdd(name, token.GetString()!);
            }
        }
    }

    private static void ReadJson(string file, Action<JsonElement> read)
    {
        if (!File.Exists(file))
        {
            return;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(ReadText(file));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException($"'{file}' is {Shorten(document.RootElement)}; it must be a JSON object.");
            }

            read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"'{file}' is not JSON: {exception.Message}", exception);
        }
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"'{file}' cannot be read: {exception.Message}", exception);
        }
    }

    private static string Shorten(JsonElement element)
    {
        string text = element.GetRawText();
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
