using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>What all reinforcement learning trainers share.</summary>
public abstract class PolicyTrainerOptions
{
    /// <summary>Training steps.</summary>
    /// <value>The default value is 100.</value>
    [Within(1, 100_000_000)]
    public int Steps { get; set; } = 100;

    /// <summary>The seed of everything random in training.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; set; }

    /// <summary>What a step samples, and how it is graded.</summary>
    [Required]
    [ValidateObjectMembers]
    public RolloutOptions Rollout { get; set; } = new();

    /// <summary>The optimiser.</summary>
    [Required]
    [ValidateObjectMembers]
    public AdamWOptions Optimizer { get; set; } = new();

    /// <summary>The learning rate's course over the steps.</summary>
    [Required]
    [ValidateObjectMembers]
    public LearningRateOptions Schedule { get; set; } = new();

    /// <summary>Passes over a step's completions (μ).</summary>
    /// <value>The default value is 1.</value>
    [Within(1, 1000)]
    public int EpochsPerStep { get; set; } = 1;

    /// <summary>Optimiser steps per pass: the step's groups are dealt out to so many minibatches.</summary>
    /// <value>The default value is 1.</value>
    [Within(1, 1_000_000)]
    public int MinibatchesPerEpoch { get; set; } = 1;

    /// <summary>ε below: the ratio is clipped at 1 − this.</summary>
    /// <value>The default value is 0.2.</value>
    [Within(0.0, 1.0)]
    public double ClipLow { get; set; } = 0.2;

    /// <summary>ε above: the ratio is clipped at 1 + this.</summary>
    /// <value>The default value is 0.2.</value>
    [Within(0.0, 1000.0)]
    public double ClipHigh { get; set; } = 0.2;

    /// <summary>Another policy objective than the clipped surrogate; it has bounds of its own where it clips, and <see cref="ClipLow"/> and <see cref="ClipHigh"/> then have no effect.</summary>
    /// <value>The default value is null: the clipped surrogate.</value>
    public PolicyObjective? Objective { get; set; }

    /// <summary>How the loss of tokens becomes the loss of a step.</summary>
    /// <value>The default value is <see cref="LossAggregation.TokenMean"/> over all tokens of the optimiser step.</value>
    [EnumDataType(typeof(LossAggregation))]
    public LossAggregation Aggregation { get; set; } = LossAggregation.TokenMean;

    /// <summary>β: the strength of the KL penalty toward the initial policy. The divergence is measured with 0 as well.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1000.0)]
    public double KlCoefficient { get; set; }

    /// <summary>The KL estimator of the penalty.</summary>
    /// <value>The default value is null: <see cref="KlEstimator.K3"/> in the loss, <see cref="KlEstimator.K1"/> in the reward.</value>
    [EnumDataType(typeof(KlEstimator))]
    public KlEstimator? KlEstimator { get; set; }

    /// <summary>Where the KL penalty goes.</summary>
    /// <value>The default value is <see cref="KlPlacement.Loss"/>.</value>
    [EnumDataType(typeof(KlPlacement))]
    public KlPlacement KlPlacement { get; set; }

    /// <summary>Moves <see cref="KlCoefficient"/>, which is then only the one to begin with, toward a wanted divergence.</summary>
    /// <value>The default value is null: the coefficient is fixed.</value>
    [ValidateObjectMembers]
    public AdaptiveKlOptions? AdaptiveKl { get; set; }

    /// <summary>The strength of the entropy bonus.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 100.0)]
    public double EntropyCoefficient { get; set; }

    /// <summary>Moves <see cref="EntropyCoefficient"/>, which is then only the one to begin with, toward a wanted entropy.</summary>
    /// <value>The default value is null: the coefficient is fixed.</value>
    [ValidateObjectMembers]
    public AdaptiveEntropyOptions? AdaptiveEntropy { get; set; }

    /// <summary>
    /// Early stop within a step: once an update measures more than this KL divergence (k3, nats per token) from the step's start, the
    /// rest of the step's updates are left out. 0 switches it off.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1000.0)]
    public double TargetKl { get; set; }

    /// <summary>Early stop of the run: once the KL divergence from the initial policy (nats per token) passes this, training ends. 0 switches it off.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1000.0)]
    public double MaxKlToInitial { get; set; }

    /// <summary>
    /// How completions that the policy itself did not just draw (an inference server's, a replay's) are corrected. Their log-probabilities are
    /// then computed anew under the policy. null trusts the recorded ones, which is right for completions that the policy drew itself.
    /// </summary>
    /// <value>The default value is null.</value>
    public OffPolicyOptions? OffPolicy { get; set; }

    /// <summary>Whether a step moves only the critic.</summary>
    internal virtual bool IsWarmup(int step) => false;

    /// <summary>What turns rewards into advantages.</summary>
    /// <returns>The estimator.</returns>
    internal abstract IAdvantageEstimator CreateEstimator();

    /// <summary>The whole loss.</summary>
    /// <returns>The loss as data.</returns>
    internal virtual PolicyLossOptions CreateLoss() => new()
    {
        Objective = Objective ?? new ClippedSurrogateOptions { ClipLow = ClipLow, ClipHigh = ClipHigh },
        Kl = new KlOptions { Estimator = KlEstimator ?? Losses.KlEstimator.K3, Coefficient = KlPlacement == KlPlacement.Loss ? KlCoefficient : 0 },
        EntropyCoefficient = EntropyCoefficient,
        OffPolicy = OffPolicy,
    };

    /// <summary>The rules that concern several settings at once.</summary>
    /// <returns>What is wrong, one sentence each.</returns>
    internal virtual IEnumerable<string> FindConflicts()
    {
        if (Rollout is null || Optimizer is null || Schedule is null)
        {
            yield break;
        }

        if (Rollout.Sampling is { Temperature: 0 })
        {
            yield return "Rollout.Sampling.Temperature is 0, but greedy sampling gives equal completions, which teach nothing: set it above 0, 1 usually.";
        }

        if (Rollout.Sampling is { } sampling && (sampling.TopP < 1 || sampling.TopK > 0))
        {
            yield return $"Rollout.Sampling has TopP {sampling.TopP} and TopK {sampling.TopK}, but training needs the probabilities of the whole distribution (a cut one biases the ratio): set TopP to 1 and TopK to 0.";
        }

        if (Rollout.MinGroupSize > Math.Max(2, Rollout.GroupSize))
        {
            yield return $"Rollout.MinGroupSize is {Rollout.MinGroupSize}, more than the GroupSize of {Rollout.GroupSize}, so every group would be dropped: lower it.";
        }

        if (Rollout.MaxGroupSize > 0 && Rollout.MaxGroupSize < Rollout.GroupSize)
        {
            yield return $"Rollout.MaxGroupSize is {Rollout.MaxGroupSize}, less than the GroupSize of {Rollout.GroupSize}: set it to more, or to 0 for groups of one size.";
        }

        if (Schedule.WarmupSteps >= Steps)
        {
            yield return $"Schedule.WarmupSteps is {Schedule.WarmupSteps}, but the run has {Steps} steps, so the full learning rate would never be reached: lower it.";
        }

        if (Objective is ClippedSurrogateOptions { RatioLevel: not RatioLevel.Token } && Aggregation == LossAggregation.TokenMean)
        {
            yield return "The objective has one ratio per sequence (GSPO), but Aggregation is TokenMean, which weighs long sequences more: set it to SequenceMean, or RatioLevel to Token.";
        }

        if (KlPlacement == KlPlacement.Reward && KlEstimator is Losses.KlEstimator.Unbiased or Losses.KlEstimator.WeightedK1)
        {
            yield return $"KlEstimator is {KlEstimator}, which carries the ratio of the loss, but KlPlacement is Reward: choose K1, K2 or K3, or set KlPlacement to Loss (\"kl_placement\": \"loss\" in a job file).";
        }

        if (Objective is null or ClippedSurrogateOptions { RatioLevel: RatioLevel.Token })
        {
            (double low, double high) = Objective is ClippedSurrogateOptions clip ? (clip.ClipLow, clip.ClipHigh) : (ClipLow, ClipHigh);
            if (low < 1e-3 && high < 1e-3)
            {
                yield return $"The ratio of each token would be clipped at {low} below and {high} above 1, which is GSPO's range for the mean over a sequence: a token's ratio leaves it with the first update. Set RatioLevel to Sequence, or ClipLow and ClipHigh to 0.2 or so.";
            }
        }

        if (Objective is KlCovarianceOptions && EpochsPerStep * (long)MinibatchesPerEpoch == 1)
        {
            yield return "The objective is kl-cov, which holds log-ratios back, but with EpochsPerStep 1 and MinibatchesPerEpoch 1 each step has one update, where they are all 0: set one of them higher.";
        }

        if (Rollout.GroupSize == 1 && Rollout.MaxGroupSize <= 1 && (Rollout.DropZeroSignalGroups || Rollout.MaxSamplingRounds > 1))
        {
            yield return "Rollout.DropZeroSignalGroups or MaxSamplingRounds leaves groups with equal rewards out, but with a GroupSize of 1 that is every group: set GroupSize to 2 or more, or switch both off.";
        }

        if (AdaptiveKl is not null && KlCoefficient == 0)
        {
            yield return "AdaptiveKl multiplies the KL coefficient, but KlCoefficient is 0 and would stay 0: set it to a small number to begin with, such as 0.01, or leave AdaptiveKl out.";
        }

        if (AdaptiveEntropy is { } entropy && !(entropy.Min <= EntropyCoefficient && EntropyCoefficient <= entropy.Max))
        {
            yield return $"EntropyCoefficient is {EntropyCoefficient}, but AdaptiveEntropy keeps it between Min {entropy.Min} and Max {entropy.Max}: begin within that range, with Min not above Max.";
        }

        // The clipped surrogate's own bounds are settings with ranges; what else makes up the loss says itself what is wrong.
        foreach (string fault in (Objective?.Validate() ?? []).Concat(OffPolicy?.Validate() ?? []))
        {
            yield return fault;
        }
    }
}
