using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;

namespace RlvrSharp.Training;

/// <summary>GRPO (arXiv 2402.03300) and its relatives without a critic: what a completion is worth is told by the others of its group.</summary>
public sealed class GrpoOptions : PolicyTrainerOptions
{
    /// <summary>What centred rewards are divided by.</summary>
    /// <value>The default value is <see cref="AdvantageStd.Sample"/>; <see cref="AdvantageStd.None"/> is Dr.GRPO's.</value>
    [EnumDataType(typeof(AdvantageStd))]
    public AdvantageStd AdvantageStd { get; set; } = AdvantageStd.Sample;

    /// <summary>Added to the standard deviation.</summary>
    /// <value>The default value is 1e-6.</value>
    [Within(0.0, 1.0)]
    public double AdvantageEpsilon { get; set; } = 1e-6;

    /// <summary>Another advantage estimator; it has settings of its own; <see cref="AdvantageStd"/> and <see cref="AdvantageEpsilon"/> then have no effect.</summary>
    /// <value>The default value is null: group-relative advantages.</value>
    public IAdvantageEstimator? Advantage { get; set; }

    /// <inheritdoc/>
    internal override IAdvantageEstimator CreateEstimator() =>
        Advantage ?? GroupAdvantageEstimator.Relative(new GroupAdvantageOptions { Std = AdvantageStd, Epsilon = AdvantageEpsilon });

    /// <inheritdoc/>
    internal override IEnumerable<string> FindConflicts()
    {
        foreach (string conflict in base.FindConflicts())
        {
            yield return conflict;
        }

        int needed = CreateEstimator().MinGroupSize;
        if (Rollout is not null && Rollout.GroupSize < needed)
        {
            yield return $"GroupSize is {Rollout.GroupSize}, but GRPO compares completions within a group: set it to {needed} or more.";
        }

        if (Advantage is { NeedsValues: true })
        {
            yield return "Advantage is an estimator that needs values, but GRPO has no critic: use PpoTrainer, or an estimator without a critic.";
        }

        if (Advantage is BatchAdvantageEstimator { NeedsParts: true } && KlPlacement == KlPlacement.Reward && KlCoefficient > 0)
        {
            yield return "Advantage is GDPO's, which normalises each grader's own score, so a KL penalty in the reward would have no effect: set KlPlacement to Loss (\"kl_placement\": \"loss\" in a job file).";
        }
    }
}

/// <summary>Checks each setting of <see cref="GrpoOptions"/> by itself.</summary>
[OptionsValidator]
internal sealed partial class GrpoRangeValidator : IValidateOptions<GrpoOptions>;

/// <summary>Checks <see cref="GrpoOptions"/>: each setting, and how they go together.</summary>
public sealed class GrpoOptionsValidator : IValidateOptions<GrpoOptions>
{
    private readonly GrpoRangeValidator ranges = new();

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GrpoOptions options) => OptionsCheck.Combine(ranges.Validate(name, options), options.FindConflicts());
}
