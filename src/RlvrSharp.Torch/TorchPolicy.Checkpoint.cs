using System.Runtime.InteropServices;
using RlvrSharp.Models;
using RlvrSharp.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <content>Loading and saving.</content>
public sealed partial class TorchPolicy
{
    // Numbers go between files and the device in pieces, so that no second copy of a large tensor is needed.
    private const int Piece = 1 << 24;

    private delegate void Reader(Span<float> destination, long firstElement);

    /// <inheritdoc/>
    public Task SaveAsync(string directory, bool withOptimizerState = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(() => Save(directory, temporary => Write(directory, temporary, withOptimizerState), cancellationToken), cancellationToken);
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
                    var adapted = engine.Model.Weights.Layers.SelectMany(layer => layer.Linears).Where(linear => linear.Down is not null).ToDictionary(linear => linear.Weight);
                    CheckpointTensors.Write(temporary, engine.Model.Weights.Parameters.Select(p => TensorSource.FromSingles(
                        p.Name, p.StoredType, p.Shape, () => adapted.TryGetValue(p, out TorchLinear? linear) ? Merge(linear) : ToArray(p.Value))));
                    WriteValueHead(temporary);
                },
                cancellationToken),
            cancellationToken);
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
                    TorchFault.Explain(() =>
                    {
                        if (options.Lora is null)
                        {
                            ReadModel(directory);
                        }
                        else
                        {
                            ReadAdapters(directory);
                        }

                        return true;
                    });
                }
            },
            cancellationToken);
    }

    private void Save(string directory, Action<string> write, CancellationToken cancellationToken) => CheckpointFolder.Write(
        directory,
        temporary =>
        {
            lock (engine.Gate)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using IDisposable off = no_grad();
                TorchFault.Explain(() =>
                {
                    write(temporary);
                    return true;
                });
            }

            cancellationToken.ThrowIfCancellationRequested();
        });

    private void Write(string directory, string temporary, bool withOptimizerState)
    {
        TorchWeights weights = engine.Model.Weights;
        if (options.Lora is { } lora)
        {
            files.Write(temporary, withModel: false);
            string[] modules = [.. LoraOptions.Modules.Where(module => weights.Adapters.Any(adapter => adapter.Name.EndsWith("." + module + ".lora_A.weight", StringComparison.Ordinal)))];
            LoraCheckpoint.WriteConfig(temporary, lora, modules, baseDirectory, Path.GetFullPath(directory));
            SafetensorsWriter.Write(Path.Combine(temporary, LoraCheckpoint.WeightsFile), weights.Adapters.Select(p => Source(p.Name, p, p.Value, TensorType.F32)));
        }
        else
        {
            files.Write(temporary);
            CheckpointTensors.Write(temporary, weights.Parameters.Select(p => Source(p.Name, p, p.Value, p.StoredType)));
        }

        WriteValueHead(temporary);
        if (withOptimizerState)
        {
            WriteOptimizer(Path.Combine(temporary, CheckpointFolder.OptimizerFile));
        }
    }

    private void WriteValueHead(string directory)
    {
        if (engine.Model.Weights is { ValueWeight: { } value, ValueBias: { } bias })
        {
            SafetensorsWriter.Write(
                Path.Combine(directory, CheckpointFolder.ValueHeadFile),
                [Source(value.Name, value, value.Value, TensorType.F32), Source(bias.Name, bias, bias.Value, TensorType.F32)]);
        }
    }

    private void WriteOptimizer(string path)
    {
        var sources = new List<TensorSource>();
        foreach (TorchParameter p in optimizer.Parameters)
        {
            if (p.FirstMoment is { } first && p.SecondMoment is { } second)
            {
                sources.Add(Source(CheckpointFolder.FirstMomentPrefix + p.Name, p, first, TensorType.F32));
                sources.Add(Source(CheckpointFolder.SecondMomentPrefix + p.Name, p, second, TensorType.F32));
            }

            // A checkpoint in a narrower type rounds what it holds; going on exactly needs the weights themselves.
            if (p.StoredType is not (TensorType.F32 or TensorType.F64))
            {
                sources.Add(Source(CheckpointFolder.MasterPrefix + p.Name, p, p.Value, TensorType.F32));
            }
        }

        CheckpointFolder.WriteOptimizer(path, sources, optimizer.Steps);
    }

    private void ReadModel(string directory)
    {
        using CheckpointTensors tensors = CheckpointTensors.Open(directory);
        tensors.CheckAgainst(config);
        using var read = new ReadTensors();
        var types = new Dictionary<TorchParameter, TensorType>();
        foreach (TorchParameter p in engine.Model.Weights.Parameters)
        {
            TensorType type = CheckpointFolder.WeightType(tensors, p.Name, directory);
            types[p] = type;
            read.Values[p] = Read(p, $"{directory}: \"{p.Name}\"", (values, first) => tensors.ReadSingle(p.Name, values, first));
        }

        ReadRest(directory, read);
        foreach ((TorchParameter p, TensorType type) in types)
        {
            p.StoredType = type;
        }
    }

    private void ReadAdapters(string directory)
    {
        IReadOnlyList<TorchParameter> adapters = engine.Model.Weights.Adapters;
        using SafetensorsFile file = LoraCheckpoint.OpenWeights(directory, [.. adapters.Select(p => p.Name)]);
        using var read = new ReadTensors();
        foreach (TorchParameter p in adapters)
        {
            read.Values[p] = ReadFrom(file, p, p.Name);
        }

        ReadRest(directory, read);
    }

    /// <summary>Reads value head and optimiser state, then takes everything over.</summary>
    private void ReadRest(string directory, ReadTensors read)
    {
        if (engine.Model.Weights is { ValueWeight: { } value, ValueBias: { } bias })
        {
            string path = Path.Combine(directory, CheckpointFolder.ValueHeadFile);
            using SafetensorsFile? file = File.Exists(path) ? SafetensorsFile.Open(path) : null;
            foreach (TorchParameter p in (TorchParameter[])[value, bias])
            {
                read.Values[p] = file is null ? zeros(p.Shape, ScalarType.Float32, engine.Model.Device) : ReadFrom(file, p, p.Name);
            }
        }

        long steps = ReadOptimizer(Path.Combine(directory, CheckpointFolder.OptimizerFile), read);

        foreach ((TorchParameter p, Tensor tensor) in read.Values)
        {
            read.Rounded[p] = p.Rounded(tensor);
        }

        // Everything was read: from here on nothing fails.
        foreach ((TorchParameter p, Tensor tensor) in read.Values)
        {
            p.Replace(tensor, read.First.GetValueOrDefault(p), read.Second.GetValueOrDefault(p), read.Rounded[p]);
        }

        read.Release();
        optimizer.Steps = steps;
        optimizer.ClearGradients();
    }

    private long ReadOptimizer(string path, ReadTensors read)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        long steps = CheckpointFolder.StepsOf(file);
        foreach (TorchParameter p in optimizer.Parameters)
        {
            if (file.TryGet(CheckpointFolder.FirstMomentPrefix + p.Name, out _))
            {
                read.First[p] = ReadFrom(file, p, CheckpointFolder.FirstMomentPrefix + p.Name);
                read.Second[p] = ReadFrom(file, p, CheckpointFolder.SecondMomentPrefix + p.Name);
            }

            if (file.TryGet(CheckpointFolder.MasterPrefix + p.Name, out _))
            {
                read.Values[p].Dispose();
                read.Values[p] = ReadFrom(file, p, CheckpointFolder.MasterPrefix + p.Name);
            }
        }

        return steps;
    }

    private Tensor ReadFrom(SafetensorsFile file, TorchParameter parameter, string name)
    {
        CheckpointFolder.CheckShape(file, name, parameter.Shape);
        return Read(parameter, $"{file.Path}: \"{name}\"", (values, first) => file.ReadSingle(name, values, first));
    }

    private Tensor Read(TorchParameter parameter, string name, Reader read)
    {
        using DisposeScope all = NewDisposeScope();
        Tensor whole = empty([parameter.Count], parameter.Trained ? ScalarType.Float32 : parameter.Precision, engine.Model.Device);
        var buffer = new float[Math.Min(parameter.Count, Piece)];
        for (long first = 0; first < parameter.Count; first += buffer.Length)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = (int)Math.Min(buffer.Length, parameter.Count - first);
            Span<float> values = buffer.AsSpan(0, count);
            read(values, first);
            CheckpointFolder.ThrowIfNotFinite(values, name, first);
            whole.narrow(0, first, count).copy_(tensor(count == buffer.Length ? buffer : values.ToArray()));
        }

        return whole.reshape(parameter.Shape).MoveToOuterDisposeScope();
    }

    private static TensorSource Source(string name, TorchParameter parameter, Tensor values, TensorType type) =>
        TensorSource.FromSingles(name, type, parameter.Shape, () => ToArray(values));

    private static float[] ToArray(Tensor values)
    {
        long count = values.numel();
        var result = new float[count];
        using DisposeScope all = NewDisposeScope();
        Tensor flat = values.detach().reshape(-1);
        for (long first = 0; first < count; first += Piece)
        {
            using DisposeScope scope = NewDisposeScope();
            int length = (int)Math.Min(Piece, count - first);
            MemoryMarshal.Cast<byte, float>(flat.narrow(0, first, length).to(ScalarType.Float32).cpu().contiguous().clone().bytes).CopyTo(result.AsSpan((int)first));
        }

        return result;
    }

    private float[] Merge(TorchLinear linear)
    {
        using DisposeScope scope = NewDisposeScope();
        using Scalar scale = engine.Model.Weights.AdapterScale.ToScalar();
        return ToArray(mm(linear.Up!.Value, linear.Down!.Value).mul_(scale).add_(linear.Weight.Value));
    }

    /// <summary>What was read and not taken over yet; freed if something fails.</summary>
    private sealed class ReadTensors : IDisposable
    {
        public Dictionary<TorchParameter, Tensor> Values { get; } = [];

        /// <summary>What the layers compute with; where nothing is rounded the tensor in <see cref="Values"/>.</summary>
        public Dictionary<TorchParameter, Tensor> Rounded { get; } = [];

        public Dictionary<TorchParameter, Tensor> First { get; } = [];

        public Dictionary<TorchParameter, Tensor> Second { get; } = [];

        public void Release()
        {
            Values.Clear();
            Rounded.Clear();
            First.Clear();
            Second.Clear();
        }

        public void Dispose()
        {
            foreach (Tensor tensor in Values.Values.Concat(Rounded.Values).Concat(First.Values).Concat(Second.Values))
            {
                tensor.Dispose();
            }
        }
    }
}
