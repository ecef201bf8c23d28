namespace RlvrSharp.Losses;

/// <summary>Over what the importance weight between sampler and trainer is taken.</summary>
public enum OffPolicyLevel
{
    /// <summary>No weight: only rejection rules act.</summary>
    None,

    /// <summary>Each token has its own weight (token TIS).</summary>
    Token,

    /// <summary>One weight for the sequence, the product over its tokens (sequence TIS).</summary>
    Sequence,

    /// <summary>One weight for the sequence, the geometric mean over its tokens.</summary>
    SequenceMean,
}
