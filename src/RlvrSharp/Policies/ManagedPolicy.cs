using RlvrSharp.Models;
using RlvrSharp.Training;

namespace RlvrSharp.Policies;

/// <summary>
/// A language model of the Llama family (Llama, Mistral, Qwen2, Qwen3) in managed code: samples, scores and trains on any machine, float32,
/// all cores, no native dependency.
/// </summary>
/// <remarks>
/// Log-probabilities recorded while sampling equal those of <see cref="ScoreAsync"/> and of the training forward pass bit for bit, and no
/// thread count, batch size or batch composition changes a bit of them. Calls that overlap wait for each other.
/// </remarks>
public sealed partial class ManagedPolicy : ITrainablePolicy, IDisposable
{
    private readonly CausalLmConfig config;
    private readonly ManagedPolicyOptions options;
    private readonly CheckpointFiles files;
    private readonly string? baseDirectory;
    private readonly PolicyEngine engine;
    private readonly Optimizer optimizer;
    private bool disposed;

    private ManagedPolicy(CausalLmConfig config, ModelWeights weights, ITokenCodec codec, CheckpointFiles files, ManagedPolicyOptions options, string? baseDirectory = null)
    {
        this.baseDirectory = baseDirectory;
        this.config = config;
        this.options = options;
        this.files = files;
        OptionsCheck.ThrowIfInvalid(options, new ManagedPolicyOptionsValidator());
        var pool = new WorkPool(options.Threads);
        engine = new PolicyEngine(new Transformer(config, weights, pool) { RecomputeActivations = options.RecomputeActivations }, codec, options);
        optimizer = new Optimizer(weights.Trained, pool);
    }

    /// <summary>The model's configuration.</summary>
    public CausalLmConfig Config => config;

    /// <inheritdoc/>
    public ITokenCodec Codec => engine.Codec;

    /// <inheritdoc/>
    public int ContextLength => config.ContextLength;

    /// <summary>Whether the model has a chat template; without one, the messages' texts are put one after the other.</summary>
    public bool HasChatTemplate => engine.Codec is ModelCodec { HasChatTemplate: true };

    /// <summary>The number of weights that training moves.</summary>
    public long TrainedParameterCount => optimizer.Parameters.Sum(parameter => (long)parameter.Rows * parameter.Columns);

    /// <inheritdoc/>
    public bool HasValueHead => options.ValueHead;

    internal Transformer Transformer => engine.Transformer;

    internal Optimizer Optimizer => optimizer;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> SampleAsync(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => engine.Sample(requests, options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TokenScores>> ScoreAsync(
        IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => engine.Score(sequences, temperature, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Weights are shared until this policy's next step, which copies those it moves.</remarks>
    public IPolicy CreateReference()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        lock (engine.Gate)
        {
            return new FrozenPolicy(new PolicyEngine(new Transformer(config, Transformer.Weights.Share(config), Transformer.Pool), engine.Codec, options));
        }
    }

    /// <summary>What this policy holds in memory now, and held at most while sampling.</summary>
    /// <returns>The bytes by purpose.</returns>
    public PolicyMemory MeasureMemory()
    {
        ModelWeights weights = Transformer.Weights;
        List<(long Values, long Gradient, long Moments)> bytes = [.. weights.Parameters.Concat(weights.Trained).Distinct().Select(parameter => parameter.Bytes)];
        return new PolicyMemory(
            bytes.Sum(part => part.Values), bytes.Sum(part => part.Gradient), bytes.Sum(part => part.Moments), Transformer.WorkspaceBytes, engine.PeakCacheBytes);
    }

    /// <summary>Marks the policy as no longer usable; its memory is the garbage collector's.</summary>
    public void Dispose() => disposed = true;
}
