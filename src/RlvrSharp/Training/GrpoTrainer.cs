using Microsoft.Extensions.Logging;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>Group-relative policy optimisation: each completion is compared with the others of its group, no critic.</summary>
public sealed class GrpoTrainer : PolicyTrainer
{
    /// <summary>A trainer.</summary>
    /// <param name="policy">The policy to move.</param>
    /// <param name="reference">The frozen initial policy (<see cref="ITrainablePolicy.CreateReference"/>); the KL divergence to it is always measured.</param>
    /// <param name="grading">The graders.</param>
    /// <param name="options">The settings, read now.</param>
    /// <param name="shapers">Reward shapers, run in this order.</param>
    /// <param name="logger">Where progress is logged.</param>
    /// <param name="metrics">The instruments.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Settings make no sense; all are named.</exception>
    public GrpoTrainer(
        ITrainablePolicy policy,
        IPolicy reference,
        GradingPipeline grading,
        GrpoOptions options,
        IReadOnlyList<IRewardShaper>? shapers = null,
        ILogger<GrpoTrainer>? logger = null,
        RlvrMetrics? metrics = null)
        : base(policy, reference, grading, Checked(options), shapers, logger, metrics)
    {
    }

    private static GrpoOptions Checked(GrpoOptions options)
    {
        OptionsCheck.ThrowIfInvalid(options, new GrpoOptionsValidator());
        return options;
    }
}
