namespace RlvrSharp.Losses;

/// <summary>What a rejection rule looks at, and drops.</summary>
public enum RejectionLevel
{
    /// <summary>Each token by itself.</summary>
    Token,

    /// <summary>The sequence, by the sum over its tokens (for a ratio: by the product).</summary>
    SequenceSum,

    /// <summary>The sequence, by the mean over its tokens (for a ratio: by the geometric mean).</summary>
    SequenceMean,

    /// <summary>The sequence, unless every token keeps the bounds.</summary>
    EveryToken,
}
