using RlvrSharp.Graders;

namespace RlvrSharp;

/// <summary>One completion with everything its graders said about it.</summary>
public sealed class Rollout
{
    /// <summary>The sampled answer.</summary>
    public required Completion Completion { get; init; }

    /// <summary>Every grader's grade by the grader's name, those with weight 0 included.</summary>
    public required IReadOnlyDictionary<string, Grade> Grades { get; init; }

    /// <summary>
    /// The outcome over all graders that have a weight: <see cref="GradeStatus.Failed"/> if any of them failed, else
    /// <see cref="GradeStatus.Skipped"/> if all were skipped, else <see cref="GradeStatus.Ungradable"/> if any was, else graded.
    /// </summary>
    public required GradeStatus Status { get; init; }

    /// <summary>
    /// The weighted mean of the scores, in [0, 1]; an ungradable completion has the configured floor. Meaningless where
    /// <see cref="Status"/> is <see cref="GradeStatus.Failed"/> or <see cref="GradeStatus.Skipped"/>.
    /// </summary>
    public required double Score { get; init; }

    /// <summary>What each grading took, by the grader's name; null where nothing was measured.</summary>
    internal IReadOnlyDictionary<string, GradingEffort>? Efforts { get; init; }
}
