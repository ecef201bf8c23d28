namespace RlvrSharp;

/// <summary>Looks at one sequence's outputs and writes the gradient of the loss with respect to each of them.</summary>
/// <param name="sequence">What the loss needs to know of the sequence: advantages, old log-probabilities, weights.</param>
/// <param name="outputs">What the policy computed, one number per answer token.</param>
/// <param name="gradients">Where ∂loss/∂output goes; zero on entry.</param>
/// <returns>The sums this sequence adds to the loss and the metrics.</returns>
public delegate LossTerms PolicyLoss(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients);

/// <summary>The three differentiable outputs of a policy, one number per answer token each.</summary>
public readonly ref struct TokenOutputs
{
    /// <summary>Log-probabilities of the answer's tokens.</summary>
    public required ReadOnlySpan<float> LogProbs { get; init; }

    /// <summary>Entropies, in nats.</summary>
    public required ReadOnlySpan<float> Entropies { get; init; }

    /// <summary>Values; empty without a value head.</summary>
    public ReadOnlySpan<float> Values { get; init; }
}

/// <summary>Where a loss writes its gradients; as long as the outputs of the same names.</summary>
public readonly ref struct TokenGradients
{
    /// <summary>∂loss/∂log-probability.</summary>
    public required Span<float> LogProbs { get; init; }

    /// <summary>∂loss/∂entropy.</summary>
    public required Span<float> Entropies { get; init; }

    /// <summary>∂loss/∂value; empty without a value head.</summary>
    public Span<float> Values { get; init; }
}
