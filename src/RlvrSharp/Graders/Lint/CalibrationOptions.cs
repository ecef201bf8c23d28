using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders.Lint;

/// <summary>How <see cref="GraderLint.CalibrateAsync"/> samples.</summary>
public sealed class CalibrationOptions
{
    /// <summary>Completions per problem.</summary>
    /// <value>The default value is 8.</value>
    [Range(2, 4096)]
    public int SamplesPerProblem { get; set; } = 8;

    /// <summary>How many problems are sampled at most; taken evenly from the whole set.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 1_000_000)]
    public int MaxProblems { get; set; } = 50;

    /// <summary>From which score on a completion passes.</summary>
    /// <value>The default value is 1.</value>
    [Range(double.Epsilon, 1.0)]
    public double PassScore { get; set; } = 1;

    /// <summary>How completions are drawn; take the training's.</summary>
    /// <value>Temperature 1, at most 256 tokens.</value>
    [Required]
    [ValidateObjectMembers]
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>How they are graded.</summary>
    /// <value>See <see cref="GradingOptions"/>.</value>
    [Required]
    [ValidateObjectMembers]
    public GradingOptions Grading { get; set; } = new();

    /// <summary>The seed of the draws.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; set; }
}

/// <summary>Checks <see cref="CalibrationOptions"/>.</summary>
[OptionsValidator]
public sealed partial class CalibrationOptionsValidator : IValidateOptions<CalibrationOptions>;
