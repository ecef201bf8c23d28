using RlvrSharp.Evaluation;

namespace RlvrSharp.Training;

/// <summary>What a finished (or interrupted) run has to show.</summary>
public sealed record RunSummary
{
    /// <summary>The initial policy on the validation problems.</summary>
    public required EvaluationResult Baseline { get; init; }

    /// <summary>The policy after the last step; for an interrupted run, at its last evaluation.</summary>
    public required EvaluationResult Final { get; init; }

    /// <summary>The paired difference of sampled scores, final − baseline, over the validation rows.</summary>
    public required Estimate Gain { get; init; }

    /// <summary>The evaluated step with the highest sampled validation score; 0 is the initial policy.</summary>
    public int BestStep { get; init; }

    /// <summary>That score.</summary>
    public Estimate BestScore { get; init; }

    /// <summary>Steps done.</summary>
    public int Steps { get; init; }

    /// <summary>Steps that were planned.</summary>
    public int TotalSteps { get; init; }

    /// <summary>Whether the run was stopped before its last step.</summary>
    public bool Interrupted { get; init; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Wall seconds by phase: total, load, rollout, grade, train, eval.</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    /// <summary>Tokens sampled while training, prompts left out.</summary>
    public long SampledTokens { get; init; }

    /// <summary>Tokens that went through the backward pass, prompts counted once per group.</summary>
    public long TrainedTokens { get; init; }
}
