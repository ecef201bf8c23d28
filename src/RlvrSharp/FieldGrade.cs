namespace RlvrSharp;

/// <summary>How one field of a structured answer compared with the reference.</summary>
/// <param name="Path">Where the field is, such as <c>address.city</c> or <c>items[2].price</c>.</param>
/// <param name="Expected">The reference's value as text, or null where the reference has none.</param>
/// <param name="Actual">The completion's value as text, or null where the completion has none.</param>
/// <param name="Matched">How much of the field matched: 0 not at all, 1 fully.</param>
/// <param name="Weight">How much the field weighs in the score, in units of one whole top-level field.</param>
public sealed record FieldGrade(string Path, string? Expected, string? Actual, double Matched, double Weight);
