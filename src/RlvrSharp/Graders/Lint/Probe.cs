namespace RlvrSharp.Graders.Lint;

/// <summary>An answer that cheats.</summary>
/// <param name="Id">Its id, such as <c>P-empty</c>.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="Rule">What it may get.</param>
/// <param name="Make">Makes it for a row, from the row's gold answer and all of them; null where it does not apply.</param>
/// <param name="Cure">What to do if it gets more.</param>
internal sealed record Probe(string Id, string What, ProbeRule Rule, Func<LintRow, IReadOnlyList<string>, string?> Make, string Cure)
{
    /// <summary>Whether it is so large that one row is enough.</summary>
    public bool IsHuge { get; init; }

    /// <summary>Whether it is made of the values that types begin with, such as 0 and false, which may be right.</summary>
    public bool IsDefault { get; init; }
}
