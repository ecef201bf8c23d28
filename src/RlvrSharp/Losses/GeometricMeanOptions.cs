namespace RlvrSharp.Losses;

/// <summary>The settings of GMPO (arXiv 2507.20673): log-ratios are clipped token by token on the harmful side, then averaged over the sequence.</summary>
public sealed record GeometricMeanOptions : PolicyObjective
{
    /// <summary>How far a log-ratio may fall before it is clipped, where the advantage is negative. A distance in log space.</summary>
    /// <value>The default value is 0.4.</value>
    public double ClipLow { get; init; } = 0.4;

    /// <summary>How far a log-ratio may rise before it is clipped, where the advantage is positive. A distance in log space.</summary>
    /// <value>The default value is 0.4.</value>
    public double ClipHigh { get; init; } = 0.4;

    /// <summary>Added to the length in the means (verl: 1e-8).</summary>
    /// <value>The default value is 0.</value>
    public double LengthEpsilon { get; init; }

    /// <summary>
    /// Whether the clipped counts hold every token outside of the bounds, by the sign of its advantage (verl), instead of those whose clip is active (TRL).
    /// </summary>
    /// <value>The default value is false.</value>
    public bool CountBothSides { get; init; }

    /// <inheritdoc/>
    public override string Name => "GMPO";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.GeometricMean(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(ClipLow >= 0 && ClipHigh >= 0))
        {
            yield return $"ClipLow is {ClipLow} and ClipHigh {ClipHigh}, but they are distances of the log-ratio from 0: set both to 0 or more.";
        }
    }
}
