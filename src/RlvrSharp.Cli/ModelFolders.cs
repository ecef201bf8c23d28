using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli;

/// <summary>How commands open model and adapter folders.</summary>
internal static class ModelFolders
{
    /// <summary>
    /// Loads a model to sample and score with. Weights stored as bfloat16 stay that way: the same numbers in half the memory. A training's checkpoint, which
    /// keeps its exact weights beside the rounded ones, is loaded exactly, as the training measured it.
    /// </summary>
    /// <param name="directory">A model's or an adapter's folder.</param>
    /// <param name="threads">Threads; 0 is all cores.</param>
    public static ManagedPolicy Load(string directory, int threads) =>
        ManagedPolicy.Load(directory, new ManagedPolicyOptions { Threads = threads, BFloat16Weights = IsNarrow(BaseOf(directory)) });

    /// <summary>The folder of the model itself: the one that an adapter names, else the folder as it is.</summary>
    public static string BaseOf(string directory) => AdapterDescription.TryLoad(directory)?.BaseDirectory ?? directory;

    /// <summary>Says once that a model's prompts are plain text.</summary>
    public static void WarnWithoutTemplate(string directory, bool hasTemplate)
    {
        if (!hasTemplate)
        {
            Console.Error.WriteLine($"rlvr: warning: the model in {directory} has no chat template: the texts of a prompt's messages are put one after the other.");
        }
    }

    private static bool IsNarrow(string directory)
    {
        if (File.Exists(Path.Combine(directory, "optimizer.safetensors")))
        {
            return false;
        }

        using CheckpointTensors tensors = CheckpointTensors.Open(directory);
        return tensors.Tensors.All(tensor => tensor.Shape.Count != 2 || tensor.Type == TensorType.BF16);
    }
}
