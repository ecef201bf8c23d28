using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Training;

/// <summary>Where a run writes, and how often it is measured.</summary>
public sealed class TrainingRunOptions
{
    /// <summary>The folder of the run. It must not hold a run yet, unless that run is resumed.</summary>
    [Required]
    public string OutputDirectory { get; set; } = string.Empty;

    /// <summary>Continue the run in <see cref="OutputDirectory"/> after its last checkpoint.</summary>
    /// <value>The default value is false.</value>
    public bool Resume { get; set; }

    /// <summary>Evaluate after every so many steps, beside before the first and after the last; 0 for only those two.</summary>
    /// <value>The default value is 10.</value>
    [Within(0, int.MaxValue)]
    public int EvaluateEvery { get; set; } = 10;

    /// <summary>Save a checkpoint after every so many steps, beside after each evaluation and the last step; 0 for only those.</summary>
    /// <value>The default value is 0.</value>
    [Within(0, int.MaxValue)]
    public int CheckpointEvery { get; set; }

    /// <summary>How many checkpoints stay, the best and the newest always among them; 0 keeps all.</summary>
    /// <value>The default value is 0.</value>
    [Within(0, int.MaxValue)]
    public int MaxCheckpoints { get; set; }

    /// <summary>The run's seed, as it is reported.</summary>
    public ulong Seed { get; set; }

    /// <summary>How the validation problems are evaluated.</summary>
    [Required]
    [ValidateObjectMembers]
    public EvaluationOptions Evaluation { get; set; } = new();

    /// <summary>Hashes of what the run was made of (model, data, grader, settings …). A resumed run must have the same ones.</summary>
    public IDictionary<string, string> Hashes { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Wall seconds spent on loading before the run, for the summary.</summary>
    public double LoadSeconds { get; set; }
}

/// <summary>Checks <see cref="TrainingRunOptions"/>.</summary>
[OptionsValidator]
public sealed partial class TrainingRunOptionsValidator : IValidateOptions<TrainingRunOptions>;
