namespace RlvrSharp;

/// <summary>A prompt and an answer as tokens. Log-probabilities, entropies and values are about the answer's tokens only.</summary>
public class TokenSequence
{
    /// <summary>The tokens before the answer; at least one. Sequences of one group should share the same memory: a policy may then compute it once.</summary>
    public required ReadOnlyMemory<int> PromptTokens { get; init; }

    /// <summary>The answer's tokens, its end token included where it has one.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }
}
