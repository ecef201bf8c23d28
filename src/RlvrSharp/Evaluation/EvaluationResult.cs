namespace RlvrSharp.Evaluation;

/// <summary>One evaluation of a policy.</summary>
public sealed record EvaluationResult
{
    /// <summary>The draws at the asked temperature.</summary>
    public required EvaluationSummary Sampled { get; init; }

    /// <summary>The greedy answers, where they were asked for.</summary>
    public EvaluationSummary? Greedy { get; init; }

    /// <summary>KL divergence from the initial policy over the draws, nats per token (k3); null where no reference was given.</summary>
    public double? KlToInitial { get; init; }

    /// <summary>The same in nats per completion: the mean of log π − log π_initial summed over a completion (k1).</summary>
    public double? KlToInitialPerCompletion { get; init; }

    /// <summary>Completion tokens sampled.</summary>
    public long SampledTokens { get; init; }

    /// <summary>The rollouts behind <see cref="Sampled"/>: problem by problem, draw by draw.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<Rollout> Rollouts { get; init; } = [];
}
