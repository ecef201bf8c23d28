using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>How similar two texts are, 0 to 1. The contract's <c>text_similarity</c>.</summary>
/// <remarks>
/// Similarity is a weak reward: it pays for near misses on dates, numbers and identifiers. Answers longer than a million characters,
/// or so long that comparing them with the reference would take seconds, are Ungradable.
/// </remarks>
public sealed class TextSimilarityGrader : IJsonGrader
{
    private const int MaxLength = 1_000_000;
    private const double MaxWork = 2e9;
    private static readonly string[] Metrics =
        ["fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l", "cosine"];

    private readonly GraderTemplate input;
    private readonly GraderTemplate reference;
    private readonly TextSimilarityOptions options;

    /// <summary>A grader of two texts.</summary>
    /// <param name="metric">How to compare.</param>
    /// <param name="input">Usually the answer.</param>
    /// <param name="reference">Usually the row's reference.</param>
    /// <param name="options">What the contract leaves open; null for the defaults. Not to be changed afterwards.</param>
    /// <param name="name">What reports call it.</param>
    public TextSimilarityGrader(TextMetric metric, GraderTemplate input, GraderTemplate reference, TextSimilarityOptions? options = null, string name = "text_similarity")
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(name);
        Metric = Enum.IsDefined(metric) ? metric : throw new ArgumentOutOfRangeException(nameof(metric));
        this.input = input;
        this.reference = reference;
        this.options = options ?? new TextSimilarityOptions();
        Name = name;
        Templates = [new("input", input), new("reference", reference)];
        if (metric == TextMetric.Cosine && this.options.Embeddings is null)
        {
            throw new ArgumentException("The metric cosine compares embeddings, but there is no embedding generator: set TextSimilarityOptions.Embeddings, or take another metric.", nameof(options));
        }
    }

    /// <inheritdoc/>
    public string Type => "text_similarity";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>How it compares.</summary>
    public TextMetric Metric { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    internal TextSimilarityOptions Options => options;

    /// <inheritdoc/>
    public async ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        string left = GraderTemplate.Render(input, reference, problem, completion, out string right, out Grade? fault);
        if (fault is not null)
        {
            return fault;
        }

        if (left.Length > MaxLength || right.Length > MaxLength || Work(left.Length, right.Length) > MaxWork)
        {
            string reason = $"A text of {left.Length} characters is too long to be compared with one of {right.Length} (at most {MaxLength} each, and a product the metric can do quickly).";
            return input.IsFixed || right.Length > left.Length ? Grade.Failed(reason) : Grade.Ungradable(reason);
        }

        if (Metric == TextMetric.Cosine)
        {
            return await CosineAsync(left, right, cancellationToken).ConfigureAwait(false);
        }

        if (Metric is >= TextMetric.Rouge1 and <= TextMetric.RougeL)
        {
            TextOverlap overlap = Metric == TextMetric.RougeL
                ? TextSimilarity.RougeL(left, right, options.RougeStem)
                : TextSimilarity.RougeN(Metric - TextMetric.Rouge1 + 1, left, right, options.RougeStem);
            return new Grade(overlap.FMeasure) { Precision = overlap.Precision, Recall = overlap.Recall };
        }

        double value = Metric switch
        {
            TextMetric.FuzzyMatch => TextSimilarity.Fuzzy(left, right, options.FuzzyFunction, options.FuzzyProcess),
            TextMetric.Bleu => TextSimilarity.Bleu(left, right, options.BleuSmoothing),
            TextMetric.Gleu => TextSimilarity.Gleu(left, right),
            _ => TextSimilarity.Meteor(left, right, options.Synonyms),
        };
        return value > 1 ? RawScore.ToGrade(value) : new Grade(value);
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => GraderTemplate.FindFault(input, reference, problem);

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("evaluation_metric", Metrics[(int)Metric]);
        writer.WriteString("input", input.Text);
        writer.WriteString("reference", reference.Text);
        if (options.FuzzyFunction != FuzzyFunction.Ratio)
        {
            writer.WriteString("fuzzy_function", TextSimilarityJson.FunctionNames[(int)options.FuzzyFunction]);
        }

        if (options.FuzzyProcess)
        {
            writer.WriteBoolean("fuzzy_process", true);
        }

        if (options.BleuSmoothing != BleuSmoothing.None)
        {
            writer.WriteString("bleu_smoothing", TextSimilarityJson.SmoothingNames[(int)options.BleuSmoothing]);
        }

        if (options.RougeStem)
        {
            writer.WriteBoolean("rouge_stem", true);
        }

        if (options.Synonyms is null)
        {
            writer.WriteBoolean("meteor_synonyms", false);
        }

        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        GraderTemplate? input = reader.Template("input");
        GraderTemplate? reference = reader.Template("reference");
        string? metric = reader.Word("evaluation_metric", Metrics);
        TextSimilarityOptions? options = TextSimilarityJson.ReadOptions(reader);
        if (input is null || reference is null || metric is null || options is null)
        {
            return null;
        }

        if (metric == "cosine" && options.Embeddings is null)
        {
            reader.Problem("evaluation_metric", "is \"cosine\", which compares embeddings, but there is no embedding generator: set GraderJsonContext.Embeddings, or take fuzzy_match or rouge_l.");
            return null;
        }

        return new TextSimilarityGrader((TextMetric)Array.IndexOf(Metrics, metric), input, reference, options, reader.Name);
    }

    // About nanoseconds: for each character of the longer text, a comparison goes over the shorter one 64 positions at a time; the partial ones
    // do so for a window at every place of the longer text.
    private double Work(double left, double right)
    {
        double shorter = Math.Min(left, right);
        double longer = Math.Max(left, right);
        bool partial = options.FuzzyFunction == FuzzyFunction.PartialRatio || (options.FuzzyFunction == FuzzyFunction.WeightedRatio && longer >= 1.5 * shorter);
        return Metric == TextMetric.FuzzyMatch && partial ? (longer + shorter) * shorter * (10 + (shorter / 32))
            : Metric is TextMetric.FuzzyMatch or TextMetric.RougeL ? longer * (10 + (shorter / 32))
            : longer;
    }

    private async Task<Grade> CosineAsync(string left, string right, CancellationToken cancellationToken)
    {
        // Services refuse empty texts, and that must not become the grader's failure.
        if (string.IsNullOrWhiteSpace(left) || string.IsNullOrWhiteSpace(right))
        {
            return new Grade(string.IsNullOrWhiteSpace(left) && string.IsNullOrWhiteSpace(right) ? 1 : 0);
        }

        GeneratedEmbeddings<Embedding<float>> embeddings;
        try
        {
            embeddings = await options.Embeddings!.GenerateAsync([left, right], cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            return Grade.Failed($"The embedding generator failed: {error.Message}", error);
        }

        if (embeddings.Count != 2 || embeddings[0].Vector.Length != embeddings[1].Vector.Length || embeddings[0].Vector.Length == 0)
        {
            return Grade.Failed("The embedding generator gave no two vectors of the same length for two texts.");
        }

        // A vector of zeros has no direction, so it is like nothing.
        ReadOnlySpan<float> a = embeddings[0].Vector.Span, b = embeddings[1].Vector.Span;
        return a.ContainsAnyExcept(0f) && b.ContainsAnyExcept(0f) ? RawScore.ToGrade(TensorPrimitives.CosineSimilarity(a, b)) : new Grade(0);
    }
}
