namespace RlvrSharp.Graders.Json;

/// <summary>
/// How a grader whose language knows numbers beyond [0, 1] (a formula, a Python function, a judge with a range) hands its own number on:
/// as the metric <see cref="MetricName"/> of a grade whose score is that number brought into [0, 1]. A <c>multi</c> calculates with it.
/// </summary>
public static class RawScore
{
    /// <summary>The metric's name.</summary>
    public const string MetricName = "raw_score";

    /// <summary>
    /// A metric of some Failed grades: what OpenAI's service would have counted, which is 0 for a Python grader that fails and for a judge without a
    /// number, and the formula's value with that 0 for a <c>multi</c> around them. It is for comparing with the service; nothing here is trained on it.
    /// </summary>
    public const string ContractMetricName = "contract_score";

    /// <summary>A grade for any number: the score is the number cut to [0, 1], the number itself the metric.</summary>
    /// <param name="value">The number.</param>
    /// <param name="reason">Why it came out so.</param>
    /// <returns>The grade; Failed where the number is not finite.</returns>
    public static Grade ToGrade(double value, string? reason = null)
    {
        if (!double.IsFinite(value))
        {
            return Grade.Failed("The grader gave a score that is not a finite number." + (reason is null ? string.Empty : " " + reason));
        }

        // Adding 0 turns -0 into 0, which prints better.
        return new Grade(Math.Clamp(value, 0, 1) + 0.0) { Reason = reason, Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { [MetricName] = value } };
    }

    /// <summary>A Failed grade with what the service would have counted.</summary>
    /// <param name="failed">The grade.</param>
    /// <param name="value">The service's score.</param>
    /// <returns>The grade with the metric <see cref="ContractMetricName"/>.</returns>
    internal static Grade WithContractScore(Grade failed, double value) =>
        failed with { Metrics = new Dictionary<string, double>(StringComparer.Ordinal) { [ContractMetricName] = value } };

    /// <summary>What the service would have calculated with; null where it would have had nothing either.</summary>
    /// <param name="grade">A grade.</param>
    /// <returns>The number or null.</returns>
    internal static double? ContractOf(Grade grade) =>
        grade.Status == GradeStatus.Graded ? Of(grade)
        : grade.Metrics is { } metrics && metrics.TryGetValue(ContractMetricName, out double value) ? value : null;

    /// <summary>The grader's own number: the metric where there is one, else the score.</summary>
    /// <param name="grade">A grade.</param>
    /// <returns>The number.</returns>
    public static double Of(Grade grade)
    {
        ArgumentNullException.ThrowIfNull(grade);
        return grade.Metrics is { } metrics && metrics.TryGetValue(MetricName, out double value) ? value : grade.Score;
    }
}
