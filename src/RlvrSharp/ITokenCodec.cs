using System.Text.Json;

namespace RlvrSharp;

/// <summary>Turns messages and texts into a policy's tokens and back.</summary>
public interface ITokenCodec
{
    /// <summary>The number of tokens; ids run from 0 to one less.</summary>
    int VocabularySize { get; }

    /// <summary>Renders a prompt as the model was trained to read it (its chat template, or plain text) and tokenizes it.</summary>
    /// <param name="messages">The conversation, oldest first.</param>
    /// <returns>The prompt's tokens; at least one.</returns>
    int[] EncodePrompt(IReadOnlyList<PromptMessage> messages);

    /// <summary>Renders a prompt that offers tools to the model.</summary>
    /// <param name="messages">The conversation, oldest first.</param>
    /// <param name="tools">The tools, a JSON array as in the chat API; <see cref="JsonValueKind.Undefined"/> for none.</param>
    /// <returns>The prompt's tokens; at least one.</returns>
    /// <exception cref="PolicyException">There are tools, and this codec has no way to show them to the model.</exception>
    int[] EncodePrompt(IReadOnlyList<PromptMessage> messages, JsonElement tools) => tools.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
        ? EncodePrompt(messages)
        : throw new PolicyException("The prompt offers tools, and this model has no way to be told of them: leave \"tools\" out of the row.");

    /// <summary>Tokenizes an answer and appends the end token.</summary>
    /// <param name="text">The answer.</param>
    /// <returns>The answer's tokens as <see cref="TokenSequence.Tokens"/> wants them.</returns>
    int[] EncodeAnswer(string text);

    /// <summary>Turns tokens back into text, leaving end and other special tokens out.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <returns>The text.</returns>
    string Decode(ReadOnlySpan<int> tokens);
}
