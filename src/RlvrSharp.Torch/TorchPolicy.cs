using Microsoft.Extensions.Logging;
using RlvrSharp.Models;
using RlvrSharp.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>
/// A language model of the Llama family (Llama, Mistral, Qwen2, Qwen3) on TorchSharp: samples, scores and trains on a GPU, or on the processor.
/// </summary>
/// <remarks>
/// Same seed, same weights, same machine: the same completions; a GPU's backward pass may add in another order each time. Log-probabilities recorded while sampling and those of the training pass agree up to rounding (about 1e-5 in
/// single precision, 1e-2 in bfloat16), since a GPU's sums depend on the shape of a batch; <see cref="ManagedPolicy"/> has them equal bit for bit.
/// Checkpoints and optimiser states are those of <see cref="ManagedPolicy"/>: a run can be saved on the one and loaded on the other.
/// Calls that overlap wait for each other. Dispose it: the garbage collector does not see the device's memory.
/// </remarks>
public sealed partial class TorchPolicy : ITrainablePolicy, IDisposable
{
    private readonly CausalLmConfig config;
    private readonly TorchPolicyOptions options;
    private readonly CheckpointFiles files;
    private readonly string baseDirectory;
    private readonly TorchEngine engine;
    private readonly TorchOptimizer optimizer;
    private bool disposed;

    private TorchPolicy(CausalLmConfig config, TorchWeights weights, ITokenCodec codec, CheckpointFiles files, TorchPolicyOptions options, Device device, string baseDirectory)
    {
        this.config = config;
        this.options = options;
        this.files = files;
        this.baseDirectory = baseDirectory;
        engine = new TorchEngine(new TorchModel(config, weights, device, Precision(options)), codec, options);
        optimizer = new TorchOptimizer([.. weights.Trained]);
    }

    /// <summary>Loads a Hugging Face model directory (config.json, weights, tokenizer), or a PEFT adapter directory together with the model it names.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">Where and how to compute; null for the defaults. Not to be changed afterwards.</param>
    /// <param name="logger">Is told once if the model has no chat template.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="CheckpointException">A file is missing, damaged, or not supported; the message names it.</exception>
    /// <exception cref="PolicyException">The options name a device, a chat template or a layer that there is not.</exception>
    public static TorchPolicy Load(string directory, TorchPolicyOptions? options = null, ILogger<TorchPolicy>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new TorchPolicyOptions();
        string model = directory;
        if (LoraCheckpoint.IsAdapter(directory))
        {
            model = LoraCheckpoint.BaseDirectory(directory);
            options = options.Copy();
            options.Lora = LoraCheckpoint.ReadOptions(directory);
        }

        ModelCodec codec = ModelCodec.Load(model, out CausalLmConfig config, options.ChatTemplate, options.ChatTemplateVariables);
        if (!codec.HasChatTemplate && logger is not null)
        {
            TorchLog.NoChatTemplate(logger, model);
        }

        return Load(model, config, codec, options, adapter: model == directory ? null : directory);
    }

    /// <summary>The model's configuration.</summary>
    public CausalLmConfig Config => config;

    /// <inheritdoc/>
    public ITokenCodec Codec => engine.Codec;

    /// <inheritdoc/>
    public int ContextLength => config.ContextLength;

    /// <inheritdoc/>
    public bool HasValueHead => options.ValueHead;

    /// <summary>The device it computes on, by its PyTorch name.</summary>
    public string Device => engine.Model.Device.ToString();

    /// <summary>The number of weights that training moves.</summary>
    public long TrainedParameterCount => optimizer.Parameters.Sum(parameter => parameter.Count);

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

    /// <inheritdoc/>
    /// <remarks>Memory on the device is shared until this policy's next step, which copies what it moves; frozen weights stay shared.</remarks>
    public IPolicy CreateReference()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        lock (engine.Gate)
        {
            var model = new TorchModel(config, engine.Model.Weights.Share(config), engine.Model.Device, engine.Model.Precision);
            return new FrozenTorchPolicy(new TorchEngine(model, Codec, options));
        }
    }

    /// <summary>Frees the memory on the device. References made of this policy stay usable.</summary>
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

    internal static TorchPolicy Load(string directory, CausalLmConfig config, ITokenCodec codec, TorchPolicyOptions options, string? adapter = null)
    {
        OptionsCheck.ThrowIfInvalid(options, new TorchPolicyOptionsValidator());
        Device device = FindDevice(options.Device);
        TorchWeights weights = TorchWeights.Create(config, options, device);
        var policy = new TorchPolicy(config, weights, codec, CheckpointFiles.Read(directory), options, device, Path.GetFullPath(directory));
        try
        {
            return TorchFault.Explain(() =>
            {
                policy.ReadModel(directory);
                if (adapter is not null)
                {
                    policy.ReadAdapters(adapter);
                }

                return policy;
            });
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    private static ScalarType Precision(TorchPolicyOptions options) => options.Precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private static Device FindDevice(string? name)
    {
        bool available = cuda.is_available();
        int count = available ? cuda.device_count() : 0;
        name ??= available ? "cuda:0" : "cpu";
        int index = name.StartsWith("cuda:", StringComparison.Ordinal) ? int.Parse(name.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture) : 0;
        return name == "cpu" || index < count
            ? device(name == "cuda" ? "cuda:0" : name)
            : throw new PolicyException(
                $"The device \"{name}\" is asked for, but TorchSharp sees {(count == 0 ? "no GPU" : $"{count} GPU(s), cuda:0 to cuda:{count - 1}")}: set TorchPolicyOptions.Device to \"cpu\", or reference a libtorch package for your GPU (TorchSharp-cuda-linux, TorchSharp-cuda-windows) and check its driver.");
    }
}
