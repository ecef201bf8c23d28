namespace RlvrSharp.Advantages;

/// <summary>Turns the rewards of one group into advantages, one per completion. A user's own advantage can be one of these.</summary>
/// <param name="rewards">The group's rewards; NaN is missing.</param>
/// <param name="lengths">The number of counted tokens of each completion.</param>
/// <param name="advantages">Where the advantages go.</param>
public delegate void GroupAdvantage(ReadOnlySpan<double> rewards, ReadOnlySpan<int> lengths, Span<double> advantages);
