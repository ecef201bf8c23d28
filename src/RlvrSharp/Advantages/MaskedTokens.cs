namespace RlvrSharp.Advantages;

/// <summary>What becomes of tokens that do not count, such as the answers of a tool in the middle of a completion.</summary>
public enum MaskedTokens
{
    /// <summary>They are skipped: values and advantages carry through to the tokens before (verl).</summary>
    Skip,

    /// <summary>Their values and rewards count as 0 (OpenRLHF).</summary>
    Zero,

    /// <summary>The sequence ends before them: nothing flows back (open-instruct's packed form).</summary>
    Cut,

    /// <summary>The mask is not looked at (TRL, torchtune: values there are already 0).</summary>
    Ignore,
}
