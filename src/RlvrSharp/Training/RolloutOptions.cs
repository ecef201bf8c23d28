using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>What a training step samples and how it is graded.</summary>
public sealed class RolloutOptions
{
    /// <summary>Problems per step.</summary>
    /// <value>The default value is 8.</value>
    [Within(1, 1_000_000)]
    public int ProblemsPerStep { get; set; } = 8;

    /// <summary>Completions per problem.</summary>
    /// <value>The default value is 8.</value>
    [Within(1, 4096)]
    public int GroupSize { get; set; } = 8;

    /// <summary>How completions are drawn.</summary>
    /// <value>Temperature 1, at most 256 tokens.</value>
    [Required]
    [ValidateObjectMembers]
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>How they are graded.</summary>
    /// <value>See <see cref="GradingOptions"/>.</value>
    [Required]
    [ValidateObjectMembers]
    public GradingOptions Grading { get; set; } = new();

    /// <summary>A group with fewer usable completions than this, after grader failures, is dropped.</summary>
    /// <value>The default value is 2.</value>
    [Within(1, 4096)]
    public int MinGroupSize { get; set; } = 2;

    /// <summary>Whether completions cut off by the length limit are left out of the loss (they still count in their group's mean).</summary>
    /// <value>The default value is false.</value>
    public bool MaskTruncated { get; set; }

    /// <summary>Whether groups whose rewards are all equal are left out of the update.</summary>
    /// <value>The default value is false.</value>
    public bool DropZeroSignalGroups { get; set; }

    /// <summary>
    /// Dynamic sampling (DAPO, arXiv 2503.14476): with more than 1, further problems are sampled, up to so many rounds in all, until
    /// <see cref="ProblemsPerStep"/> groups have unequal rewards. Groups with equal rewards are dropped.
    /// </summary>
    /// <value>The default value is 1: one round, no refill.</value>
    [Within(1, 1000)]
    public int MaxSamplingRounds { get; set; } = 1;

    /// <summary>
    /// Difficulty-aware group sizes: with a number above <see cref="GroupSize"/>, problems that have mostly failed or mostly succeeded
    /// so far get more completions, up to this many, so that a group is likely to be mixed.
    /// </summary>
    /// <value>The default value is 0: every group has <see cref="GroupSize"/> completions.</value>
    [Within(0, 4096)]
    public int MaxGroupSize { get; set; }

    /// <summary>
    /// Replay of rare successes: with a number above 0, the best completion of each problem is kept, and joins a group of that problem
    /// whose completions all scored lower, for so many steps after it was sampled. It is corrected for being off-policy by its old log-probabilities.
    /// </summary>
    /// <value>The default value is 0: no replay.</value>
    [Within(0, 1_000_000)]
    public int ReplaySteps { get; set; }
}
