namespace RlvrSharp.Graders.Judges;

/// <summary>What a judge has cost so far.</summary>
/// <param name="Calls">Requests sent, retries included.</param>
/// <param name="CachedAnswers">Questions that were answered from memory.</param>
/// <param name="InputTokens">Tokens read, as the service counts them.</param>
/// <param name="OutputTokens">Tokens written, as the service counts them.</param>
public sealed record JudgeUsage(long Calls, long CachedAnswers, long InputTokens, long OutputTokens);
