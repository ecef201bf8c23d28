using System.Globalization;
using System.Numerics.Tensors;

namespace RlvrSharp.Policies;

/// <summary>What every policy over a model folder has in common when it saves and loads: names, writing whole folders, refusing numbers that are none.</summary>
internal static class CheckpointFolder
{
    public const string ValueHeadFile = "value_head.safetensors";
    public const string OptimizerFile = "optimizer.safetensors";
    public const string FirstMomentPrefix = "exp_avg.";
    public const string SecondMomentPrefix = "exp_avg_sq.";
    public const string MasterPrefix = "master.";
    public const string StepKey = "step";

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
