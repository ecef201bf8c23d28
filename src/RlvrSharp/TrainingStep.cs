namespace RlvrSharp;

/// <summary>The report of one training step. Means are over the step's completions or their tokens, as said.</summary>
public sealed record TrainingStep
{
    /// <summary>The step, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>How many steps the run will have.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Mean score of the completions, before shaping.</summary>
    public double ScoreMean { get; init; }

    /// <summary>Share of completions with the full score of 1.</summary>
    public double ExactFraction { get; init; }

    /// <summary>Mean reward, after shaping.</summary>
    public double RewardMean { get; init; }

    /// <summary>Standard deviation of the reward over all completions of the step.</summary>
    public double RewardStd { get; init; }

    /// <summary>Share of groups whose rewards are all equal: they teach nothing.</summary>
    public double ZeroStdFraction { get; init; }

    /// <summary>Mean precision over completions whose grader gives one.</summary>
    public double? PrecisionMean { get; init; }

    /// <summary>Mean recall over completions whose grader gives one.</summary>
    public double? RecallMean { get; init; }

    /// <summary>Share of completions that could not be graded, by the model's fault.</summary>
    public double UngradableFraction { get; init; }

    /// <summary>Number of completions whose grader failed.</summary>
    public int FailedCount { get; init; }

    /// <summary>KL divergence from the initial policy, in nats per token (k3, mean over the step's tokens, before the update).</summary>
    public double KlToInitial { get; init; }

    /// <summary>KL divergence between the policy before and during the update, in nats per token (k3).</summary>
    public double ApproxKl { get; init; }

    /// <summary>Share of tokens whose ratio was clipped.</summary>
    public double ClipFraction { get; init; }

    /// <summary>Mean ratio π/π_old; exactly 1 on the first update of each step's first minibatch.</summary>
    public double RatioMean { get; init; }

    /// <summary>Mean entropy, in nats per token.</summary>
    public double Entropy { get; init; }

    /// <summary>The loss.</summary>
    public double Loss { get; init; }

    /// <summary>The global gradient norm before clipping, mean over the step's optimiser steps.</summary>
    public double GradNorm { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; init; }

    /// <summary>Mean completion length in tokens.</summary>
    public double CompletionLengthMean { get; init; }

    /// <summary>Share of completions cut off by the length limit.</summary>
    public double TruncatedFraction { get; init; }

    /// <summary>For policies with a value head: 1 − Var(return − value) / Var(return).</summary>
    public double? ExplainedVariance { get; init; }

    /// <summary>Further metrics by name: mean score per grader and per field, algorithm-specific numbers.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Completion tokens sampled in this step.</summary>
    public long SampledTokens { get; init; }

    /// <summary>Tokens that went through the backward pass in this step, prompts counted once per group.</summary>
    public long TrainedTokens { get; init; }

    /// <summary>Wall seconds by phase: rollout, grade, train; and as <c>grader/NAME</c> the mean time of one grading by each grader.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();

    /// <summary>What the names of graders' times in <see cref="Seconds"/> begin with.</summary>
    internal const string GraderSeconds = "grader/";
}
