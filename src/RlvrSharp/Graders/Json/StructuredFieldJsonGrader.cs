using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A <see cref="StructuredFieldGrader"/> whose answer and reference come from templates: the type <c>structured_field</c>, which is ours.</summary>
public sealed class StructuredFieldJsonGrader : IJsonGrader
{
    private readonly StructuredFieldGrader grader;
    private readonly StructuredFieldGraderOptions options;
    private readonly GraderTemplate input;
    private readonly GraderTemplate reference;
    private readonly ConditionalWeakTable<Problem, Problem> problems = [];

    /// <summary>A grader.</summary>
    /// <param name="options">The fields and how they are compared; null infers them from each reference.</param>
    /// <param name="input">The answer; null is <c>{{sample.output_text}}</c>.</param>
    /// <param name="reference">The reference object; null is <c>{{item.reference}}</c>.</param>
    /// <param name="name">What reports call it.</param>
    public StructuredFieldJsonGrader(StructuredFieldGraderOptions? options = null, GraderTemplate? input = null, GraderTemplate? reference = null, string name = "structured_field")
    {
        ArgumentNullException.ThrowIfNull(name);
        this.options = options ?? new StructuredFieldGraderOptions();
        this.input = input ?? GraderTemplate.Parse("{{sample.output_text}}");
        this.reference = reference ?? GraderTemplate.Parse("{{item.reference}}");
        grader = new StructuredFieldGrader(this.options);
        Name = name;
        Templates = [new("input", this.input), new("reference", this.reference)];
    }

    /// <inheritdoc/>
    public string Type => "structured_field";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    internal StructuredFieldGraderOptions Options => options;

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        Problem? prepared = Prepare(problem, completion, out Grade? fault);
        Completion answer = completion;
        if (fault is null && input.OnlyPath is not { IsOutputText: true })
        {
            string text = input.Render(problem, completion, out fault);
            answer = Completion.FromText(text);
        }

        if (fault is not null)
        {
            return new(fault);
        }

        try
        {
            return grader.GradeAsync(prepared!, answer, cancellationToken);
        }
        catch (DataException error)
        {
            return new(Grade.Failed(error.Message, error));
        }
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        if ((input.FindFault(problem) ?? reference.FindFault(problem)) is { } fault)
        {
            return fault;
        }

        if (!reference.IsFixed)
        {
            return null;
        }

        try
        {
            grader.CheckReference(Prepare(problem, Completion.FromText(string.Empty), out _)!);
            return null;
        }
        catch (DataException error)
        {
            return error.Message;
        }
    }

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("input", input.Text);
        writer.WriteString("reference", reference.Text);
        if (options.Beta != 1)
        {
            writer.WriteNumber("beta", options.Beta);
        }

        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        GraderTemplate? input = reader.Template("input", required: false);
        GraderTemplate? reference = reader.Template("reference", required: false);
        double? beta = reader.Number("beta", 1, 0.01, 100);
        StructuredFieldGraderOptions? options = beta is null ? null : new StructuredFieldGraderOptions { Beta = beta.Value };
        bool bad = options is null || (input is null && reader.Value("input") is not null) || (reference is null && reader.Value("reference") is not null);
        return bad ? null : new StructuredFieldJsonGrader(options!, input, reference, reader.Name);
    }

    // The row with its reference as the text the inner grader wants; made once a row, so that the reference is parsed once.
    private Problem? Prepare(Problem problem, Completion completion, out Grade? fault)
    {
        if (problems.TryGetValue(problem, out Problem? prepared))
        {
            fault = null;
            return prepared;
        }

        string text = reference.Render(problem, completion, out fault);
        if (fault is not null)
        {
            return null;
        }

        prepared = problem with { Reference = text };
        if (reference.IsFixed)
        {
            problems.TryAdd(problem, prepared);
        }

        return prepared;
    }
}
