namespace RlvrSharp.Torch;

/// <summary>A policy that nothing moves any more: the anchor of the KL divergence.</summary>
internal sealed class FrozenTorchPolicy(TorchEngine engine) : IPolicy, IDisposable
{
    private bool disposed;

    /// <inheritdoc/>
    public ITokenCodec Codec => engine.Codec;

    /// <inheritdoc/>
    public int ContextLength => engine.Model.Config.ContextLength;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> SampleAsync(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => TorchFault.Explain(() => engine.Sample(requests, options, cancellationToken)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenScores>> ScoreAsync(
        IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => TorchFault.Explain(() => engine.Score(sequences, temperature, cancellationToken)), cancellationToken);
    }

    /// <summary>Frees the memory on the device.</summary>
    public void Dispose()
    {
        lock (engine.Gate)
        {
            if (!disposed)
            {
                disposed = true;
                engine.Dispose();
            }
        }
    }
}
