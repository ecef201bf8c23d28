namespace RlvrSharp.Graders;

/// <summary>One way a field went wrong, and how often.</summary>
/// <param name="Expected">The reference's value, or null: the answer invented one.</param>
/// <param name="Actual">The answer's value, or null: it was missing.</param>
/// <param name="Count">In how many places.</param>
public sealed record FieldConfusion(string? Expected, string? Actual, int Count);
