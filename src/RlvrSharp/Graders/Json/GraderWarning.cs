namespace RlvrSharp.Graders.Json;

/// <summary>Something in a grader JSON that was accepted and that its writer should know.</summary>
/// <param name="Path">Where it stands, such as <c>$.graders.a.operation</c>.</param>
/// <param name="Text">What was accepted, how it is understood, and what to write instead.</param>
public sealed record GraderWarning(string Path, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Text}";
}
