using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>PPO (arXiv 1707.06347) with a critic: advantages by GAE (arXiv 1506.02438), clipped value loss.</summary>
public sealed class PpoOptions : PolicyTrainerOptions
{
    /// <summary>γ: what the next token counts against this one.</summary>
    /// <value>The default value is 1: rewards come at the end.</value>
    [Within(0.0, 1.0)]
    public double Discount { get; set; } = 1;

    /// <summary>λ of GAE.</summary>
    /// <value>The default value is 0.95.</value>
    [Within(0.0, 1.0)]
    public double GaeLambda { get; set; } = 0.95;

    /// <summary>Length-adaptive λ (VAPO, arXiv 2504.05118): λ = 1 − 1 / (this × length). 0 switches it off.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1000.0)]
    public double LengthAdaptiveAlpha { get; set; }

    /// <summary>Whether advantages are whitened over the step's tokens.</summary>
    /// <value>The default value is true.</value>
    public bool WhitenAdvantages { get; set; } = true;

    /// <summary>What the value loss is multiplied by.</summary>
    /// <value>The default value is 0.5.</value>
    [Within(0.0, 1000.0)]
    public double ValueCoefficient { get; set; } = 0.5;

    /// <summary>How far a value may move from the old one before the clipped branch counts.</summary>
    /// <value>The default value is 0.2.</value>
    [Within(0.0, double.MaxValue, MinimumIsExclusive = true)]
    public double ValueClip { get; set; } = 0.2;

    /// <summary>
    /// Value warm-up: for the first so many steps only the critic learns. A value head on the policy then learns alone: the layers that it shares with
    /// the policy stay as they are (<see cref="TrainingSequence.StopValueGradient"/>); a critic of its own learns with all its layers.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Within(0, 1_000_000)]
    public int ValueWarmupSteps { get; set; }

    /// <inheritdoc/>
    internal override IAdvantageEstimator CreateEstimator() => new GaeEstimator
    {
        Options = new GaeOptions
        {
            Discount = Discount,
            Lambda = GaeLambda,
            LengthAdaptiveAlpha = LengthAdaptiveAlpha > 0 ? LengthAdaptiveAlpha : null,
            ReturnLambda = LengthAdaptiveAlpha > 0 ? 1 : null,
        },
        Whitening = WhitenAdvantages ? new WhiteningOptions() : null,
    };

    /// <inheritdoc/>
    internal override PolicyLossOptions CreateLoss() => base.CreateLoss() with { Value = new ValueLossOptions { Clip = ValueClip, Coefficient = ValueCoefficient } };

    /// <inheritdoc/>
    internal override bool IsWarmup(int step) => step <= ValueWarmupSteps;

    /// <inheritdoc/>
    internal override IEnumerable<string> FindConflicts()
    {
        foreach (string conflict in base.FindConflicts())
        {
            yield return conflict;
        }

        if (ValueWarmupSteps >= Steps)
        {
            yield return $"ValueWarmupSteps is {ValueWarmupSteps}, but the run has {Steps} steps, so the policy would never move: lower it.";
        }

        if (ValueCoefficient == 0)
        {
            yield return "ValueCoefficient is 0, so the critic would never learn: set it above 0 (0.5 is usual), or use GrpoTrainer, which has no critic.";
        }
    }
}

/// <summary>Checks each setting of <see cref="PpoOptions"/> by itself.</summary>
[OptionsValidator]
internal sealed partial class PpoRangeValidator : IValidateOptions<PpoOptions>;

/// <summary>Checks <see cref="PpoOptions"/>: each setting, and how they go together.</summary>
public sealed class PpoOptionsValidator : IValidateOptions<PpoOptions>
{
    private readonly PpoRangeValidator ranges = new();

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, PpoOptions options) => OptionsCheck.Combine(ranges.Validate(name, options), options.FindConflicts());
}
