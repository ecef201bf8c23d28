namespace RlvrSharp;

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>The model produced an end token (it is the last of the completion's tokens).</summary>
    Stop,

    /// <summary>The completion reached the token limit or the end of the context.</summary>
    Length,
}
