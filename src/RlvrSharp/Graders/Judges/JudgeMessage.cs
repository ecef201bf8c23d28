using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>One message to a judge.</summary>
/// <param name="Role"><c>system</c>, <c>developer</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">The text, with templates.</param>
/// <param name="ImageUrl">An image to show with it, with templates, or null.</param>
public sealed record JudgeMessage(string Role, GraderTemplate Content, GraderTemplate? ImageUrl = null);
