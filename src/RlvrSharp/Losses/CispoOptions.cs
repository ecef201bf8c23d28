namespace RlvrSharp.Losses;

/// <summary>The settings of CISPO (arXiv 2506.13585): −sg(clip(ratio))·A·log π. Clipped tokens keep a gradient.</summary>
public sealed record CispoOptions : PolicyObjective
{
    /// <summary>What the bounds mean.</summary>
    /// <value>The default value is <see cref="CispoBounds.AbsoluteCap"/>.</value>
    public CispoBounds Bounds { get; init; } = CispoBounds.AbsoluteCap;

    /// <summary>The lower bound, for <see cref="CispoBounds.TwoSided"/>.</summary>
    /// <value>The default value is 1: the ratio is not cut from below.</value>
    public double ClipLow { get; init; } = 1;

    /// <summary>The upper bound, as <see cref="Bounds"/> reads it.</summary>
    /// <value>The default value is 5.</value>
    public double ClipHigh { get; init; } = 5;

    /// <summary>Over what the ratio is taken.</summary>
    public RatioLevel RatioLevel { get; init; }

    /// <summary>Log-ratios below this count as this.</summary>
    /// <value>The default value is −20.</value>
    public double MinLogRatio { get; init; } = -20;

    /// <summary>Log-ratios above this count as this.</summary>
    /// <value>The default value is 20.</value>
    public double MaxLogRatio { get; init; } = 20;

    /// <inheritdoc/>
    public override string Name => "CISPO";

    internal double LowestRatio => Bounds == CispoBounds.TwoSided ? 1 - ClipLow : 0;

    internal double HighestRatio => Bounds == CispoBounds.AbsoluteCap ? ClipHigh : 1 + ClipHigh;

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.Cispo(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(HighestRatio > LowestRatio && HighestRatio > 0))
        {
            yield return $"CISPO would keep the ratio in [{LowestRatio}, {HighestRatio}] ({Bounds}, ClipLow {ClipLow}, ClipHigh {ClipHigh}), which is empty: raise ClipHigh.";
        }

        if (Bounds == CispoBounds.AbsoluteCap && HighestRatio < 1)
        {
            yield return $"ClipHigh is {ClipHigh} and with {Bounds} it is the largest ratio itself, so even an unchanged policy would be cut: set it to 1 or more (5 is usual), or use RelativeCap.";
        }
    }
}
