namespace RlvrSharp;

/// <summary>One message of a prompt, in the form chat models know: a role and a text.</summary>
/// <param name="Role">Who speaks: <c>developer</c>, <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">The text.</param>
public sealed record PromptMessage(string Role, string Content);
