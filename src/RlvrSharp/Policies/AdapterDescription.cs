using System.Globalization;
using System.Text;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>What a PEFT adapter directory holds, found out without converting a single weight.</summary>
public sealed record AdapterDescription
{
    /// <summary>The adapter's directory.</summary>
    public required string Directory { get; init; }

    /// <summary>The directory of the model that it was trained on, a full path.</summary>
    public required string BaseDirectory { get; init; }

    /// <summary>Rank, scale and layers.</summary>
    public required LoraOptions Options { get; init; }

    /// <summary>The adapter's weights.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Looks at a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The description; null if it holds a model, or nothing.</returns>
    /// <exception cref="CheckpointException">It is an adapter that is damaged or not supported, or its model is not where it says.</exception>
    public static AdapterDescription? TryLoad(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!LoraCheckpoint.IsAdapter(directory))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, LoraCheckpoint.WeightsFile));
        return new AdapterDescription
        {
            Directory = directory,
            BaseDirectory = LoraCheckpoint.BaseDirectory(directory),
            Options = LoraCheckpoint.ReadOptions(directory),
            ParameterCount = file.Tensors.Sum(tensor => tensor.ElementCount),
        };
    }

    /// <summary>The description as a line of text, for people.</summary>
    /// <returns>One line, ending in a line feed.</returns>
    public string Format()
    {
        string layers = Options.TargetModules.Count == 0 ? "every linear layer" : string.Join(", ", Options.TargetModules);
        return new StringBuilder("adapter".PadRight(14))
            .Append(CultureInfo.InvariantCulture, $"LoRA of rank {Options.Rank}, alpha {Options.Alpha:0.####}, on {layers}; {ParameterCount:N0} weights, on the model in {BaseDirectory}\n")
            .ToString();
    }
}
