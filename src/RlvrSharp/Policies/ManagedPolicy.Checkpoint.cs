using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using RlvrSharp.Diagnostics;
using RlvrSharp.Models;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>Fresh models, loading and saving.</content>
public sealed partial class ManagedPolicy
{
    /// <summary>Loads a Hugging Face model directory (config.json, weights, tokenizer), or a PEFT adapter directory together with the model it names.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">How to compute; null for the defaults.</param>
    /// <param name="logger">Is told once if the model has no chat template.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="CheckpointException">A file is missing, damaged, or not supported; the message names it.</exception>
    /// <exception cref="PolicyException">The options name a chat template or a layer that the model does not have.</exception>
    public static ManagedPolicy Load(string directory, ManagedPolicyOptions? options = null, ILogger<ManagedPolicy>? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (LoraCheckpoint.IsAdapter(directory))
        {
            return LoadAdapter(directory, options, logger);
        }

        ModelCodec codec = ModelCodec.Load(directory, out CausalLmConfig config, options?.ChatTemplate, options?.ChatTemplateVariables);
        if (!codec.HasChatTemplate && logger is not null)
        {
            Log.NoChatTemplate(logger, directory);
        }

        return Load(directory, config, codec, options);
    }

    /// <summary>Makes a model with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="tokenizerDirectory">Where tokenizer.json lies, and tokenizer_config.json where there is one; saving carries them over.</param>
    /// <param name="seed">Names the weights: the same seed gives the same model.</param>
    /// <param name="options">How to draw and compute; null for the defaults.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="CheckpointException">The tokenizer is missing or damaged, or has more tokens than the model.</exception>
    public static ManagedPolicy Create(CausalLmConfig config, string tokenizerDirectory, ulong seed, ManagedPolicyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentException.ThrowIfNullOrEmpty(tokenizerDirectory);
        ModelCodec codec = ModelCodec.ForModel(tokenizerDirectory, ref config, options?.ChatTemplate, options?.ChatTemplateVariables);
        return Create(config, codec, CheckpointFiles.ForFreshModel(config, tokenizerDirectory), seed, options);
    }

    /// <inheritdoc/>
    public Task SaveAsync(string directory, bool withOptimizerState = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => Save(directory, withOptimizerState, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task LoadAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(
            () =>
            {
                lock (engine.Gate)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (options.Lora is null)
                    {
                        ReadInto(directory);
                    }
                    else
                    {
                        ReadAdapters(directory);
                    }
                }
            },
            cancellationToken);
    }

    internal static ManagedPolicy Load(string directory, CausalLmConfig config, ITokenCodec codec, ManagedPolicyOptions? options = null)
    {
        options ??= new ManagedPolicyOptions();
        ModelWeights weights = ModelWeights.Empty(config, options.ValueHead, options.BFloat16Weights);
        Attach(weights, options.Lora);
        var policy = new ManagedPolicy(config, weights, codec, CheckpointFiles.Read(directory), options, Path.GetFullPath(directory));
        policy.ReadInto(directory);
        return policy;
    }

    private static ManagedPolicy LoadAdapter(string directory, ManagedPolicyOptions? options, ILogger<ManagedPolicy>? logger)
    {
        string model = LoraCheckpoint.BaseDirectory(directory);
        options = (options ?? new ManagedPolicyOptions()).Copy();
        options.Lora = LoraCheckpoint.ReadOptions(directory);
        ManagedPolicy policy = Load(model, options, logger);
        policy.ReadAdapters(directory);
        return policy;
    }

    /// <summary>Gives the wanted layers adapters, and makes sure that there are such layers.</summary>
    private static void Attach(ModelWeights weights, LoraOptions? lora)
    {
        if (lora is null)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(lora.Rank, 1);
        LoraCheckpoint.CheckModules(lora);
        weights.Attach(lora, name => LoraCheckpoint.Wants(lora, name));
    }

    internal static ManagedPolicy Create(CausalLmConfig config, ITokenCodec codec, CheckpointFiles files, ulong seed, ManagedPolicyOptions? options = null)
    {
        options ??= new ManagedPolicyOptions();
        ModelWeights weights = ModelWeights.Empty(config, options.ValueHead, options.BFloat16Weights);
        Attach(weights, options.Lora);
        for (int i = 0; i < weights.Parameters.Count; i++)
        {
            Draw(weights.Parameters[i], config, options, new KeyedRandom(KeyedRandom.Key(seed, (ulong)i)));
        }

        return new ManagedPolicy(config, weights, codec, files, options);
    }

    private static void Draw(Parameter parameter, CausalLmConfig config, ManagedPolicyOptions options, KeyedRandom random)
    {
        if (parameter.Shape.Count == 1)
        {
            parameter.ValueSpan.Fill(parameter.Name.EndsWith(".bias", StringComparison.Ordinal) ? 0f : 1f);
            return;
        }

        bool embedding = parameter.Name == "model.embed_tokens.weight";
        double deviation = embedding && options.ScaledEmbedding ? 1 / Math.Sqrt(config.HiddenSize) : options.InitializerStd ?? config.InitializerRange;
        var row = new float[parameter.Columns];
        for (int r = 0; r < parameter.Rows; r++)
        {
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = (float)(random.NextGaussian() * deviation);
            }

            parameter.PackValues(row, r, parameter.ValueBuffer);
        }
    }

    /// <summary>Writes adapters added to the weights they belong to, as a model directory like any other; nothing here changes.</summary>
    /// <param name="directory">Where to; must not exist.</param>
    /// <param name="cancellationToken">Stops the writing and removes what was written.</param>
    /// <returns>A task.</returns>
    public Task SaveMergedAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(
            () => Save(
                directory,
                temporary =>
                {
                    files.Write(temporary);
                    var adapted = Transformer.Weights.AdaptedLayers.ToDictionary(linear => linear.Weight);
                    CheckpointTensors.Write(temporary, Transformer.Weights.Parameters.Select(p => TensorSource.FromSingles(
                        p.Name, p.StoredType, p.Shape, () => adapted.TryGetValue(p, out Linear? linear) ? LoraCheckpoint.Merge(linear) : p.UnpackValues())));
                    WriteValueHead(temporary);
                },
                cancellationToken),
            cancellationToken);
    }

    private void Save(string directory, bool withOptimizerState, CancellationToken cancellationToken) => Save(
        directory,
        temporary =>
        {
            ModelWeights weights = Transformer.Weights;
            if (options.Lora is { } lora)
            {
                files.Write(temporary, withModel: false);
                string[] modules = [.. LoraOptions.Modules.Where(module => weights.AdaptedLayers.Any(linear => linear.Weight.Name.EndsWith("." + module + ".weight", StringComparison.Ordinal)))];
                LoraCheckpoint.WriteConfig(temporary, lora, modules, baseDirectory, Path.GetFullPath(directory));
                SafetensorsWriter.Write(Path.Combine(temporary, LoraCheckpoint.WeightsFile), weights.Adapters.Select(p => Source(p.Name, p, p.ValueBuffer, TensorType.F32)));
            }
            else
            {
                files.Write(temporary);
                CheckpointTensors.Write(temporary, weights.Parameters.Select(p => TensorSource.FromSingles(p.Name, p.StoredType, p.Shape, () => p.UnpackValues())));
            }

            WriteValueHead(temporary);
            cancellationToken.ThrowIfCancellationRequested();
            if (withOptimizerState)
            {
                WriteOptimizer(Path.Combine(temporary, CheckpointFolder.OptimizerFile));
            }
        },
        cancellationToken);

    private void Save(string directory, Action<string> write, CancellationToken cancellationToken) => CheckpointFolder.Write(
        directory,
        temporary =>
        {
            lock (engine.Gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                write(temporary);
            }

            cancellationToken.ThrowIfCancellationRequested();
        });

    private void WriteValueHead(string directory)
    {
        if (Transformer.Weights is { ValueWeight: { } value, ValueBias: { } bias })
        {
            SafetensorsWriter.Write(
                Path.Combine(directory, CheckpointFolder.ValueHeadFile),
                [Source(value.Name, value, value.ValueBuffer, TensorType.F32), Source(bias.Name, bias, bias.ValueBuffer, TensorType.F32)]);
        }
    }

    private void WriteOptimizer(string path)
    {
        var sources = new List<TensorSource>();
        foreach (Parameter p in optimizer.Parameters)
        {
            if (p.FirstMoment is { } first && p.SecondMoment is { } second)
            {
                sources.Add(Source(CheckpointFolder.FirstMomentPrefix + p.Name, p, first, TensorType.F32));
                sources.Add(Source(CheckpointFolder.SecondMomentPrefix + p.Name, p, second, TensorType.F32));
            }

            // A checkpoint in a narrower type rounds what it holds; going on exactly needs the weights themselves.
            if (p.StoredType is not (TensorType.F32 or TensorType.F64))
            {
                sources.Add(Source(CheckpointFolder.MasterPrefix + p.Name, p, p.ValueBuffer, TensorType.F32));
            }
        }

        CheckpointFolder.WriteOptimizer(path, sources, optimizer.Steps);
    }

    private static TensorSource Source(string name, Parameter parameter, FloatBuffer buffer, TensorType type) =>
        TensorSource.FromSingles(name, type, parameter.Shape, () => parameter.Unpack(buffer.Span));

    private void ReadInto(string directory)
    {
        using CheckpointTensors tensors = CheckpointTensors.Open(directory);
        tensors.CheckAgainst(config);
        ModelWeights weights = Transformer.Weights;
        var values = new Dictionary<Parameter, FloatBuffer>();
        var types = new Dictionary<Parameter, TensorType>();
        foreach (Parameter p in weights.Parameters)
        {
            TensorType type = CheckpointFolder.WeightType(tensors, p.Name, directory);
            types[p] = type;
            values[p] = p.Narrow && type == TensorType.BF16
                ? ReadNarrow(p, directory, tensors)
                : ReadRows(p, $"{directory}: \"{p.Name}\"", (rows, first) => tensors.ReadSingle(p.Name, rows, first));
        }

        ReadRest(directory, values);
        foreach ((Parameter p, TensorType type) in types)
        {
            p.StoredType = type;
        }
    }

    private void ReadAdapters(string directory)
    {
        ModelWeights weights = Transformer.Weights;
        using SafetensorsFile file = LoraCheckpoint.OpenWeights(directory, [.. weights.Adapters.Select(p => p.Name)]);
        ReadRest(directory, weights.Adapters.ToDictionary(p => p, p => ReadFrom(file, p, p.Name)));
    }

    /// <summary>Reads value head and optimiser state, then takes everything over.</summary>
    private void ReadRest(string directory, Dictionary<Parameter, FloatBuffer> values)
    {
        if (Transformer.Weights is { ValueWeight: { } value, ValueBias: { } bias })
        {
            string path = Path.Combine(directory, CheckpointFolder.ValueHeadFile);
            using SafetensorsFile? file = File.Exists(path) ? SafetensorsFile.Open(path) : null;
            foreach (Parameter p in (Parameter[])[value, bias])
            {
                values[p] = file is null ? p.NewBuffer() : ReadFrom(file, p, p.Name);
            }
        }

        var first = new Dictionary<Parameter, FloatBuffer>();
        var second = new Dictionary<Parameter, FloatBuffer>();
        long steps = ReadOptimizer(Path.Combine(directory, CheckpointFolder.OptimizerFile), values, first, second);

        // Everything was read: from here on nothing fails.
        foreach ((Parameter p, FloatBuffer buffer) in values)
        {
            p.Replace(buffer);
            p.SetMoments(first.GetValueOrDefault(p), second.GetValueOrDefault(p));
        }

        optimizer.Steps = steps;
        optimizer.ClearGradients();
    }

    private long ReadOptimizer(
        string path, Dictionary<Parameter, FloatBuffer> values, Dictionary<Parameter, FloatBuffer> first, Dictionary<Parameter, FloatBuffer> second)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        long steps = CheckpointFolder.StepsOf(file);
        foreach (Parameter p in optimizer.Parameters)
        {
            if (file.TryGet(CheckpointFolder.FirstMomentPrefix + p.Name, out _))
            {
                first[p] = ReadFrom(file, p, CheckpointFolder.FirstMomentPrefix + p.Name);
                second[p] = ReadFrom(file, p, CheckpointFolder.SecondMomentPrefix + p.Name);
            }

            if (file.TryGet(CheckpointFolder.MasterPrefix + p.Name, out _))
            {
                values[p] = ReadFrom(file, p, CheckpointFolder.MasterPrefix + p.Name);
            }
        }

        return steps;
    }

    private FloatBuffer ReadFrom(SafetensorsFile file, Parameter parameter, string name)
    {
        CheckpointFolder.CheckShape(file, name, parameter.Shape);
        return ReadRows(parameter, $"{file.Path}: \"{name}\"", (rows, first) => file.ReadSingle(name, rows, first));
    }

    private FloatBuffer ReadRows(Parameter parameter, string name, Reader read)
    {
        FloatBuffer buffer = parameter.NewBuffer();
        ForRowBlocks(parameter, (first, count) =>
        {
            float[] rented = ArrayPool<float>.Shared.Rent(count * parameter.Columns);
            Span<float> rows = rented.AsSpan(0, count * parameter.Columns);
            read(rows, (long)first * parameter.Columns);
            CheckpointFolder.ThrowIfNotFinite(rows, name, (long)first * parameter.Columns);
            parameter.PackValues(rows, first, buffer);
            ArrayPool<float>.Shared.Return(rented);
        });
        return buffer;
    }

    /// <summary>bfloat16 that stays bfloat16 goes from the file's pages into panels in one pass.</summary>
    private FloatBuffer ReadNarrow(Parameter parameter, string directory, CheckpointTensors tensors)
    {
        FloatBuffer buffer = parameter.NewBuffer();
        ForRowBlocks(parameter, (first, count) =>
        {
            long element = (long)first * parameter.Columns;
            ReadOnlySpan<ushort> rows = MemoryMarshal.Cast<byte, ushort>(tensors.ReadRaw(parameter.Name, 2 * element, checked(2 * count * parameter.Columns)));
            if (!IsFinite(rows))
            {
                var wide = new float[rows.Length];
                tensors.ReadSingle(parameter.Name, wide, element);
                CheckpointFolder.ThrowIfNotFinite(wide, $"{directory}: \"{parameter.Name}\"", element);
            }

            parameter.PackNarrow(rows, first, buffer);
        });
        return buffer;
    }

    /// <summary>Whether no exponent of bfloat16 numbers is the one of infinities.</summary>
    private static bool IsFinite(ReadOnlySpan<ushort> bits)
    {
        Vector<ushort> largest = default;
        int at = 0;
        for (; at <= bits.Length - Vector<ushort>.Count; at += Vector<ushort>.Count)
        {
            largest = Vector.Max(largest, new Vector<ushort>(bits[at..]) & new Vector<ushort>(0x7FFF));
        }

        bool finite = Vector.LessThanAll(largest, new Vector<ushort>(0x7F80));
        for (; at < bits.Length; at++)
        {
            finite &= (bits[at] & 0x7FFF) < 0x7F80;
        }

        return finite;
    }

    /// <summary>Calls <paramref name="body"/> for runs of whole panels of rows, on all threads.</summary>
    private void ForRowBlocks(Parameter parameter, Action<int, int> body)
    {
        int step = Math.Max(1, (1 << 16) / parameter.Columns / Gemm.Panel) * Gemm.Panel;
        Transformer.Pool.For((parameter.Rows + step - 1) / step, block => body(block * step, Math.Min(step, parameter.Rows - (block * step))));
    }

    private delegate void Reader(Span<float> destination, long firstElement);
}
