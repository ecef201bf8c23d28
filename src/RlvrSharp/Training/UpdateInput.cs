namespace RlvrSharp.Training;

/// <summary>One completion ready for updates; only its weights are still to be set, per optimiser step.</summary>
internal sealed class UpdateInput
{
    public required int Group { get; init; }

    public required TokenSequence Sequence { get; init; }

    /// <summary>1 where a token counts, 0 where not.</summary>
    public required float[] Mask { get; init; }

    public required ReadOnlyMemory<float> OldLogProbs { get; init; }

    /// <summary>Log-probabilities under whatever drew the tokens; empty where that was the policy.</summary>
    public ReadOnlyMemory<float> SamplerLogProbs { get; init; }

    public required ReadOnlyMemory<float> ReferenceLogProbs { get; init; }

    public required ReadOnlyMemory<float> Advantages { get; init; }

    public ReadOnlyMemory<float> OldValues { get; init; }

    public ReadOnlyMemory<float> Returns { get; init; }

    public int CountedTokens => Mask.Count(value => value != 0);
}

/// <summary>What a step's updates did.</summary>
internal sealed class UpdateResult
{
    /// <summary>The sums over all updates.</summary>
    public LossTerms Terms { get; set; }

    /// <summary>The sums of the first update alone: what the policy was before it moved.</summary>
    public LossTerms First { get; set; }

    public double GradNormSum { get; set; }

    public int OptimizerSteps { get; set; }

    public int SkippedUpdates { get; set; }

    public long TrainedTokens { get; set; }

    public double LearningRate { get; set; }

    /// <summary>The KL coefficient of the step, where it is adaptive.</summary>
    public double? KlCoefficient { get; set; }

    /// <summary>The entropy coefficient of the step's first update, where it is adaptive.</summary>
    public double? EntropyCoefficient { get; set; }

    public bool StoppedEarly { get; set; }
}
