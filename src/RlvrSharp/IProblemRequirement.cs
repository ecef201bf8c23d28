namespace RlvrSharp;

/// <summary>
/// A grader that needs something of a row (a reference, a certain key) says so here, and rows that lack it are named with file and
/// line before any training time is spent.
/// </summary>
public interface IProblemRequirement
{
    /// <summary>Looks for what the grader needs.</summary>
    /// <param name="problem">The row.</param>
    /// <returns>What is missing or unusable and the way out, in one sentence; null if all is there.</returns>
    string? FindFault(Problem problem);
}
