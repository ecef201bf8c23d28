using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Polly;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Asks a service of your own: posts <c>{"sample", "item", "trace_id"}</c> and reads <c>{"score"}</c>. Azure's <c>endpoint</c> grader.</summary>
/// <remarks>
/// Azure's limits hold: at most 1 MB a request, ten minutes an attempt, at most three retries; then the grade is Failed and the completion leaves its
/// group. The trace id depends on the row and the answer only. A score beyond [0, 1] is cut and kept as <see cref="RawScore.MetricName"/>.
/// </remarks>
public sealed class EndpointGrader : IJsonGrader, IPatientGrader
{
    private const int MaxRequestBytes = 1_000_000;
    private const string NoScore = "no score";
    private static readonly TimeSpan MaxTime = TimeSpan.FromMinutes(10);
    private readonly HttpClient http;
    private readonly Uri url;
    private readonly KeyValuePair<string, string>[] headers;
    private readonly double? rateLimit;
    private readonly JudgeOptions options;
    private readonly ResiliencePipeline<Grade> retries;
    private readonly Lock gate = new();
    private DateTimeOffset free = DateTimeOffset.MinValue;

    /// <summary>A grader behind a URL.</summary>
    /// <param name="http">Sends the requests; its own time-out should not be below ten minutes.</param>
    /// <param name="url">Where to post.</param>
    /// <param name="headers">Sent with every request, such as an authorization; null for none.</param>
    /// <param name="rateLimit">Requests a second at most, or null for no limit.</param>
    /// <param name="options">Attempts (at most 4) and back-off; null for the defaults.</param>
    /// <param name="name">What reports call it.</param>
    public EndpointGrader(HttpClient http, Uri url, IReadOnlyList<KeyValuePair<string, string>>? headers = null, double? rateLimit = null, JudgeOptions? options = null, string name = "endpoint")
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(name);
        if (rateLimit is not null and not (> 0 and < double.PositiveInfinity))
        {
            throw new ArgumentOutOfRangeException(nameof(rateLimit), rateLimit, "The rate limit counts requests a second and must be above 0.");
        }

        this.http = http;
        this.url = url;
        this.headers = [.. headers ?? []];
        this.rateLimit = rateLimit;
        this.options = options ?? new JudgeOptions();
        retries = RetryPipeline.Create<Grade>(Math.Min(4, this.options.Attempts) - 1, this.options.RetryDelay, this.options.TimeProvider, grade => grade.Reason == NoScore, grade => grade.Error);
        Name = name;
    }

    /// <inheritdoc/>
    TimeSpan IPatientGrader.Patience => RetryPipeline.Longest(Math.Min(4, options.Attempts), MaxTime, options.RetryDelay);

    /// <inheritdoc/>
    public string Type => "endpoint";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    /// <inheritdoc/>
    public async ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        if (completion.Text.Length > MaxRequestBytes)
        {
            return Grade.Ungradable($"The answer has {completion.Text.Length} characters, but a request may have {MaxRequestBytes} bytes.");
        }

        byte[] body = Body(problem, completion);
        if (body.Length > MaxRequestBytes)
        {
            // Escaping makes texts longer; what the row alone would take is what the row is to blame for.
            int row = JsonTexts.CompactText(GraderInput.ItemOf(problem)).Length;
            if (row < MaxRequestBytes / 2)
            {
                return Grade.Ungradable($"The request with this answer has {body.Length} bytes, but an endpoint gets at most {MaxRequestBytes}.");
            }

            return Grade.Failed($"The request for this row has {body.Length} bytes, but an endpoint gets at most {MaxRequestBytes}: make the item smaller.");
        }

        int attempts = 0;
        Grade grade = await retries.ExecuteAsync(
            async token =>
            {
                attempts++;
                try
                {
                    return await PostAsync(body, token).ConfigureAwait(false);
                }
                catch (HttpRequestException error) when (error.StatusCode is { } status && (int)status is < 500 and not (408 or 429))
                {
                    return Grade.Failed($"The endpoint {url} refused: {error.Message}", error);
                }
                catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
                {
                    return Grade.Failed(NoScore, error);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return grade.Reason == NoScore ? Grade.Failed($"The endpoint {url} gave no score in {attempts} attempt(s): {grade.Error?.Message}", grade.Error) : grade;
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => null;

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("url", url.OriginalString);
        if (headers.Length > 0)
        {
            writer.WriteStartObject("headers");
            foreach ((string key, string value) in headers)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        if (rateLimit is { } limit)
        {
            writer.WriteNumber("rate_limit", limit);
        }

        writer.WriteEndObject();
    }

    internal static IGrader? FromJson(GraderJsonReader reader)
    {
        string? text = reader.Text("url");
        Uri? url = null;
        if (text is not null && (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
        {
            reader.Problem("url", $"is \"{JsonTexts.Cut(text)}\", which is no http(s) URL.");
            url = null;
        }

        double? limit = reader.Value("rate_limit") is null ? null : reader.Number("rate_limit", low: 1e-6, high: 1e6);
        var headers = new List<KeyValuePair<string, string>>();
        if (reader.Value("headers") is { } given)
        {
            foreach (JsonProperty header in given.ValueKind == JsonValueKind.Object ? given.EnumerateObject().ToArray() : [])
            {
                if (header.Value.ValueKind == JsonValueKind.String)
                {
                    headers.Add(KeyValuePair.Create(header.Name, JsonTexts.Read(header.Value)));
                }
                else
                {
                    reader.Problem($"headers.{header.Name}", "must be a text.");
                }
            }

            if (given.ValueKind != JsonValueKind.Object)
            {
                reader.Problem("headers", $"is {GraderJsonReader.Shown(given)}, but it must be an object of texts.");
            }
        }

        return url is null ? null : new EndpointGrader(reader.Context.Http ?? JudgeConnection.SharedHttp.Value, url, headers, limit, reader.Context.Judges, reader.Name);
    }

    private static byte[] Body(Problem problem, Completion completion)
    {
        string sample = JsonTexts.CompactText(GraderInput.SampleOf(completion));
        string item = JsonTexts.CompactText(GraderInput.ItemOf(problem));
        string trace = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{problem.Id}\n{item}\n{sample}")))[..32];
        return Encoding.UTF8.GetBytes($$"""{"sample":{{sample}},"item":{{item}},"trace_id":"{{trace}}"}""");
    }

    private async Task<Grade> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        await WaitForTurnAsync(cancellationToken).ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(MaxTime, options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        foreach (KeyValuePair<string, string> header in headers)
        {
            request.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        using HttpResponseMessage response = await http.SendAsync(request, both.Token).ConfigureAwait(false);
        string text = await response.Content.ReadAsStringAsync(both.Token).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK && !response.IsSuccessStatusCode)
        {
            throw RetryPipeline.WithWait(new HttpRequestException($"{(int)response.StatusCode}: {JsonTexts.Cut(text, 300)}", null, response.StatusCode), response);
        }

        if (!JsonTexts.TryParse(text, out JsonElement json, out _) || !JsonTexts.TryGet(json, "score", out JsonElement score)
            || score.ValueKind != JsonValueKind.Number || !score.TryGetDouble(out double value) || !double.IsFinite(value))
        {
            return Grade.Failed($"The endpoint {url} answered \"{JsonTexts.Cut(text)}\", but it must answer {{\"score\": a number}}.");
        }

        return RawScore.ToGrade(value);
    }

    private async Task WaitForTurnAsync(CancellationToken cancellationToken)
    {
        if (rateLimit is not { } limit)
        {
            return;
        }

        TimeSpan wait;
        lock (gate)
        {
            DateTimeOffset now = options.TimeProvider.GetUtcNow();
            DateTimeOffset start = free > now ? free : now;
            free = start + TimeSpan.FromSeconds(1 / limit);
            wait = start - now;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
