namespace RlvrSharp.Graders;

/// <summary>What the references say about one field.</summary>
/// <param name="Path">Where it is, with <c>[]</c> for the elements of lists.</param>
/// <param name="Kind">What its values are: text, number, boolean, list, object, several of these, or nothing.</param>
/// <param name="Comparer">How it is compared, by the comparer's name.</param>
/// <param name="Present">In how many places it has a value.</param>
/// <param name="Absent">In how many places it could have one and has none.</param>
/// <param name="Distinct">How many different values it has (texts and numbers only).</param>
/// <param name="Examples">The first few of them.</param>
/// <param name="Note">What might be declared better, or null.</param>
public sealed record InferredField(
    string Path, string Kind, string Comparer, int Present, int Absent, int Distinct, IReadOnlyList<string> Examples, string? Note);
