using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Lets only answers through that follow the job's <c>response_format</c>; the others are Ungradable and get the configured floor.</summary>
/// <remarks>A gate, never a bonus: a small additive reward for the format becomes a full-strength signal once advantages are normalised.</remarks>
public sealed class ResponseFormatGate : IGrader, IProblemRequirement, IAsyncDisposable
{
    private readonly IGrader grader;
    private readonly AnswerSchema? schema;

    private ResponseFormatGate(IGrader grader, AnswerSchema? schema)
    {
        this.grader = grader;
        this.schema = schema;
    }

    /// <summary>The grader behind the gate.</summary>
    public IGrader Grader => grader;

    /// <summary>Puts the gate of a <c>response_format</c> before a grader.</summary>
    /// <param name="grader">The grader.</param>
    /// <param name="responseFormat"><c>{"type": "json_schema", "json_schema": {"schema": …}}</c>, <c>{"type": "json_object"}</c> or <c>{"type": "text"}</c>.</param>
    /// <returns>The gate, or the grader itself for <c>text</c>.</returns>
    /// <exception cref="DataException">The format or its schema cannot be used.</exception>
    public static IGrader Wrap(IGrader grader, JsonElement responseFormat)
    {
        ArgumentNullException.ThrowIfNull(grader);
        string type = JsonTexts.TryGet(responseFormat, "type", out JsonElement kind) && kind.ValueKind == JsonValueKind.String ? JsonTexts.Read(kind) : "(none)";
        switch (type)
        {
            case "text":
                return grader;
            case "json_object":
                return new ResponseFormatGate(grader, null);
            case "json_schema":
                // Chat completions nest the schema once more than the responses API does.
                JsonElement holder = JsonTexts.TryGet(responseFormat, "json_schema", out JsonElement inner) ? inner : responseFormat;
                if (!JsonTexts.TryGet(holder, "schema", out JsonElement schema))
                {
                    throw new DataException("response_format.json_schema has no \"schema\": give the JSON Schema that answers must follow.");
                }

                try
                {
                    return new ResponseFormatGate(grader, AnswerSchema.Parse(schema));
                }
                catch (DataException error)
                {
                    throw new DataException($"response_format: {error.Message}", error);
                }

            default:
                throw new DataException($"response_format.type is \"{JsonTexts.Cut(type)}\": {NearestName.Hint(type, ["text", "json_object", "json_schema"])}");
        }
    }

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        SampleView sample = SampleView.Of(completion);
        if (sample.OutputJson is not { } value)
        {
            return new(Grade.Ungradable($"sample_parse: the answer is not one JSON value: {sample.JsonProblem}"));
        }

        string? fault = schema is null
            ? value.ValueKind == JsonValueKind.Object ? null : "it is not an object."
            : schema.Validate(value);
        return fault is null ? grader.GradeAsync(problem, completion, cancellationToken) : new(Grade.Ungradable($"sample_parse: the answer does not follow response_format: {fault}"));
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => (grader as IProblemRequirement)?.FindFault(problem);

    /// <summary>Disposes the grader behind the gate where it needs it.</summary>
    /// <returns>A task.</returns>
    public ValueTask DisposeAsync() => GraderLifetime.DisposeAsync(grader);
}
