using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders;

/// <summary>How completions are graded, and what becomes of those that cannot be.</summary>
public sealed class GradingOptions
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);

    /// <summary>How many completions are graded at once.</summary>
    /// <value>The default value is 16.</value>
    [Within(1, 4096)]
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>The score of a completion that cannot be graded, by its own fault.</summary>
    /// <value>The default value is 0.</value>
    [Within(0.0, 1.0)]
    public double UngradableScore { get; set; }

    /// <summary>How long one grader may take over one completion before that counts as the grader's failure.</summary>
    /// <value>
    /// The default is null: two minutes, but judges and endpoints may take as long as all their own attempts can, and a Python grader as long as its own
    /// limit and the wait for a free worker. A value holds for every grader.
    /// </value>
    [Within("00:00:00.001", "1.00:00:00")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>How often a failed grading is tried again, with a growing pause between, before it counts as failed.</summary>
    /// <value>The default value is 0: a grader that fails on an input usually fails on it again.</value>
    [Within(0, 20)]
    public int MaxRetries { get; set; }

    /// <summary>The first pause before a retry; each further one is twice as long.</summary>
    /// <value>The default value is half a second.</value>
    [Within("00:00:00", "00:10:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The share of gradings that may fail, over the whole run, before the run stops.</summary>
    /// <value>The default value is 0.05.</value>
    [Within(0.0, 1.0)]
    public double ErrorBudget { get; set; } = 0.05;

    /// <summary>Failures up to this number never stop the run, so that one early time-out does not.</summary>
    /// <value>The default value is 8.</value>
    [Within(0, 1_000_000)]
    public int ErrorsAlwaysTolerated { get; set; } = 8;

    internal void CopyTo(GradingOptions other)
    {
        other.MaxConcurrency = MaxConcurrency;
        other.UngradableScore = UngradableScore;
        other.Timeout = Timeout;
        other.MaxRetries = MaxRetries;
        other.RetryDelay = RetryDelay;
        other.ErrorBudget = ErrorBudget;
        other.ErrorsAlwaysTolerated = ErrorsAlwaysTolerated;
    }
}

/// <summary>Checks <see cref="GradingOptions"/>.</summary>
[OptionsValidator]
public sealed partial class GradingOptionsValidator : IValidateOptions<GradingOptions>;
