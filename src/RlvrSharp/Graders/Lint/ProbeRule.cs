namespace RlvrSharp.Graders.Lint;

/// <summary>What a probe may get.</summary>
internal enum ProbeRule
{
    /// <summary>On average no more than the best answer that does not look at the prompt; and never the full score where the gold answer is another.</summary>
    NoBetterThanConstant,

    /// <summary>Less than the gold answer, which it adds wrong things to.</summary>
    LessThanGold,

    /// <summary>Any score, but a score: no exception and no failed grade.</summary>
    MustNotFail,
}
