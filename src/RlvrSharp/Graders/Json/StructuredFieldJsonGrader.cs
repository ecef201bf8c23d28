using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>The structured-field grader in the grader language: <c>{"type": "structured_field", "input": "{{sample.output_text}}", "reference": "{{item.reference}}", …}</c>.</summary>
public sealed class StructuredFieldJsonGrader : IJsonGrader
{
    private readonly GraderTemplate input;
    private readonly GraderTemplate reference;
    private readonly StructuredFieldGrader grader;

    /// <summary>A structured-field grader of two texts.</summary>
    /// <param name="options">Fields, β and the rest; null infers the fields from each reference.</param>
    /// <param name="input">The answer; null takes <c>{{sample.output_text}}</c>.</param>
    /// <param name="reference">What it is compared with; null takes <c>{{item.reference}}</c>.</param>
    /// <param name="name">What reports call it.</param>
    public StructuredFieldJsonGrader(
        StructuredFieldGraderOptions? options = null, GraderTemplate? input = null, GraderTemplate? reference = null, string name = "structured_field")
    {
        ArgumentNullException.ThrowIfNull(name);
        grader = new StructuredFieldGrader(options ?? new StructuredFieldGraderOptions());
        this.input = input ?? GraderTemplate.Parse("{{sample.output_text}}");
        this.reference = reference ?? GraderTemplate.Parse("{{item.reference}}");
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

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        string answer = input.Render(problem, completion, out Grade? fault);
        if (fault is not null)
        {
            return new(fault);
        }

        string expected = reference.Render(problem, completion, out fault);
        return new(fault ?? grader.Grade(answer, expected));
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (input.FindFault(problem) is { } fault)
        {
            return fault;
        }

        if (reference.FindFault(problem) is { } missing)
        {
            return missing;
        }

        string expected = reference.Render(problem, Completion.FromText("{}"), out Grade? unusable);
        if (unusable is not null)
        {
            // The reference is made from the answer; nothing can be said before there is one.
            return null;
        }

        try
        {
            grader.CheckReference(new Problem(string.Empty) { Id = problem.Id, Reference = expected });
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
        grader.GetOptions().WriteMembers(writer);
        writer.WriteEndObject();
    }

    internal static StructuredFieldJsonGrader? FromJson(GraderJsonReader reader)
    {
        string name = reader.Name;
        GraderTemplate? input = reader.Template("input", required: false);
        GraderTemplate? reference = reader.Template("reference", required: false);
        StructuredFieldGraderOptions? options = StructuredFieldGraderOptions.FromReader(reader);
        return reader.HasProblems ? null : new StructuredFieldJsonGrader(options, input, reference, name);
    }
}
