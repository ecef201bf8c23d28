namespace RlvrSharp.Losses;

/// <summary>How token losses add up to the loss of an optimiser step.</summary>
public enum LossAggregation
{
    /// <summary>The mean over all tokens of the step (DAPO). The only mean that does not care how sequences are cut or grouped.</summary>
    TokenMean,

    /// <summary>The mean over sequences of each sequence's token mean (the first GRPO).</summary>
    SequenceMean,

    /// <summary>The sum over tokens divided by sequences × a fixed length (Dr.GRPO).</summary>
    FixedLength,

    /// <summary>The mean over sequences of each sequence's token sum (LUSPO).</summary>
    SequenceSum,

    /// <summary>The mean over prompts of the token mean over all of the prompt's completions.</summary>
    PromptMean,

    /// <summary>The sum over tokens divided by a constant; 1 is the plain sum.</summary>
    Constant,
}
