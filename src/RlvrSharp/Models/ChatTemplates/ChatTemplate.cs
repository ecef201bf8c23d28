using System.Collections.Frozen;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>
/// Renders a conversation as the text a model was trained to read, by the template that comes with the model: a Jinja template as
/// Hugging Face directories carry it. docs/chat-templates.md tells what of Jinja is there.
/// </summary>
/// <remarks>Immutable; any number of threads may render at once. The same input gives the same text, on every machine and day.</remarks>
public sealed partial class ChatTemplate
{
    private const string DefaultName = "default";
    private const string ToolName = "tool_use";

    private readonly FrozenDictionary<string, (string Source, IReadOnlyList<JinjaStatement> Body)> templates;
    private readonly FrozenDictionary<string, string> specialTokens;
    private readonly string? file;

    private ChatTemplate(IReadOnlyDictionary<string, string> sources, IReadOnlyDictionary<string, string> specialTokens, string? file)
    {
        this.file = file;
        this.specialTokens = specialTokens.ToFrozenDictionary(StringComparer.Ordinal);
        var parsed = new Dictionary<string, (string, IReadOnlyList<JinjaStatement>)>(StringComparer.Ordinal);
        foreach ((string name, string source) in sources)
        {
            try
            {
                parsed.Add(name, (source, JinjaParser.Parse(source)));
            }
            catch (JinjaException exception)
            {
                throw Fault(name, exception);
            }
        }

        templates = parsed.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. sources.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The names of the templates; <c>default</c> alone for most models.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The Jinja source of the template used when no name is given and there are no tools.</summary>
    public string Source => templates[Choose(null, tools: false)].Source;

    /// <summary>The special tokens that the directory names, such as <c>bos_token</c>, each with its text.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens => specialTokens;

    /// <summary>Reads a template from its Jinja source.</summary>
    /// <param name="source">The template.</param>
    /// <returns>The template, which knows no special tokens: give those in the options.</returns>
    /// <exception cref="CheckpointException">The source is not a template, or uses what is not supported; the message says what and where (line, column).</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ChatTemplate(new Dictionary<string, string> { [DefaultName] = source }, FrozenDictionary<string, string>.Empty, null);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="options">What else the template is given; defaults where it is null.</param>
    /// <returns>The text to tokenize. Most templates write the beginning-of-sequence token themselves, so tokenize it without adding special tokens.</returns>
    /// <exception cref="CheckpointException">The template fails on these messages (with line and column), or does more than the limits of the options allow.</exception>
    /// <exception cref="PolicyException">The template refuses the conversation (<c>raise_exception</c>), with its own words.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public string Render(IReadOnlyList<PromptMessage> messages, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<object?> list = [];
        foreach (PromptMessage message in messages)
        {
            var dict = new JinjaDict();
            dict.Set("role", message.Role);
            dict.Set("content", message.Content);
            list.Add(dict);
        }

        return Render(new JinjaList(list), options ?? new ChatTemplateOptions());
    }

    /// <summary>Renders a conversation given as JSON, with all that messages can hold: content parts, tool calls, reasoning.</summary>
    /// <param name="messages">A JSON array of objects with <c>role</c> and what belongs to it.</param>
    /// <param name="options">What else the template is given; defaults where it is null.</param>
    /// <returns>The text to tokenize. Most templates write the beginning-of-sequence token themselves, so tokenize it without adding special tokens.</returns>
    /// <exception cref="CheckpointException">The template fails on these messages (with line and column), or does more than the limits of the options allow.</exception>
    /// <exception cref="PolicyException">The template refuses the conversation (<c>raise_exception</c>), with its own words.</exception>
    /// <exception cref="ArgumentException">The messages are not an array of objects, or an option makes no sense.</exception>
    public string Render(JsonElement messages, ChatTemplateOptions? options = null)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw new ArgumentException($"The messages are a JSON {messages.ValueKind}; they must be an array of objects.", nameof(messages));
        }

        int index = 0;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw new ArgumentException($"Message {index} is a JSON {message.ValueKind}; it must be an object with a role.", nameof(messages));
            }

            index++;
        }

        return Render((JinjaList)JinjaJson.Read(messages)!, options ?? new ChatTemplateOptions());
    }

    /// <summary>The source of the template that options choose.</summary>
    internal string SourceOf(ChatTemplateOptions options) => templates[Choose(options)].Source;

    private string Render(JinjaList messages, ChatTemplateOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSteps, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxOutputLength, 1, nameof(options));
        string name = Choose(options);
        try
        {
            return JinjaRenderer.Render(templates[name].Body, Variables(messages, options), options.Now, options.MaxSteps, options.MaxOutputLength);
        }
        catch (JinjaException exception) when (exception.Fault == JinjaFault.Raised)
        {
            throw new PolicyException($"{Where(name)} refuses the conversation: {exception.Message}", exception);
        }
        catch (JinjaException exception)
        {
            throw Fault(name, exception);
        }
    }

    private Dictionary<string, object?> Variables(JinjaList messages, ChatTemplateOptions options)
    {
        var variables = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string token, string text) in specialTokens)
        {
            variables[token] = text;
        }

        if (options.BosToken is not null)
        {
            variables["bos_token"] = options.BosToken;
        }

        if (options.EosToken is not null)
        {
            variables["eos_token"] = options.EosToken;
        }

        variables["tools"] = options.Tools is { } tools ? JinjaJson.Read(tools) : null;
        variables["documents"] = options.Documents is { } documents ? JinjaJson.Read(documents) : null;
        variables["add_generation_prompt"] = options.AddGenerationPrompt;
        foreach ((string key, object? value) in options.Variables)
        {
            variables[key] = value switch
            {
                null or bool or long or double or string => value,
                int number => (long)number,
                JsonElement element => JinjaJson.Read(element),
                _ => throw new ArgumentException(
                    $"The variable '{key}' is a {value.GetType().Name}; a chat template takes null, bool, int, long, double, string or JsonElement.", nameof(options)),
            };
        }

        variables["messages"] = messages;
        return variables;
    }

    private string Choose(ChatTemplateOptions options) =>
        Choose(options.TemplateName, options.Tools is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) });

    private string Choose(string? name, bool tools)
    {
        if (name is not null)
        {
            return templates.ContainsKey(name)
                ? name
                : throw new ArgumentException($"There is no chat template named '{name}'; there are: {string.Join(", ", Names)}.", nameof(name));
        }

        return tools && templates.ContainsKey(ToolName) ? ToolName
            : templates.ContainsKey(DefaultName) ? DefaultName
            : Names.Count == 1 ? Names[0]
            : throw new ArgumentException($"None of the chat templates is named '{DefaultName}': set TemplateName to one of {string.Join(", ", Names)}.", nameof(name));
    }

    private string Where(string name) =>
        (file is null ? "The chat template" : $"The chat template of {file}") + (name == DefaultName ? string.Empty : $" (named '{name}')");

    private CheckpointException Fault(string name, JinjaException exception) =>
        new($"{Where(name)}, line {exception.Line}, column {exception.Column}: {exception.Message}", exception);
}
