using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RlvrSharp.Diagnostics;

/// <summary>The instruments of the meter <see cref="RlvrTelemetry.MeterName"/>.</summary>
/// <remarks>
/// <c>rlvr.step.duration</c>, <c>rlvr.rollout.duration</c>, <c>rlvr.grader.duration</c> (s), <c>rlvr.token.usage</c> ({token}, tagged
/// prompt or completion), <c>rlvr.reward</c>, <c>rlvr.grade</c> (1), <c>rlvr.loss.clip_fraction</c>, <c>rlvr.policy.kl</c> (nats per token).
/// </remarks>
public sealed class RlvrMetrics
{
    private readonly Histogram<double> stepDuration;
    private readonly Histogram<double> rolloutDuration;
    private readonly Histogram<double> graderDuration;
    private readonly Counter<long> tokens;
    private readonly Histogram<double> reward;
    private readonly Histogram<double> grade;
    private readonly Histogram<double> clipFraction;
    private readonly Histogram<double> policyKl;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meterFactory">Where meters come from; the host's, usually.</param>
    public RlvrMetrics(IMeterFactory meterFactory)
        : this((meterFactory ?? throw new ArgumentNullException(nameof(meterFactory))).Create(RlvrTelemetry.MeterName))
    {
    }

    private RlvrMetrics(Meter meter)
    {
        stepDuration = meter.CreateHistogram<double>("rlvr.step.duration", "s", "Duration of one training step.");
        rolloutDuration = meter.CreateHistogram<double>("rlvr.rollout.duration", "s", "Duration of sampling one step's completions.");
        graderDuration = meter.CreateHistogram<double>("rlvr.grader.duration", "s", "Duration of one grading.");
        tokens = meter.CreateCounter<long>("rlvr.token.usage", "{token}", "Tokens read as prompts and sampled as completions.");
        reward = meter.CreateHistogram<double>("rlvr.reward", "1", "Reward of one completion, after shaping.");
        grade = meter.CreateHistogram<double>("rlvr.grade", "1", "Score of one grading.");
        clipFraction = meter.CreateHistogram<double>("rlvr.loss.clip_fraction", "1", "Share of clipped tokens in a step.");
        policyKl = meter.CreateHistogram<double>("rlvr.policy.kl", "1", "KL divergence from the initial policy, nats per token.");
    }

    /// <summary>The instruments of a process-wide meter, for use without a host.</summary>
    public static RlvrMetrics Shared { get; } = new(new Meter(RlvrTelemetry.MeterName));

    internal void RecordGrade(string grader, Grade result, TimeSpan elapsed)
    {
        var tags = new TagList
        {
            { RlvrTelemetry.GraderNameTag, grader },
            { RlvrTelemetry.GradeStatusTag, StatusName(result.Status) },
        };
        graderDuration.Record(elapsed.TotalSeconds, tags);
        if (result.Status == GradeStatus.Graded)
        {
            grade.Record(result.Score, tags);
        }
    }

    internal void RecordStep(TrainingStep step, double seconds, double rolloutSeconds, long promptTokens)
    {
        stepDuration.Record(seconds);
        rolloutDuration.Record(rolloutSeconds);
        tokens.Add(promptTokens, new KeyValuePair<string, object?>(RlvrTelemetry.TokenTypeTag, "prompt"));
        tokens.Add(step.SampledTokens, new KeyValuePair<string, object?>(RlvrTelemetry.TokenTypeTag, "completion"));
        clipFraction.Record(step.ClipFraction);
        policyKl.Record(step.KlToInitial);
    }

    internal void RecordReward(double value) => reward.Record(value);

    private static string StatusName(GradeStatus status) => status switch
    {
        GradeStatus.Graded => "graded",
        GradeStatus.Ungradable => "ungradable",
        GradeStatus.Skipped => "skipped",
        _ => "failed",
    };
}
