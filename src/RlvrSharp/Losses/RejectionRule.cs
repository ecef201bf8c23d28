namespace RlvrSharp.Losses;

/// <summary>Drops tokens or sequences where sampler and trainer are too far apart. What is kept has Lower ≤ statistic ≤ Upper.</summary>
public sealed record RejectionRule
{
    /// <summary>What is looked at, and dropped.</summary>
    public RejectionLevel Level { get; init; }

    /// <summary>How the distance is measured.</summary>
    public RejectionStatistic Statistic { get; init; }

    /// <summary>The smallest statistic that is kept.</summary>
    /// <value>The default value is −∞.</value>
    public double Lower { get; init; } = double.NegativeInfinity;

    /// <summary>The largest statistic that is kept.</summary>
    /// <value>The default value is +∞.</value>
    public double Upper { get; init; } = double.PositiveInfinity;

    /// <summary>Whether only tokens that training would push further apart are dropped: those with A·u > 0. Needs advantages.</summary>
    /// <value>The default value is false.</value>
    public bool OnlyWhereGrowing { get; init; }
}
