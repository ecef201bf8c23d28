using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>
/// A model directory's tokenizer as a policy's codec. Prompts go through the model's chat template; a model without one reads the messages'
/// texts, one after the other.
/// </summary>
internal sealed class ModelCodec : ITokenCodec
{
    private readonly Tokenizer tokenizer;
    private readonly ChatTemplate? template;
    private readonly string? templateName;
    private readonly IReadOnlyDictionary<string, object?> variables;
    private readonly int? endToken;

    private ModelCodec(Tokenizer tokenizer, CausalLmConfig config, ChatTemplate? template, string? templateName, IEnumerable<KeyValuePair<string, object?>>? variables)
    {
        this.tokenizer = tokenizer;
        this.template = template;
        this.templateName = templateName;
        this.variables = new Dictionary<string, object?>(variables ?? []);
        if (templateName is not null && template?.Names.Contains(templateName) != true)
        {
            throw new PolicyException(
                $"The chat template \"{templateName}\" is asked for, but the model has {(template is null ? "none" : "only " + string.Join(", ", template.Names))}: set ChatTemplate in the policy's options to one of them, or leave it out.");
        }

        tokenizer.CheckFits(config);

        // Of several end tokens the one the tokenizer names is the one that answers were written with.
        endToken = tokenizer.EndToken is { } named && config.EndTokens.Contains(named) ? named
            : config.EndTokens.Count > 0 ? config.EndTokens[0]
            : tokenizer.EndToken;
    }

    /// <summary>The codec of a model directory, with the model's configuration.</summary>
    /// <param name="directory">Holds config.json and the tokenizer.</param>
    /// <param name="config">Its configuration. A model that names no end token stops at its tokenizer's.</param>
    /// <param name="templateName">Which chat template; null for the usual one.</param>
    /// <param name="variables">The template's variables.</param>
    public static ModelCodec Load(string directory, out CausalLmConfig config, string? templateName = null, IEnumerable<KeyValuePair<string, object?>>? variables = null)
    {
        config = CausalLmConfig.Load(directory);
        return ForModel(directory, ref config, templateName, variables);
    }

    /// <summary>The codec of a directory that need not hold a model, for a model of a given configuration.</summary>
    public static ModelCodec ForModel(string directory, ref CausalLmConfig config, string? templateName, IEnumerable<KeyValuePair<string, object?>>? variables)
    {
        Tokenizer tokenizer = Tokenizer.Load(directory);
        config = config.EndTokens.Count == 0 && tokenizer.EndToken is { } end ? config with { EndTokens = [end] } : config;
        return new ModelCodec(tokenizer, config, ChatTemplate.TryLoad(directory), templateName, variables);
    }

    /// <inheritdoc/>
    public int VocabularySize => tokenizer.VocabularySize;

    /// <summary>The token that ends an answer; null for a model without one.</summary>
    public int? EndToken => endToken;

    /// <summary>Whether prompts go through a chat template.</summary>
    public bool HasChatTemplate => template is not null;

    /// <inheritdoc/>
    public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages) => EncodePrompt(messages, default);

    /// <inheritdoc/>
    public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages, JsonElement tools)
    {
        ArgumentNullException.ThrowIfNull(messages);
        bool none = tools.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
        if (template is null)
        {
            return none
                ? tokenizer.Encode(string.Concat(messages.Select(message => message.Content)), addSpecialTokens: true)
                : throw new PolicyException("The prompt offers tools, and the model has no chat template that could tell it of them: leave \"tools\" out of the row, or give the model a template.");
        }

        var options = new ChatTemplateOptions { TemplateName = templateName, Tools = none ? null : tools };
        foreach ((string name, object? value) in variables)
        {
            options.Variables[name] = value;
        }

        // Most templates drop a role that they do not know; developer is the newer word for system.
        bool knowsDeveloper = template.SourceOf(options).Contains("developer", StringComparison.Ordinal);
        PromptMessage[] known = [.. messages.Select(message => message.Role == "developer" && !knowsDeveloper ? message with { Role = "system" } : message)];
        return tokenizer.Encode(template.Render(known, options));
    }

    /// <inheritdoc/>
    public int[] EncodeAnswer(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return endToken is { } end
            ? [.. tokenizer.Encode(text), end]
            : throw new CheckpointException("The model names no end token, so an answer cannot end: set eos_token_id in config.json or generation_config.json.");
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => tokenizer.Decode(tokens, skipSpecialTokens: true);
}
