using Polly;
using Polly.Retry;

namespace RlvrSharp.Graders;

/// <summary>Retries with doubling pauses, and no jitter: graders are called in a fixed order, and a run must not depend on chance.</summary>
internal static class RetryPipeline
{
    /// <summary>A pipeline that calls again while the result says so.</summary>
    /// <typeparam name="T">The result; faults are told by results, exceptions pass through.</typeparam>
    /// <param name="retries">How often after the first call; 0 makes a pipeline that does nothing.</param>
    /// <param name="delay">The first pause; each further one is twice as long.</param>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="isFault">Whether a result is worth another call.</param>
    /// <returns>A thread-safe pipeline.</returns>
    public static ResiliencePipeline<T> Create<T>(int retries, TimeSpan delay, TimeProvider time, Func<T, bool> isFault) => retries <= 0
        ? ResiliencePipeline<T>.Empty
        : new ResiliencePipelineBuilder<T> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<T>
            {
                MaxRetryAttempts = retries,
                Delay = delay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = false,
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is null && isFault(attempt.Outcome.Result!)),
            })
            .Build();

    /// <summary>How long all attempts and the waits between them can take.</summary>
    /// <param name="attempts">How often is asked, at least once.</param>
    /// <param name="each">The limit of one attempt.</param>
    /// <param name="delay">The first wait; each further one is twice as long.</param>
    /// <returns>A time, at most a day.</returns>
    public static TimeSpan Longest(int attempts, TimeSpan each, TimeSpan delay)
    {
        double seconds = (attempts * each.TotalSeconds) + (delay.TotalSeconds * (Math.Pow(2, attempts - 1) - 1));
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
    }
}
