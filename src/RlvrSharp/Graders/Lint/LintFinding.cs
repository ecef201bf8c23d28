using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>Something a check found.</summary>
/// <param name="Id">The check, such as <c>L10</c> or <c>P-empty</c>; documented in docs/graders/lint.md.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Row">The first row it shows on, or null where it is about the grader.</param>
/// <param name="Text">What was found, with the values.</param>
/// <param name="Cure">What to do about it.</param>
public sealed record LintFinding(string Id, LintSeverity Severity, string? Row, string Text, string Cure)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Severity.ToString().ToLowerInvariant()} {Id}{(Row is null ? string.Empty : $" {Row}")}: {Text} {Cure}";

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Id);
        writer.WriteString("severity", Severity.ToString().ToLowerInvariant());
        writer.WriteString("row", Row is null ? null : JsonTexts.Whole(Row));
        writer.WriteString("text", JsonTexts.Whole(Text));
        writer.WriteString("cure", JsonTexts.Whole(Cure));
        writer.WriteEndObject();
    }
}
