using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A grader that the OpenAI grader language can say; what import, export and lint need to know of it.</summary>
public interface IJsonGrader : IGrader, IProblemRequirement
{
    /// <summary>The grader's <c>type</c>, such as <c>string_check</c>.</summary>
    string Type { get; }

    /// <summary>The grader's <c>name</c>, for reports.</summary>
    string Name { get; }

    /// <summary>The templates it reads, by their key, such as <c>input</c>.</summary>
    IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates { get; }

    /// <summary>The graders inside it, by their name; empty for most.</summary>
    IReadOnlyList<KeyValuePair<string, IGrader>> Parts { get; }

    /// <summary>Writes the grader as a JSON object that loads into an equal grader.</summary>
    /// <param name="writer">The destination.</param>
    void WriteTo(Utf8JsonWriter writer);
}
