using System.Text.Json;

namespace RlvrSharp;

/// <summary>One row of a dataset: what the model is asked, and what graders compare its answers with.</summary>
/// <remarks>Immutable. Derive from it to carry typed truth to your own grader.</remarks>
public record Problem
{
    /// <summary>A problem whose prompt is one user message.</summary>
    /// <param name="prompt">The text of the message.</param>
    public Problem(string prompt)
        : this([new PromptMessage("user", prompt ?? throw new ArgumentNullException(nameof(prompt)))])
    {
    }

    /// <summary>A problem whose prompt is a conversation.</summary>
    /// <param name="messages">At least one message, oldest first.</param>
    /// <exception cref="ArgumentException"><paramref name="messages"/> is empty.</exception>
    public Problem(IReadOnlyList<PromptMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0)
        {
            throw new ArgumentException("A problem has no messages, but the model must be asked something: give it one or more.", nameof(messages));
        }

        Messages = messages;
    }

    /// <summary>What errors, logs and reports call this row, such as <c>train.jsonl:12</c>.</summary>
    public string? Id { get; init; }

    /// <summary>The conversation so far, oldest first; never empty.</summary>
    public IReadOnlyList<PromptMessage> Messages { get; }

    /// <summary>The prompt as plain text: the contents of all messages joined by a line feed.</summary>
    public string Prompt => Messages.Count == 1 ? Messages[0].Content : string.Join('\n', Messages.Select(message => message.Content));

    /// <summary>
    /// Every key of the row but <c>messages</c> and <c>tools</c>, as one JSON object: what grader templates call <c>item</c>.
    /// Its kind is <see cref="JsonValueKind.Undefined"/> where the problem was not read from a row.
    /// </summary>
    public JsonElement Item { get; init; }

    /// <summary>The tools the row offers to the model, as in the chat API, or <see cref="JsonValueKind.Undefined"/>.</summary>
    public JsonElement Tools { get; init; }

    /// <summary>The reference answer as text (for structured answers: JSON). Rows read from a file have <c>item.reference</c> here.</summary>
    public string? Reference { get; init; }
}
