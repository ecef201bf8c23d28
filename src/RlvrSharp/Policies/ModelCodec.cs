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
    private readonly bool knowsDeveloper;
    private readonly int? endToken;

    public ModelCodec(Tokenizer tokenizer, CausalLmConfig config, ChatTemplate? template = null)
    {
        this.tokenizer = tokenizer;
        this.template = template;
        knowsDeveloper = template?.Source.Contains("developer", StringComparison.Ordinal) ?? false;
        tokenizer.CheckFits(config);

        // Of several end tokens the one the tokenizer names is the one that answers were written with.
        endToken = tokenizer.EndToken is { } named && config.EndTokens.Contains(named) ? named
            : config.EndTokens.Count > 0 ? config.EndTokens[0]
            : tokenizer.EndToken;
    }

    /// <inheritdoc/>
    public int VocabularySize => tokenizer.VocabularySize;

    /// <summary>The token that ends an answer; null for a model without one.</summary>
    public int? EndToken => endToken;

    /// <inheritdoc/>
    public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (template is null)
        {
            return tokenizer.Encode(string.Concat(messages.Select(message => message.Content)), addSpecialTokens: true);
        }

        // Most templates drop a role that they do not know; developer is the newer word for system.
        PromptMessage[] known = [.. messages.Select(message => message.Role == "developer" && !knowsDeveloper ? message with { Role = "system" } : message)];
        return tokenizer.Encode(template.Render(known));
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
