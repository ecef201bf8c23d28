using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models.ChatTemplates;

/// <summary>Reads the golden files: cases with a template, what it is given, and what Jinja2 made of it (a text, a refusal in words, or an error).</summary>
internal static class TemplateCases
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "chat-templates");

    public static string ReadText(string name) => File.ReadAllText(Path.Combine(Folder, name));

    public static JsonElement Read(string name) => JsonDocument.Parse(ReadText(name)).RootElement;

    /// <summary>Runs one case; the result is null if it came out right, else what went wrong.</summary>
    public static string? Check(ChatTemplate? template, string? source, JsonElement context, JsonElement expected)
    {
        string kind = expected[0].GetString()!;
        string text = expected[1].GetString()!;
        string got;
        string gotKind;
        try
        {
            template ??= ChatTemplate.Parse(source!);
            got = Render(template, context);
            gotKind = "text";
        }
        catch (PolicyException exception)
        {
            got = exception.Message[(exception.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
            gotKind = "raised";
        }
        catch (CheckpointException exception)
        {
            got = exception.Message;
            gotKind = "error";
        }

        return gotKind == kind && (kind == "error" || got == text) ? null : $"wanted {kind} {JsonSerializer.Serialize(text)}\n   got {gotKind} {JsonSerializer.Serialize(got)}";
    }

    private static string Render(ChatTemplate template, JsonElement context)
    {
        var options = new ChatTemplateOptions();
        JsonElement messages = JsonDocument.Parse("[]").RootElement;
        foreach (JsonProperty property in context.EnumerateObject())
        {
            switch (property.Name)
            {
                case "messages":
                    messages = property.Value;
                    break;
                case "add_generation_prompt":
                    options.AddGenerationPrompt = property.Value.GetBoolean();
                    break;
                case "tools":
                    options.Tools = property.Value;
                    break;
                case "bos_token":
                    options.BosToken = property.Value.GetString();
                    break;
                case "eos_token":
                    options.EosToken = property.Value.GetString();
                    break;
                default:
                    options.Variables[property.Name] = property.Value;
                    break;
            }
        }

        return template.Render(messages, options);
    }
}
