using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>Proximal policy optimisation: a critic says what was to be expected, and tokens are compared with that.</summary>
/// <remarks>The policy needs a value head of its own, or a critic beside it (<see cref="Policies.PolicyWithCritic"/>).</remarks>
public sealed class PpoTrainer : PolicyTrainer
{
    /// <summary>A trainer.</summary>
    /// <param name="policy">The policy to move; with values.</param>
    /// <param name="reference">The frozen initial policy (<see cref="ITrainablePolicy.CreateReference"/>); the KL divergence to it is always measured.</param>
    /// <param name="grading">The graders.</param>
    /// <param name="options">The settings, read now.</param>
    /// <param name="shapers">Reward shapers, run in this order.</param>
    /// <param name="logger">Where progress is logged.</param>
    /// <param name="metrics">The instruments.</param>
    /// <exception cref="OptionsValidationException">Settings make no sense, or the policy has no values; all is named.</exception>
    public PpoTrainer(
        ITrainablePolicy policy,
        IPolicy reference,
        GradingPipeline grading,
        PpoOptions options,
        IReadOnlyList<IRewardShaper>? shapers = null,
        ILogger<PpoTrainer>? logger = null,
        RlvrMetrics? metrics = null)
        : base(policy, reference, grading, Checked(options, policy), shapers, logger, metrics)
    {
    }

    private static PpoOptions Checked(PpoOptions options, ITrainablePolicy policy)
    {
        OptionsCheck.ThrowIfInvalid(options, new PpoOptionsValidator());
        return policy is { HasValueHead: false }
            ? throw new OptionsValidationException(Options.DefaultName, typeof(PpoOptions), ["PPO needs values, but the policy has no value head: load it with one (ManagedPolicyOptions.ValueHead), put a critic beside it (PolicyWithCritic), or use GrpoTrainer."])
            : options;
    }
}
