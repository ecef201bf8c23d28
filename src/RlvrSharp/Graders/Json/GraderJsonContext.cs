using Microsoft.Extensions.AI;

namespace RlvrSharp.Graders.Json;

/// <summary>What grader JSON may lean on while it is loaded: the types of graders, and services that some of them need.</summary>
/// <remarks>Not thread-safe; use one per load.</remarks>
public sealed class GraderJsonContext
{
    private readonly SortedDictionary<string, GraderFactory> factories = new(StringComparer.Ordinal);
    private readonly List<GraderWarning> warnings = [];

    /// <summary>A context that knows the built-in types.</summary>
    public GraderJsonContext() => BuiltInGraders.Register(this);

    /// <summary>The types that can be loaded, in order.</summary>
    public IReadOnlyCollection<string> Types => factories.Keys;

    /// <summary>Makes the embeddings that <c>text_similarity</c> with <c>cosine</c> compares; null refuses such graders.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; set; }

    /// <summary>The synonyms that <c>meteor</c> matches; null leaves that stage out.</summary>
    public Func<string, IReadOnlySet<string>>? Synonyms { get; set; }

    /// <summary>What was accepted with a warning, in the order it was met.</summary>
    public IReadOnlyList<GraderWarning> Warnings => warnings;

    /// <summary>Adds a type, or replaces one.</summary>
    /// <param name="type">The value of <c>type</c>, such as <c>python</c>.</param>
    /// <param name="factory">Makes the grader.</param>
    /// <returns>This context.</returns>
    public GraderJsonContext Add(string type, GraderFactory factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        ArgumentNullException.ThrowIfNull(factory);
        factories[type] = factory;
        return this;
    }

    internal GraderFactory? Find(string type) => factories.GetValueOrDefault(type);

    internal void Warn(string path, string text) => warnings.Add(new GraderWarning(path, text));
}
