using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Asks a model for one of a few labels: 1 for a passing one, else 0. The contract's <c>label_model</c>.</summary>
/// <remarks>An answer that is none of the labels is Failed after the retries, never 0.</remarks>
public sealed class LabelModelGrader : IJsonGrader, IPatientGrader
{
    private readonly JudgePrompt prompt;
    private readonly JudgeModel judge;
    private readonly JudgeSampling sampling;
    private readonly string[] labels;
    private readonly string[] passing;
    private readonly JsonElement schema;
    private string? baseUrl;
    private string? keyVariable;

    /// <summary>A judge that gives labels.</summary>
    /// <param name="client">Asks the model.</param>
    /// <param name="model">The model's name, as the service knows it.</param>
    /// <param name="messages">What it is asked.</param>
    /// <param name="labels">The labels it may give.</param>
    /// <param name="passingLabels">Those that score 1; some of <paramref name="labels"/>.</param>
    /// <param name="sampling">How it samples; null leaves it to the service.</param>
    /// <param name="options">Retries, cache, delimiters; null for the defaults.</param>
    /// <param name="name">What reports call it.</param>
    public LabelModelGrader(
        IChatClient client, string model, IReadOnlyList<JudgeMessage> messages, IReadOnlyList<string> labels, IReadOnlyList<string> passingLabels,
        JudgeSampling? sampling = null, JudgeOptions? options = null, string name = "label_model")
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(passingLabels);
        ArgumentNullException.ThrowIfNull(name);
        if (labels.Count == 0 || passingLabels.Count == 0 || passingLabels.Any(label => !labels.Contains(label)))
        {
            throw new ArgumentException("A label_model needs labels, and passing labels that are some of them.", nameof(passingLabels));
        }

        options ??= new JudgeOptions();
        this.labels = [.. labels];
        passing = [.. passingLabels];
        this.sampling = sampling ?? new JudgeSampling();
        prompt = new JudgePrompt(messages, options.Delimit);
        judge = new JudgeModel(client, model, this.sampling, options);
        schema = JudgeJson.LabelSchema(this.labels);
        Model = model;
        Name = name;
    }

    /// <inheritdoc/>
    TimeSpan IPatientGrader.Patience => judge.Patience;

    /// <inheritdoc/>
    public string Type => "label_model";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>What it has cost so far.</summary>
    public JudgeUsage Usage => judge.Usage;

    internal bool Delimits => prompt.Delimits;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => prompt.Templates;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) => judge.GradeAsync(
        prompt,
        problem,
        completion,
        $"Label as you are told below. Answer with one JSON object: {{\"steps\": [{{\"description\": …, \"conclusion\": …}}], \"result\": one of {string.Join(", ", labels.Select(label => $"\"{label}\""))}}}.",
        schema,
        FaultOf,
        reply =>
        {
            string label = JudgeReply.Label(reply, labels)!;
            return new Grade(passing.Contains(label) ? 1 : 0) { Reason = $"Labelled \"{label}\". {JudgeReply.Steps(reply)}".TrimEnd() };
        },
        contract: null,
        cancellationToken);

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => prompt.FindFault(problem);

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("model", Model);
        prompt.WriteTo(writer);
        JudgeJson.WriteTexts(writer, "labels", labels);
        JudgeJson.WriteTexts(writer, "passing_labels", passing);
        JudgeJson.WriteCommon(writer, sampling, baseUrl, keyVariable);
        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        string? model = reader.Text("model");
        JudgePrompt? prompt = JudgePrompt.FromJson(reader, true);
        JudgeSampling sampling = JudgeSampling.FromJson(reader);
        (IChatClient? client, string? url, string? variable) = JudgeConnection.Read(reader, model);
        List<string>? labels = JudgeJson.ReadTexts(reader, "labels");
        List<string>? passing = JudgeJson.ReadTexts(reader, "passing_labels");
        foreach (string label in passing ?? [])
        {
            if (labels is not null && !labels.Contains(label))
            {
                reader.Problem("passing_labels", $"has \"{JsonTexts.Cut(label)}\", which is not one of the labels: {NearestName.Hint(label, labels)}");
                passing = null;
            }
        }

        if (model is null || prompt is null || client is null || labels is null || passing is null)
        {
            return null;
        }

        return new LabelModelGrader(client, model, prompt.Messages, labels, passing, sampling, reader.Context.Judges, reader.Name) { baseUrl = url, keyVariable = variable };
    }

    private string? FaultOf(string text) =>
        JudgeReply.Label(text, labels) is null ? $"model_grader_parse: \"{JsonTexts.Cut(text)}\" has none of the labels under \"result\"." : null;
}
