using RlvrSharp.Evaluation;

namespace RlvrSharp.Samples.Profile;

/// <summary>What the sample promises of a trained model: a sampled score, and many times the base's share of exact answers.</summary>
internal static class Target
{
    /// <summary>The sampled score to reach.</summary>
    public const double Score = 0.90;

    /// <summary>How many times the base's exact share to reach.</summary>
    public const double ExactFactor = 3;

    /// <summary>Whether both are reached.</summary>
    public static bool IsReached(EvaluationResult result, EvaluationResult baseline) =>
        result.Sampled.Score.Mean >= Score && result.Sampled.Exact.Mean >= ExactFactor * baseline.Sampled.Exact.Mean;
}
