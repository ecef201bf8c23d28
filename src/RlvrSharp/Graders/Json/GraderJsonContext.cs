using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Judges;
using RlvrSharp.Graders.Text;

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

    /// <summary>
    /// The job's <c>response_format</c>, or <see cref="JsonValueKind.Undefined"/>. A <c>json_schema</c> becomes a gate around the grader: answers
    /// that do not follow the schema are Ungradable.
    /// </summary>
    public JsonElement ResponseFormat { get; set; }

    /// <summary>
    /// The chat client for a model's name, for <c>score_model</c> and <c>label_model</c>. Null refuses such graders unless they have our key
    /// <c>base_url</c>.
    /// </summary>
    public Func<string, IChatClient>? ChatClients { get; set; }

    /// <summary>Retries, cache and delimiters of the judges.</summary>
    public JudgeOptions Judges { get; set; } = new();

    /// <summary>Sends the requests of <c>endpoint</c> graders and of judges with a <c>base_url</c>; null uses one of the library's own.</summary>
    public HttpClient? Http { get; set; }

    /// <summary>Makes the embeddings that <c>text_similarity</c> with <c>cosine</c> compares; null refuses such graders.</summary>
    public IEmbeddingGenerator<string, Embedding<float>>? Embeddings { get; set; }

    /// <summary>The synonyms that <c>meteor</c> matches: WordNet's unless set; null leaves that stage out.</summary>
    public Func<string, IReadOnlySet<string>>? Synonyms { get; set; } = WordNet.SynonymsOf;

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
