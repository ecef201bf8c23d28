using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>One group with its rewards.</summary>
/// <param name="Group">The usable completions.</param>
/// <param name="Rewards">One reward each, after shaping.</param>
internal sealed record ScoredGroup(RolloutGroup Group, float[] Rewards)
{
    /// <summary>Whether all rewards are equal, up to what rounding in single precision can do.</summary>
    public bool IsZeroSignal
    {
        get
        {
            float low = Rewards.Min();
            float high = Rewards.Max();
            return high - low <= 1e-6f * Math.Max(1f, Math.Max(Math.Abs(low), Math.Abs(high)));
        }
    }
}

/// <summary>Everything one step sampled.</summary>
internal sealed class RolloutBatch
{
    /// <summary>The groups that are trained on.</summary>
    public required IReadOnlyList<ScoredGroup> Groups { get; init; }

    /// <summary>All groups that were sampled, for the metrics: what a filter leaves out still counts there.</summary>
    public required IReadOnlyList<ScoredGroup> Sampled { get; init; }

    /// <summary>Gradings that failed.</summary>
    public int FailedCount { get; init; }

    /// <summary>What each grader did, failed gradings included.</summary>
    public IReadOnlyDictionary<string, GraderTally> Graders { get; init; } = new SortedDictionary<string, GraderTally>(StringComparer.Ordinal);

    /// <summary>Groups dropped because too few of their completions were usable.</summary>
    public int DroppedGroups { get; init; }

    /// <summary>Completion tokens sampled.</summary>
    public long SampledTokens { get; init; }

    /// <summary>Prompt tokens read, once per group.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Rounds of sampling.</summary>
    public int Rounds { get; init; }

    /// <summary>Replayed completions that joined groups.</summary>
    public int Replayed { get; init; }

    /// <summary>Seconds spent sampling.</summary>
    public double RolloutSeconds { get; init; }

    /// <summary>Seconds spent grading and shaping.</summary>
    public double GradeSeconds { get; init; }
}
