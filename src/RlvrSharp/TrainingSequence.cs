namespace RlvrSharp;

/// <summary>One sequence as a loss sees it. Every per-token memory is as long as <see cref="TokenSequence.Tokens"/>, or empty where the loss does not need it.</summary>
public sealed class TrainingSequence : TokenSequence
{
    /// <summary>Advantages, one per token.</summary>
    public ReadOnlyMemory<float> Advantages { get; init; }

    /// <summary>Log-probabilities under the policy at the start of the step.</summary>
    public ReadOnlyMemory<float> OldLogProbs { get; init; }

    /// <summary>Log-probabilities under the frozen initial policy.</summary>
    public ReadOnlyMemory<float> ReferenceLogProbs { get; init; }

    /// <summary>Log-probabilities under whatever drew the tokens, where that is not the policy itself (an inference server, a replay).</summary>
    public ReadOnlyMemory<float> SamplerLogProbs { get; init; }

    /// <summary>
    /// What each token's loss is multiplied by: mask × normaliser, fixed from lengths over the whole optimiser step before any forward pass. 0 leaves a token out.
    /// </summary>
    public ReadOnlyMemory<float> Weights { get; init; }

    /// <summary>What an objective that looks at the whole batch before the update (<see cref="Losses.BatchObjective"/>) said of each token.</summary>
    public ReadOnlyMemory<float> Marks { get; init; }

    /// <summary>The value head's estimates at the start of the step.</summary>
    public ReadOnlyMemory<float> OldValues { get; init; }

    /// <summary>What the value head should have said.</summary>
    public ReadOnlyMemory<float> Returns { get; init; }

    /// <summary>
    /// Whether the gradient of the values ends at the value head, so that the layers it shares with the policy stay as they are. A policy without such a head, or a critic of its own, ignores it.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool StopValueGradient { get; init; }
}
