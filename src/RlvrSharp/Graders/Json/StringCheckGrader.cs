using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Compares two texts: 1 or 0. The contract's <c>string_check</c>.</summary>
public sealed class StringCheckGrader : IJsonGrader
{
    private static readonly string[] Operations = ["eq", "ne", "like", "ilike"];
    private readonly GraderTemplate input;
    private readonly GraderTemplate reference;
    private readonly StringCheckOperation operation;

    /// <summary>A grader of two texts.</summary>
    /// <param name="operation">How to compare.</param>
    /// <param name="input">The text that is searched by <c>like</c>; usually the answer.</param>
    /// <param name="reference">The text that is looked for; usually the row's.</param>
    /// <param name="name">What reports call it.</param>
    public StringCheckGrader(StringCheckOperation operation, GraderTemplate input, GraderTemplate reference, string name = "string_check")
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(name);
        this.operation = Enum.IsDefined(operation) ? operation : throw new ArgumentOutOfRangeException(nameof(operation));
        this.input = input;
        this.reference = reference;
        Name = name;
        Templates = [new("input", input), new("reference", reference)];
    }

    /// <inheritdoc/>
    public string Type => "string_check";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>How it compares.</summary>
    public StringCheckOperation Operation => operation;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        string left = GraderTemplate.Render(input, reference, problem, completion, out string right, out Grade? fault);
        if (fault is not null)
        {
            return new(fault);
        }

        bool passed = operation switch
        {
            StringCheckOperation.Equal => string.Equals(left, right, StringComparison.Ordinal),
            StringCheckOperation.NotEqual => !string.Equals(left, right, StringComparison.Ordinal),
            StringCheckOperation.Like => left.Contains(right, StringComparison.Ordinal),
            _ => LowerCase.Of(left).Contains(LowerCase.Of(right), StringComparison.Ordinal),
        };
        return new(new Grade(passed ? 1 : 0)
        {
            Reason = passed ? null : $"\"{JsonTexts.Cut(left)}\" {Operations[(int)operation]} \"{JsonTexts.Cut(right)}\" does not hold.",
        });
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
        writer.WriteString("operation", Operations[(int)operation]);
        writer.WriteString("input", input.Text);
        writer.WriteString("reference", reference.Text);
        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        GraderTemplate? input = reader.Template("input");
        GraderTemplate? reference = reader.Template("reference");
        string? operation;
        if (reader.Value("operation") is { ValueKind: JsonValueKind.String } value && JsonTexts.Read(value) == "neq")
        {
            reader.Warn("operation", "is \"neq\", which the contract's text has but its list of values does not: read as \"ne\".");
            operation = "ne";
        }
        else
        {
            operation = reader.Word("operation", Operations);
        }

        if (input is null || reference is null || operation is null)
        {
            return null;
        }

        if (operation is "like" or "ilike" && input.IsFixed && !reference.IsFixed)
        {
            reader.Warn("reference", "reads the answer while input does not: like looks for the reference inside the input, so an empty answer always passes. Exchange the two if the answer shall contain the text.");
        }

        return new StringCheckGrader((StringCheckOperation)Array.IndexOf(Operations, operation), input, reference, reader.Name);
    }
}
