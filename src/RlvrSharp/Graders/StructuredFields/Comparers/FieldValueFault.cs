namespace RlvrSharp.Graders;

/// <summary>A reference value that its comparer cannot use; caught where the row is known.</summary>
internal sealed class FieldValueFault(string message) : Exception(message)
{
    /// <summary>Whether the message already says where.</summary>
    public bool HasPath { get; init; }
}
