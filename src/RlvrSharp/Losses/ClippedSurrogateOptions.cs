namespace RlvrSharp.Losses;

/// <summary>The settings of the clipped surrogate (PPO, GRPO, DAPO, GSPO, RLOO).</summary>
public sealed record ClippedSurrogateOptions : PolicyObjective
{
    /// <summary>How far below 1 the ratio may fall before the gradient stops.</summary>
    /// <value>The default value is 0.2.</value>
    public double ClipLow { get; init; } = 0.2;

    /// <summary>How far above 1 the ratio may rise before the gradient stops. DAPO ("clip-higher"): 0.28.</summary>
    /// <value>The default value is 0.2.</value>
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>Dual clip (arXiv 1912.09729): the loss of a token with a negative advantage is at most this × |advantage|; more than 1. Off where null.</summary>
    public double? DualClip { get; init; }

    /// <summary>Two-sided clipping δ (INTELLECT-2): the largest ratio in the unclipped branch. Off where null.</summary>
    public double? MaxRatio { get; init; }

    /// <summary>Over what the ratio is taken: token (PPO), sequence (GSPO), product (RLOO).</summary>
    public RatioLevel RatioLevel { get; init; }

    /// <summary>Log-ratios below this count as this, without gradient.</summary>
    /// <value>The default value is −20.</value>
    public double MinLogRatio { get; init; } = -20;

    /// <summary>Log-ratios above this count as this, without gradient.</summary>
    /// <value>The default value is 20.</value>
    public double MaxLogRatio { get; init; } = 20;

    /// <inheritdoc/>
    public override string Name => "clipped surrogate";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.ClippedSurrogate(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(ClipLow is >= 0 and <= 1))
        {
            yield return $"ClipLow is {ClipLow}, but the lower bound of the ratio is 1 − ClipLow: set it between 0 and 1.";
        }

        if (!(ClipHigh >= 0))
        {
            yield return $"ClipHigh is {ClipHigh}, but the upper bound of the ratio is 1 + ClipHigh and must not lie below 1: set it to 0 or more.";
        }

        if (DualClip is { } dualClip && !(dualClip > 1))
        {
            yield return $"DualClip is {dualClip}, but it bounds the loss from above the clip range: set it to more than 1 (3 is usual), or leave it out.";
        }

        if (MaxRatio is { } maxRatio && !(maxRatio > 1))
        {
            yield return $"MaxRatio is {maxRatio}, but it caps the ratio of the unclipped branch: set it to more than 1 (4 is usual), or leave it out.";
        }

        if (!(MinLogRatio < 0 && MaxLogRatio > 0))
        {
            yield return $"Log-ratios are kept in [{MinLogRatio}, {MaxLogRatio}], but the range must hold 0: set MinLogRatio below 0 and MaxLogRatio above.";
        }

        if (RatioLevel != RatioLevel.Token && DualClip is not null)
        {
            yield return $"DualClip is set with RatioLevel {RatioLevel}, but dual clip bounds single tokens: use RatioLevel.Token, or leave DualClip out.";
        }
    }
}
