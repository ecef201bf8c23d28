using Polly;
using Polly.Retry;

namespace RlvrSharp.Graders;

/// <summary>Retries with doubling pauses, and no jitter: graders are called in a fixed order, and a run must not depend on chance.</summary>
internal static class RetryPipeline
{
    private const string RetryAfter = "Retry-After";
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>A pipeline that calls again while the result says so.</summary>
    /// <typeparam name="T">The result; faults are told by results, exceptions pass through.</typeparam>
    /// <param name="retries">How often after the first call; 0 makes a pipeline that does nothing.</param>
    /// <param name="delay">The first pause; each further one is twice as long.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="isFault">Whether a result is worth another call.</param>
    /// <param name="cause">The exception behind a result, whose <see cref="WaitOf"/> takes the place of a shorter pause; null where there is none.</param>
    /// <returns>A thread-safe pipeline.</returns>
    public static ResiliencePipeline<T> Create<T>(int retries, TimeSpan delay, TimeProvider time, Func<T, bool> isFault, Func<T, Exception?>? cause = null) => retries <= 0
        ? ResiliencePipeline<T>.Empty
        : new ResiliencePipelineBuilder<T> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<T>
            {
                MaxRetryAttempts = retries,
                Delay = delay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = false,
                DelayGenerator = cause is null ? null : attempt => ValueTask.FromResult(
                    WaitOf(cause(attempt.Outcome.Result!)) is { } wait && wait > delay * Math.Pow(2, attempt.AttemptNumber) ? wait : (TimeSpan?)null),
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is null && isFault(attempt.Outcome.Result!)),
            })
            .Build();

    /// <summary>Keeps with an error how long the service wants to be left alone.</summary>
    /// <param name="error">The error.</param>
    /// <param name="response">What the service answered.</param>
    /// <returns>The error.</returns>
    public static HttpRequestException WithWait(HttpRequestException error, HttpResponseMessage response)
    {
        // Only seconds: a date would have to be held against this machine's clock.
        if (response.Headers.RetryAfter?.Delta is { } wait)
        {
            error.Data[RetryAfter] = wait < LongestWait ? wait : LongestWait;
        }

        return error;
    }

    /// <summary>How long a service wants to be left alone.</summary>
    /// <param name="error">An error of a request, or null.</param>
    /// <returns>At most a minute; null where it did not say.</returns>
    public static TimeSpan? WaitOf(Exception? error) => error?.Data[RetryAfter] as TimeSpan?;

    /// <summary>How long all attempts and the waits between them can take.</summary>
    /// <param name="attempts">How often is asked, at least once.</param>
    /// <param name="each">The limit of one attempt.</param>
    /// <param name="delay">The first wait; each further one is twice as long, or as long as a service asks.</param>
    /// <returns>A time, at most a day.</returns>
    public static TimeSpan Longest(int attempts, TimeSpan each, TimeSpan delay)
    {
        double waits = Enumerable.Range(0, attempts - 1).Sum(i => Math.Max(delay.TotalSeconds * Math.Pow(2, i), LongestWait.TotalSeconds));
        double seconds = (attempts * each.TotalSeconds) + waits;
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
    }
}
