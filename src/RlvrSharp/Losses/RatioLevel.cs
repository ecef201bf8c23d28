namespace RlvrSharp.Losses;

/// <summary>Over what the importance ratio π/π_old is taken.</summary>
public enum RatioLevel
{
    /// <summary>Each token has its own ratio, as in PPO and GRPO.</summary>
    Token,

    /// <summary>One ratio for the sequence, the geometric mean of its tokens' ratios: GSPO (arXiv 2507.18071, equation 7). The gradient runs through the mean.</summary>
    Sequence,

    /// <summary>The same value, but each token's gradient runs through its own log-probability only: GSPO-token (equation 14).</summary>
    SequenceToken,

    /// <summary>One ratio for the sequence, the product of its tokens' ratios, as the RLOO loss has it.</summary>
    SequenceProduct,
}
