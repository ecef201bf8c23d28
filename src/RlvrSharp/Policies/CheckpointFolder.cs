using System.Globalization;
using System.Numerics.Tensors;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>What every policy over a model folder has in common when it saves and loads: names, writing whole folders, refusing numbers that are none.</summary>
internal static class CheckpointFolder
{
    public const string ValueHeadFile = "value_head.safetensors";
    public const string OptimizerFile = "optimizer.safetensors";
    public const string FirstMomentPrefix = "exp_avg.";
    public const string SecondMomentPrefix = "exp_avg_sq.";
    public const string MasterPrefix = "master.";
    private const string StepKey = "step";

    /// <summary>Writes into a directory beside the wanted one and renames it when it is complete.</summary>
    /// <param name="directory">The wanted one; must not exist.</param>
    /// <param name="write">Writes into the directory it is given.</param>
    public static void Write(string directory, Action<string> write)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (Directory.Exists(target) || File.Exists(target))
        {
            throw new CheckpointException($"{directory} is there already, and saving does not replace anything: save under another name or remove it first.");
        }

        string temporary = target + ".tmp";
        try
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            Directory.CreateDirectory(temporary);
            write(temporary);
            Directory.Move(temporary, target);
        }
        catch
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            throw;
        }
    }

    /// <summary>Writes an optimiser's state with its step count.</summary>
    public static void WriteOptimizer(string path, IEnumerable<TensorSource> tensors, long steps) => SafetensorsWriter.Write(
        path, tensors, new Dictionary<string, string> { ["format"] = "pt", [StepKey] = steps.ToString(CultureInfo.InvariantCulture) });

    /// <summary>The step count of an optimiser's state.</summary>
    public static long StepsOf(SafetensorsFile file) =>
        file.Metadata.TryGetValue(StepKey, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long steps)
            ? steps
            : throw new CheckpointException($"{file.Path} has no \"{StepKey}\" in its metadata: it was not written by this library.");

    /// <summary>The type a weight is stored in; refuses types that are no floats.</summary>
    public static TensorType WeightType(CheckpointTensors tensors, string name, string directory)
    {
        TensorType type = tensors.Get(name).Type;
        return type is TensorType.F32 or TensorType.F64 or TensorType.F16 or TensorType.BF16
            ? type
            : throw new CheckpointException($"{directory}: the tensor \"{name}\" is of type {TensorTypes.Name(type)}; weights are F32, F64, F16 or BF16.");
    }

    /// <summary>Refuses a file without a tensor, or with one of another shape.</summary>
    public static void CheckShape(SafetensorsFile file, string name, IReadOnlyList<long> shape)
    {
        if (!file.TryGet(name, out StoredTensor? tensor) || !tensor.Shape.SequenceEqual(shape))
        {
            throw new CheckpointException(
                $"{file.Path}: \"{name}\" {(tensor is null ? "is missing" : "has the shape " + StoredTensor.Format(tensor.Shape))}; {StoredTensor.Format(shape)} is needed.");
        }
    }

    /// <summary>Refuses weights that are no numbers: one of them makes every answer so, and training would go on with it.</summary>
    /// <param name="values">Some elements of a tensor.</param>
    /// <param name="name">The tensor and its file.</param>
    /// <param name="first">The place of the first of them.</param>
    public static void ThrowIfNotFinite(ReadOnlySpan<float> values, string name, long first)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            int at = 0;
            while (float.IsFinite(values[at]))
            {
                at++;
            }

            throw new CheckpointException(
                string.Create(CultureInfo.InvariantCulture, $"{name} holds {values[at]} at element {first + at}, but every number of a checkpoint must be finite: the file is damaged, or its training diverged; take an earlier one."));
        }
    }
}
