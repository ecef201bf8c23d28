using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders.Lint;

namespace RlvrSharp.Graders;

/// <summary>
/// Runs all graders over completions: many at once, in a fixed order of results, every failure kept apart from every score.
/// </summary>
/// <remarks>Thread-safe. The error budget counts over the life of the pipeline, so use one pipeline per run.</remarks>
public sealed class GradingPipeline
{
    private readonly GradingOptions options;
    private readonly ILogger logger;
    private readonly RlvrMetrics metrics;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<Grade> retries;
    private readonly Dictionary<IGrader, TimeSpan> timeouts = new(ReferenceEqualityComparer.Instance);
    private long gradings;
    private long failures;

    /// <summary>Puts graders together.</summary>
    /// <param name="graders">One or more; at least one has a weight, and no two share a name.</param>
    /// <param name="options">Concurrency, time-outs, the error budget; null for the defaults.</param>
    /// <param name="logger">Where failures are logged.</param>
    /// <param name="metrics">The instruments; null for none but the process-wide ones.</param>
    /// <param name="time">The clock of time-outs and retries; null for the system's.</param>
    /// <exception cref="ArgumentException">There is no grader, none has a weight, or two share a name.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is out of range; all such are named.</exception>
    public GradingPipeline(
        IReadOnlyList<WeightedGrader> graders,
        GradingOptions? options = null,
        ILogger<GradingPipeline>? logger = null,
        RlvrMetrics? metrics = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(graders);
        if (FindFault(graders) is { } fault)
        {
            throw new ArgumentException(fault, nameof(graders));
        }

        Graders = graders;
        this.options = options ?? new GradingOptions();
        OptionsCheck.ThrowIfInvalid(this.options, new GradingOptionsValidator());
        foreach (WeightedGrader grader in graders)
        {
            timeouts[grader.Grader] = TimeoutOf(grader.Grader, this.options.Timeout);
        }

        this.logger = logger ?? (ILogger)NullLogger.Instance;
        this.metrics = metrics ?? RlvrMetrics.Shared;
        this.time = time ?? TimeProvider.System;
        retries = RetryPipeline.Create<Grade>(this.options.MaxRetries, this.options.RetryDelay, this.time, grade => grade.Status == GradeStatus.Failed);
    }

    /// <summary>The graders, in the order they were given.</summary>
    public IReadOnlyList<WeightedGrader> Graders { get; }

    /// <summary>How many single gradings (one grader, one completion) failed so far.</summary>
    public long FailureCount => Interlocked.Read(ref failures);

    /// <summary>What the error budget counts, for a run that is resumed.</summary>
    internal (long Gradings, long Failures) Counts
    {
        get => (Interlocked.Read(ref gradings), Interlocked.Read(ref failures));
        set => (gradings, failures) = value;
    }

    /// <summary>Grades completions.</summary>
    /// <param name="work">Problems with their completions.</param>
    /// <param name="cancellationToken">Stops the grading.</param>
    /// <returns>One rollout per entry of <paramref name="work"/>, in order, failed and skipped ones included.</returns>
    /// <exception cref="GradingException">More gradings failed than the error budget allows.</exception>
    public async Task<IReadOnlyList<Rollout>> GradeAsync(
        IReadOnlyList<(Problem Problem, Completion Completion)> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        var rollouts = new Rollout[work.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxConcurrency, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, work.Count, parallel, async (i, token) =>
        {
            (Problem problem, Completion completion) = work[i];
            var grades = new Dictionary<string, Grade>(Graders.Count, StringComparer.Ordinal);
            var efforts = new Dictionary<string, GradingEffort>(Graders.Count, StringComparer.Ordinal);
            foreach (WeightedGrader grader in Graders)
            {
                (Grade grade, GradingEffort effort) = await GradeOneAsync(grader, problem, completion, token).ConfigureAwait(false);
                grades.Add(grader.Name, grade);
                efforts.Add(grader.Name, effort);
            }

            rollouts[i] = Combine(completion, grades, efforts);
        }).ConfigureAwait(false);
        CheckBudget(rollouts);
        return rollouts;
    }

    /// <summary>What is wrong with a set of graders; null if nothing is.</summary>
    internal static string? FindFault(IReadOnlyList<WeightedGrader> graders)
    {
        if (graders.Count == 0)
        {
            return "There is no grader, but training needs scores: add one, such as AddStructuredFieldGrader(…).";
        }

        if (graders.GroupBy(grader => grader.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            return $"Two graders are called \"{twice.Key}\", but metrics are kept by name: rename one.";
        }

        return graders.All(grader => grader.Weight == 0)
            ? $"Every grader ({string.Join(", ", graders.Select(grader => grader.Name))}) has weight 0, so nothing would be rewarded: give one a weight."
            : null;
    }

    private async ValueTask<(Grade Grade, GradingEffort Effort)> GradeOneAsync(WeightedGrader grader, Problem problem, Completion completion, CancellationToken cancellationToken)
    {
        var tries = new Tries();
        Grade grade = await retries.ExecuteAsync(
            static async (work, token) =>
            {
                long start = Stopwatch.GetTimestamp();
                Grade grade = await work.Pipeline.TryGradeAsync(work.Grader, work.Problem, work.Completion, token).ConfigureAwait(false);
                TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                work.Pipeline.metrics.RecordGrade(work.Grader.Name, grade, elapsed);
                work.Tries.Count++;
                work.Tries.Seconds += elapsed.TotalSeconds;
                return grade;
            },
            (Pipeline: this, Grader: grader, Problem: problem, Completion: completion, Tries: tries),
            cancellationToken).ConfigureAwait(false);
        Interlocked.Increment(ref gradings);
        if (grade.Status == GradeStatus.Failed)
        {
            Interlocked.Increment(ref failures);
            Log.GraderFailed(logger, grader.Name, problem.Id ?? "(no id)", grade.Reason ?? "no reason given", grade.Error);
        }

        return (grade, new GradingEffort(tries.Seconds, tries.Count - 1));
    }

    private async ValueTask<Grade> TryGradeAsync(WeightedGrader grader, Problem problem, Completion completion, CancellationToken cancellationToken)
    {
        TimeSpan timeout = timeouts[grader.Grader];
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

            // On a thread of its own: a grader that never comes back, or blocks before its first await, must not hold up the run.
            Task<Grade> running = Task.Run(() => grader.Grader.GradeAsync(problem, completion, limit.Token).AsTask(), CancellationToken.None);
            try
            {
                return await running.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false) ?? NullGrade(grader);
            }
            catch (TimeoutException) when (!running.IsCompleted)
            {
                await limit.CancelAsync().ConfigureAwait(false);
                return Grade.Failed(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Grader \"{grader.Name}\" took longer than {timeout.TotalSeconds:0.###} s over one completion: make it faster, or raise the grading time-out."));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            return Grade.Failed($"Grader \"{grader.Name}\" threw {error.GetType().Name} on problem {problem.Id ?? "(no id)"}: {error.Message}", error);
        }
    }

    private static TimeSpan TimeoutOf(IGrader grader, TimeSpan? timeout) => timeout
        ?? GradedNodes.All(grader).Select(node => (node.Grader as IPatientGrader)?.Patience ?? TimeSpan.Zero).Append(GradingOptions.DefaultTimeout).Max();

    private static Grade NullGrade(WeightedGrader grader) =>
        Grade.Failed($"Grader \"{grader.Name}\" returned null: it must return a Grade (Grade.Skipped where it does not apply).");

    private Rollout Combine(Completion completion, Dictionary<string, Grade> grades, Dictionary<string, GradingEffort> efforts)
    {
        double sum = 0;
        double weights = 0;
        bool failed = false;
        bool ungradable = false;
        foreach (WeightedGrader grader in Graders)
        {
            Grade grade = grades[grader.Name];
            if (grader.Weight == 0 || grade.Status == GradeStatus.Skipped)
            {
                continue;
            }

            failed |= grade.Status == GradeStatus.Failed;
            ungradable |= grade.Status == GradeStatus.Ungradable;
            sum += grader.Weight * (grade.Status == GradeStatus.Ungradable ? options.UngradableScore : grade.Score);
            weights += grader.Weight;
        }

        return new Rollout
        {
            Completion = completion,
            Grades = grades,
            Status = failed ? GradeStatus.Failed : weights == 0 ? GradeStatus.Skipped : ungradable ? GradeStatus.Ungradable : GradeStatus.Graded,
            Score = weights == 0 ? 0 : Math.Min(1, sum / weights),
            Efforts = efforts,
        };
    }

    private void CheckBudget(Rollout[] rollouts)
    {
        long failed = Interlocked.Read(ref failures);
        long total = Interlocked.Read(ref gradings);
        if (failed <= options.ErrorsAlwaysTolerated || failed <= options.ErrorBudget * total)
        {
            return;
        }

        Grade? example = rollouts.SelectMany(rollout => rollout.Grades.Values).FirstOrDefault(grade => grade.Status == GradeStatus.Failed);
        throw new GradingException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{failed} of {total} gradings failed, more than the error budget of {options.ErrorBudget:P0} allows, so the run stops rather than learn from the rest. ")
            + $"One of them: {example?.Reason ?? "see the log"} Mend the grader, or raise the error budget if the losses are acceptable.",
            example?.Error);
    }

    private sealed class Tries
    {
        public int Count { get; set; }

        public double Seconds { get; set; }
    }
}
