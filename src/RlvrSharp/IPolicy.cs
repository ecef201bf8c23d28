namespace RlvrSharp;

/// <summary>A language model as reinforcement learning sees it: something that answers, and that says how probable an answer is.</summary>
public interface IPolicy
{
    /// <summary>The policy's tokenizer and prompt form.</summary>
    ITokenCodec Codec { get; }

    /// <summary>The longest sequence, prompt and answer together, in tokens.</summary>
    int ContextLength { get; }

    /// <summary>Draws one completion per request.</summary>
    /// <param name="requests">What to answer.</param>
    /// <param name="options">Temperature, cut-offs, length.</param>
    /// <param name="cancellationToken">Stops the sampling.</param>
    /// <returns>The completions, in the order of the requests.</returns>
    /// <exception cref="PolicyException">A prompt leaves no room for an answer in the context.</exception>
    Task<IReadOnlyList<Completion>> SampleAsync(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default);

    /// <summary>Computes log-probabilities, entropies and values of given answers.</summary>
    /// <param name="sequences">Prompts with answers.</param>
    /// <param name="temperature">What logits are divided by before the softmax; more than 0.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <returns>One entry per sequence, in order.</returns>
    Task<IReadOnlyList<TokenScores>> ScoreAsync(
        IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default);
}
