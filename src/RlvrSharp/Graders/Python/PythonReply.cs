using System.Text.Json;
using System.Text.Json.Serialization;

namespace RlvrSharp.Graders;

/// <summary>What a worker says: first about itself, then about each call.</summary>
internal sealed record PythonReply
{
    // About the worker.
    public bool? Hello { get; init; }

    public string? Reason { get; init; }

    public string? Python { get; init; }

    public string? Executable { get; init; }

    public bool Filter { get; init; }

    // About the loading of the source and about calls.
    public string? Outcome { get; init; }

    public bool Loading { get; init; }

    public string? Value { get; init; }

    public string? Text { get; init; }

    public string? Stdout { get; init; }

    public string? Stderr { get; init; }

    public static PythonReply Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, PythonReplyContext.Default.PythonReply) ?? throw new JsonException("A worker's reply is null.");

    /// <summary>The worker itself is gone; nothing that the code does within its limits brings that about.</summary>
    public static PythonReply Lost(string text) => new() { Outcome = "lost", Text = text };
}

/// <summary>Reading replies without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PythonReply))]
internal sealed partial class PythonReplyContext : JsonSerializerContext;
