using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Asks a model for a number. The contract's <c>score_model</c>.</summary>
/// <remarks>
/// The number is cut to the range; the score is where it lies in it (0 at the low end, 1 at the high end), and the number itself is the metric
/// <see cref="RawScore.MetricName"/>, which is what a <c>multi</c> calculates with. An answer without a number is Failed after the retries, never 0.
/// </remarks>
public sealed class ScoreModelGrader : IJsonGrader, IRangedGrader, IPatientGrader
{
    private static readonly JsonElement Schema = JsonElement.Parse("""
        {"type": "object", "properties": {
           "steps": {"type": "array", "items": {"type": "object", "properties": {"description": {"type": "string"}, "conclusion": {"type": "string"}}, "required": ["description", "conclusion"], "additionalProperties": false}},
           "result": {"type": "number"}},
         "required": ["steps", "result"], "additionalProperties": false}
        """);

    private readonly JudgePrompt prompt;
    private readonly JudgeModel judge;
    private readonly JudgeSampling sampling;
    private string? baseUrl;
    private string? keyVariable;

    /// <summary>A judge that gives numbers.</summary>
    /// <param name="client">Asks the model.</param>
    /// <param name="model">The model's name, as the service knows it.</param>
    /// <param name="messages">What it is asked.</param>
    /// <param name="low">The least number.</param>
    /// <param name="high">The greatest number.</param>
    /// <param name="sampling">How it samples; null leaves it to the service.</param>
    /// <param name="options">Retries, cache, delimiters; null for the defaults.</param>
    /// <param name="name">What reports call it.</param>
    public ScoreModelGrader(
        IChatClient client, string model, IReadOnlyList<JudgeMessage> messages, double low = 0, double high = 1,
        JudgeSampling? sampling = null, JudgeOptions? options = null, string name = "score_model")
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(name);
        if (!(low < high) || !double.IsFinite(high - low))
        {
            throw new ArgumentOutOfRangeException(nameof(high), high, $"The range of a score_model goes from {low} to {high}, but its end must lie above its beginning.");
        }

        options ??= new JudgeOptions();
        this.sampling = sampling ?? new JudgeSampling();
        prompt = new JudgePrompt(messages, options.Delimit);
        judge = new JudgeModel(client, model, this.sampling, options);
        Model = model;
        Low = low;
        High = high;
        Name = name;
    }

    /// <inheritdoc/>
    TimeSpan IPatientGrader.Patience => judge.Patience;

    /// <inheritdoc/>
    public string Type => "score_model";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <inheritdoc/>
    public double Low { get; }

    /// <inheritdoc/>
    public double High { get; }

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
        string.Create(CultureInfo.InvariantCulture, $"Grade as you are told below. Answer with one JSON object: {{\"steps\": [{{\"description\": …, \"conclusion\": …}}], \"result\": a number from {Low:R} to {High:R}}}."),
        Schema,
        FaultOf,
        reply =>
        {
            double value = Math.Clamp(JudgeReply.Number(reply)!.Value, Low, High);
            return new Grade(Math.Clamp((value - Low) / (High - Low), 0, 1))
            {
                Reason = JudgeReply.Steps(reply),
                Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { [RawScore.MetricName] = value },
            };
        },
        contract: 0,
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
        writer.WriteStartArray("range");
        writer.WriteNumberValue(Low);
        writer.WriteNumberValue(High);
        writer.WriteEndArray();
        JudgeJson.WriteCommon(writer, sampling, baseUrl, keyVariable);
        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        string? model = reader.Text("model");
        JudgePrompt? prompt = JudgePrompt.FromJson(reader, true);
        JudgeSampling sampling = JudgeSampling.FromJson(reader);
        (IChatClient? client, string? url, string? variable) = JudgeConnection.Read(reader, model);
        (double Low, double High)? range = JudgeJson.ReadRange(reader);
        if (model is null || prompt is null || client is null || range is not { } ends)
        {
            return null;
        }

        return new ScoreModelGrader(client, model, prompt.Messages, ends.Low, ends.High, sampling, reader.Context.Judges, reader.Name) { baseUrl = url, keyVariable = variable };
    }

    private static string? FaultOf(string text) =>
        JudgeReply.Number(text) is null ? $"model_grader_parse: \"{JsonTexts.Cut(text)}\" has no number under \"result\"." : null;
}
