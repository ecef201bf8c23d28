namespace RlvrSharp.Graders.Text;

/// <summary>Which of the fuzzy comparisons <c>fuzzy_match</c> means; the contract names the package (rapidfuzz) but not the function.</summary>
public enum FuzzyFunction
{
    /// <summary>1 − (insertions and deletions) / (both lengths). The default, and the only one that no superset answer can fool.</summary>
    Ratio,

    /// <summary>The best <see cref="Ratio"/> of the shorter text with any stretch of the longer: 1 for every answer that contains the reference.</summary>
    PartialRatio,

    /// <summary><see cref="Ratio"/> of the words in sorted order.</summary>
    TokenSortRatio,

    /// <summary>A comparison of the sets of words: 1 for every superset of the reference's words.</summary>
    TokenSetRatio,

    /// <summary>The greater of <see cref="TokenSortRatio"/> and <see cref="TokenSetRatio"/>.</summary>
    TokenRatio,

    /// <summary>A weighted mixture: up to 0.9 for an answer that merely contains the reference.</summary>
    WeightedRatio,
}
