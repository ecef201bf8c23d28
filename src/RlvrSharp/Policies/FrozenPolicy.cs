namespace RlvrSharp.Policies;

/// <summary>A policy that nothing moves any more: the anchor of the KL divergence.</summary>
internal sealed class FrozenPolicy(PolicyEngine engine) : IPolicy
{
    /// <inheritdoc/>
    public ITokenCodec Codec => engine.Codec;

    /// <inheritdoc/>
    public int ContextLength => engine.ContextLength;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> SampleAsync(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => engine.Sample(requests, options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenScores>> ScoreAsync(
        IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        return Task.Run(() => engine.Score(sequences, temperature, cancellationToken), cancellationToken);
    }
}
