using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Evaluation;

/// <summary>How a policy is evaluated on held-out problems.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Completions drawn per problem at <see cref="Sampling"/>.</summary>
    /// <value>The default value is 4.</value>
    [Within(1, 10_000)]
    public int DrawsPerProblem { get; set; } = 4;

    /// <summary>Whether one more completion per problem is taken greedily (temperature 0) and reported apart.</summary>
    /// <value>The default value is true.</value>
    public bool Greedy { get; set; } = true;

    /// <summary>How the draws are sampled.</summary>
    /// <value>Temperature 1, at most 256 tokens.</value>
    [Required]
    [ValidateObjectMembers]
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>The confidence of the intervals.</summary>
    /// <value>The default value is 0.95.</value>
    [Within(0.5, 0.9999)]
    public double Confidence { get; set; } = 0.95;

    /// <summary>The seed of the draws. Evaluations with one seed see the same random streams, so that models compare pairwise.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; set; }
}

/// <summary>Checks <see cref="EvaluationOptions"/>.</summary>
[OptionsValidator]
public sealed partial class EvaluationOptionsValidator : IValidateOptions<EvaluationOptions>;
