namespace RlvrSharp.Advantages;

/// <summary>Turns rewards into advantages: how much better each token's completion was than expected.</summary>
/// <remarks>Implementations are pure: same rows, same bits. They may be called from any thread.</remarks>
public interface IAdvantageEstimator
{
    /// <summary>Whether rows must carry <see cref="AdvantageRow.Values"/>: the policy then needs a value head.</summary>
    bool NeedsValues { get; }

    /// <summary>The fewest completions a prompt needs for a signal: 2 where completions are compared within their group.</summary>
    int MinGroupSize { get; }

    /// <summary>Estimates the advantages of a step's completions.</summary>
    /// <param name="rows">All completions of the step: some estimators compare across groups.</param>
    /// <returns>One entry per row, in order.</returns>
    IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows);
}
