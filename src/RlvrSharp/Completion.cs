using System.Text.Json;

namespace RlvrSharp;

/// <summary>One answer of a model: its text, its tokens and how probable each token was when it was drawn.</summary>
public sealed class Completion
{
    /// <summary>The decoded text, without end and other special tokens.</summary>
    public required string Text { get; init; }

    /// <summary>The tokens of the prompt it answers. Completions of one group may share the same memory.</summary>
    public required ReadOnlyMemory<int> PromptTokens { get; init; }

    /// <summary>The sampled tokens, the end token included when <see cref="FinishReason"/> is <see cref="FinishReason.Stop"/>.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }

    /// <summary>
    /// The natural logarithm of the probability of each of <see cref="Tokens"/> under the policy that drew them, at the sampling
    /// temperature and before top-p and top-k cut the distribution; as long as <see cref="Tokens"/>.
    /// </summary>
    public required ReadOnlyMemory<float> LogProbs { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>
    /// What else the answer has, in the form grader templates call <c>sample</c>: <c>output_json</c>, <c>output_tools</c>, <c>choices</c>.
    /// Its kind is <see cref="JsonValueKind.Undefined"/> where the answer is its text only, as policies give it.
    /// </summary>
    public JsonElement Sample { get; init; }

    /// <summary>A completion that is only a text, for graders that are used outside of training.</summary>
    /// <param name="text">The answer.</param>
    /// <returns>A completion without tokens.</returns>
    public static Completion FromText(string text) => new()
    {
        Text = text ?? throw new ArgumentNullException(nameof(text)),
        PromptTokens = default,
        Tokens = default,
        LogProbs = default,
        FinishReason = FinishReason.Stop,
    };
}
