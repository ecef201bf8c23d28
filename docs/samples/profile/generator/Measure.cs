using System.Globalization;
using RlvrSharp.Evaluation;
using RlvrSharp.Graders;

namespace RlvrSharp.Samples.Profile;

/// <summary>Scores a policy on rows, as the job does: four draws a row at temperature 1, and one greedy answer.</summary>
internal static class Measure
{
    /// <summary>The longest answer, in tokens; the longest right one has about 45.</summary>
    public const int MaxTokens = 64;

    /// <summary>The job's grader.</summary>
    public static GradingPipeline Grading() => new([new WeightedGrader("profile", new StructuredFieldGrader())]);

    /// <summary>How rows are answered.</summary>
    public static SamplingOptions Sampling() => new() { Temperature = 1, MaxTokens = MaxTokens };

    /// <summary>Evaluates.</summary>
    public static Task<EvaluationResult> EvaluateAsync(IPolicy policy, IReadOnlyList<Problem> problems, IPolicy? reference = null) =>
        new Evaluator(Grading()).EvaluateAsync(policy, problems, new EvaluationOptions { DrawsPerProblem = 4, Sampling = Sampling() }, reference);

    /// <summary>Two lines for people.</summary>
    public static string Describe(EvaluationResult result) => $"sampled {Describe(result.Sampled)}\ngreedy  {Describe(result.Greedy!)}";

    private static string Describe(EvaluationSummary summary) => string.Create(
        CultureInfo.InvariantCulture,
        $"score {summary.Score.Mean:F3} [{summary.Score.Low:F3}, {summary.Score.High:F3}], exact {summary.Exact.Mean:F3}, not JSON {summary.UngradableFraction:F3}, ") +
        string.Join(", ", summary.Fields.Select(field => string.Create(CultureInfo.InvariantCulture, $"{field.Key} {field.Value:F3}")));
}
