using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>
/// A grader written in Python, in OpenAI's form: source text that defines <c>def grade(sample, item) -> float</c>. It is run for
/// real, by the machine's own interpreter, in isolated worker processes that are kept warm.
/// </summary>
/// <remarks>
/// <para><c>sample</c> is a dictionary with <c>output_text</c>, <c>output_json</c> (only when the text is JSON), <c>output_tools</c>
/// and <c>choices</c>; <c>item</c> holds the row's other keys. The source runs once per worker; every call runs in a fresh fork of
/// that process, so no call sees what another one did to a variable or a file.</para>
/// <para>A returned number in [0, 1] is the score. Everything else (an exception, a result that is not a number in range, a time-out,
/// too much memory, a process that ends itself) is a <see cref="GradeStatus.Failed"/> grade whose reason has the traceback; the next
/// call works as if nothing had happened. Safe to use from several threads. Dispose it, or its workers live as long as the process.</para>
/// </remarks>
public sealed class PythonGrader : IJsonGrader, IPatientGrader, IAsyncDisposable
{
    private const int CallsBefore = 64;

    private readonly string _source;
    private readonly PythonGraderOptions _options;
    private readonly PythonWorkerPool _pool;

    /// <summary>A grader with the default options.</summary>
    /// <param name="source">Python source that defines <c>grade</c>.</param>
    public PythonGrader(string source)
        : this(source, new PythonGraderOptions())
    {
    }

    /// <summary>A grader. Nothing is started yet: the first grade starts a worker, or <see cref="StartAsync"/> does.</summary>
    /// <param name="source">Python source that defines <c>grade</c>.</param>
    /// <param name="options">Limits and isolation.</param>
    /// <exception cref="ArgumentException"><paramref name="source"/> is empty.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public PythonGrader(string source, PythonGraderOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentNullException.ThrowIfNull(options);
        PythonGraderOptionsValidator.ThrowIfInvalid(options);
        _source = source;
        _options = options;
        _pool = new PythonWorkerPool(source, options);
    }

    /// <summary>What the grader is called in errors and reports.</summary>
    public string Name => _options.Name;

    // Workers end calls that take too long themselves; what comes on top is the wait for a free one, and nobody is to blame for that.
    TimeSpan IPatientGrader.Patience => _options.LoadTimeLimit + (_options.TimeLimit * (1 + Math.Ceiling((double)CallsBefore / _options.Workers)));

    /// <inheritdoc/>
    public string Type => "python";

    /// <inheritdoc/>
    /// <value>Always empty: the code reads what it wants.</value>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => [];

    /// <summary>What the code runs on and what isolates it; null until a worker has been started.</summary>
    public PythonEnvironment? Environment => _pool.Environment;

    /// <summary>Starts a worker and loads the source, so that a grader that cannot work is found before any training time is spent.</summary>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>What the code runs on.</returns>
    /// <exception cref="GradingException">There is no interpreter, or no isolation on this machine and none is not allowed.</exception>
    /// <exception cref="DataException">The source cannot be loaded; the message has Python's traceback.</exception>
    public async ValueTask<PythonEnvironment> StartAsync(CancellationToken cancellationToken = default)
    {
        PythonReply reply = await _pool.RunAsync(null, cancellationToken).ConfigureAwait(false);
        if (reply.Outcome != "loaded")
        {
            throw new DataException(Explain(reply));
        }

        return _pool.Environment ?? throw new InvalidOperationException("A worker was started, but what it runs on was not recorded.");
    }

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        return RunAsync(PythonCall.Arguments(problem, completion), cancellationToken);
    }

    /// <summary>Grades a sample that is already in the contract's form, with tools or a different <c>output_json</c> for instance.</summary>
    /// <param name="sample">The object that <c>grade</c> gets as <c>sample</c>, as it is.</param>
    /// <param name="item">The object that <c>grade</c> gets as <c>item</c>.</param>
    /// <param name="cancellationToken">Stops the grading.</param>
    /// <returns>The grade.</returns>
    public ValueTask<Grade> GradeSampleAsync(JsonElement sample, JsonElement item, CancellationToken cancellationToken = default) =>
        RunAsync(PythonCall.Arguments(sample, item), cancellationToken);

    /// <summary>Ends the workers. When it returns, no process and no temporary folder of this grader is left.</summary>
    /// <returns>A task that completes when they have ended.</returns>
    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    /// <inheritdoc/>
    public string? FindFault(Problem problem) => null;

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteString("source", _source);
        if (_options.ImageTag is not null)
        {
            writer.WriteString("image_tag", _options.ImageTag);
        }

        var usual = new PythonGraderOptions();
        if (_options.TimeLimit != usual.TimeLimit)
        {
            writer.WriteNumber(PythonGraderJson.TimeLimitKey, _options.TimeLimit.TotalSeconds);
        }

        if (_options.MemoryLimit != usual.MemoryLimit)
        {
            writer.WriteNumber(PythonGraderJson.MemoryLimitKey, _options.MemoryLimit / (double)(1 << 20));
        }

        writer.WriteEndObject();
    }

    private async ValueTask<Grade> RunAsync(byte[] arguments, CancellationToken cancellationToken)
    {
        PythonReply reply;
        try
        {
            reply = await _pool.RunAsync(arguments, cancellationToken).ConfigureAwait(false);
        }
        catch (GradingException error)
        {
            return Grade.Failed(error.Message, error);
        }

        if (reply.Outcome != "score" || !double.TryParse(reply.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
        {
            Grade failed = Grade.Failed(Explain(reply));
            return reply.Outcome == "lost" ? failed : RawScore.WithContractScore(failed, 0);
        }

        if (value is >= 0 and <= 1)
        {
            return new Grade(value + 0.0); // no negative zero
        }

        return _options.ClampScores && double.IsFinite(value)
            ? RawScore.ToGrade(value, string.Create(CultureInfo.InvariantCulture, $"The source returned {value}, cut to [0, 1]."))
            : Grade.Failed(string.Create(
                CultureInfo.InvariantCulture,
                $"The python grader '{Name}' returned {value}, but a score lies between 0 and 1: scale it there in the source, or set PythonGraderOptions.ClampScores.")
                + Printed(reply));
    }

    private string Explain(PythonReply reply)
    {
        string name = $"The python grader '{Name}'";
        string text = (reply.Outcome, reply.Loading) switch
        {
            ("load", _) => $"{name} cannot be loaded: {reply.Text?.TrimEnd()}",
            ("exception", _) => $"{name} raised an exception: {reply.Text?.TrimEnd()}",
            ("bad", _) => $"{name} returned {reply.Text}; it must return a number between 0 and 1 (write float(…) around a truth value).",
            ("timeout", true) => $"{name} did not load within {Seconds(_options.LoadTimeLimit)} (PythonGraderOptions.LoadTimeLimit).",
            ("timeout", false) => $"{name} did not return within {Seconds(_options.TimeLimit)} and was ended (PythonGraderOptions.TimeLimit; in grader JSON time_limit_seconds).",
            ("memory", _) => string.Create(CultureInfo.InvariantCulture, $"{name} used more than {_options.MemoryLimit >> 20} MiB of memory and was ended (PythonGraderOptions.MemoryLimit; in grader JSON memory_limit_mb)."),
            ("processes", _) => string.Create(CultureInfo.InvariantCulture, $"{name} started more than {_options.ProcessLimit} processes and was ended (PythonGraderOptions.ProcessLimit)."),
            _ => $"{name} gave no result: {reply.Text ?? "no reason known"}.",
        };
        return text + Printed(reply);
    }

    private static string Printed(PythonReply reply) =>
        (string.IsNullOrWhiteSpace(reply.Stderr) ? "" : $"\nIts stderr ends with: {reply.Stderr.TrimEnd()}")
        + (string.IsNullOrWhiteSpace(reply.Stdout) ? "" : $"\nIts stdout ends with: {reply.Stdout.TrimEnd()}");

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.###} s");
}
