using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>
/// The grader language's type <c>python</c>: <c>source</c>, and <c>image_tag</c>, which is accepted and has no effect. Beyond the contract:
/// <c>time_limit_seconds</c> and <c>memory_limit_mb</c>, in place of the options'.
/// </summary>
public static class PythonGraderJson
{
    internal const string TimeLimitKey = "time_limit_seconds";
    internal const string MemoryLimitKey = "memory_limit_mb";

    /// <summary>Makes <c>python</c> graders run with these options; without it they run with the defaults.</summary>
    /// <remarks>
    /// In this language a score may lie outside [0, 1], for a <c>multi</c> may scale it: the grade's score is cut to the range, and the number
    /// itself goes to the formula (see <see cref="RawScore"/>). <see cref="PythonGraderOptions.ClampScores"/> is therefore always on here.
    /// </remarks>
    /// <param name="context">The context of a load.</param>
    /// <param name="options">Limits and isolation; name and image tag come from the JSON.</param>
    /// <returns>The context.</returns>
    public static GraderJsonContext AddPython(this GraderJsonContext context, PythonGraderOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        PythonGraderOptionsValidator.ThrowIfInvalid(options);
        return context.Add("python", reader => Read(reader, options));
    }

    internal static IGrader? FromJson(GraderJsonReader reader) => Read(reader, new PythonGraderOptions());

    private static PythonGrader? Read(GraderJsonReader reader, PythonGraderOptions options)
    {
        string? source = reader.Text("source");
        string? imageTag = reader.Text("image_tag", required: false);
        double? seconds = reader.Number(TimeLimitKey, options.TimeLimit.TotalSeconds, 0.01, 3600);
        double? megabytes = reader.Number(MemoryLimitKey, options.MemoryLimit / (double)(1 << 20), 64, 1 << 26);
        if (source is not null && string.IsNullOrWhiteSpace(source))
        {
            reader.Problem("source", "is empty, but it must be Python that defines grade(sample, item).");
            source = null;
        }

        return source is null ? null : new PythonGrader(source, new PythonGraderOptions
        {
            Name = reader.Name,
            ImageTag = imageTag,
            ClampScores = true,
            Interpreter = options.Interpreter,
            TimeLimit = TimeSpan.FromSeconds(seconds ?? options.TimeLimit.TotalSeconds),
            LoadTimeLimit = options.LoadTimeLimit,
            MemoryLimit = (long)((megabytes ?? 64) * (1 << 20)),
            DiskLimit = options.DiskLimit,
            ProcessLimit = options.ProcessLimit,
            Workers = options.Workers,
            OutputLimit = options.OutputLimit,
            AllowUnisolated = options.AllowUnisolated,
            Isolation = options.Isolation,
        });
    }
}
