namespace RlvrSharp.Graders.Judges;

/// <summary>What a judge said.</summary>
/// <param name="Text">Its text.</param>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="OutputTokens">Tokens written.</param>
internal sealed record JudgeAnswer(string Text, long InputTokens, long OutputTokens);
