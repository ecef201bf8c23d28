namespace RlvrSharp;

/// <summary>What a grader says about one completion.</summary>
/// <remarks>
/// A <em>score</em> is a grader's opinion in [0, 1]; a <em>reward</em> is what shaping makes of scores; an <em>advantage</em> is
/// what training makes of rewards. A grader never returns the latter two.
/// </remarks>
public sealed record Grade
{
    private Grade(GradeStatus status, double score)
    {
        Status = status;
        Score = score;
    }

    /// <summary>A grade with a score.</summary>
    /// <param name="score">The score, 0 (worst) to 1 (best).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="score"/> is not in [0, 1].</exception>
    public Grade(double score)
    {
        if (!(score >= 0 && score <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score lies between 0 and 1: scale it there, and leave penalties and bonuses to a reward shaper.");
        }

        Score = score;
        Status = GradeStatus.Graded;
    }

    /// <summary>Whether there is a score, and if not, whose fault it is.</summary>
    public GradeStatus Status { get; }

    /// <summary>The score in [0, 1]; 0 unless <see cref="Status"/> is <see cref="GradeStatus.Graded"/>.</summary>
    public double Score { get; }

    /// <summary>The share of what was answered that is right, where the grader knows it.</summary>
    public double? Precision { get; init; }

    /// <summary>The share of what was wanted that was answered, where the grader knows it.</summary>
    public double? Recall { get; init; }

    /// <summary>Field by field, what was compared; empty for graders without fields.</summary>
    public IReadOnlyList<FieldGrade> Fields { get; init; } = [];

    /// <summary>Why, in a sentence a person can act on. Always set when <see cref="Status"/> is not <see cref="GradeStatus.Graded"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>The exception behind a <see cref="GradeStatus.Failed"/> grade, where there is one.</summary>
    public Exception? Error { get; init; }

    /// <summary>Further numbers that are logged and never rewarded.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>The completion cannot be graded, and that is the model's fault.</summary>
    /// <param name="reason">What is wrong with the completion.</param>
    /// <returns>A grade without a score.</returns>
    public static Grade Ungradable(string reason) => new(GradeStatus.Ungradable, 0) { Reason = reason };

    /// <summary>The grader failed; the completion is not to blame.</summary>
    /// <param name="reason">What went wrong.</param>
    /// <param name="error">The exception, where there is one.</param>
    /// <returns>A grade without a score.</returns>
    public static Grade Failed(string reason, Exception? error = null) => new(GradeStatus.Failed, 0) { Reason = reason, Error = error };

    /// <summary>The grader does not apply to this problem.</summary>
    /// <param name="reason">Why not.</param>
    /// <returns>A grade without a score.</returns>
    public static Grade Skipped(string reason) => new(GradeStatus.Skipped, 0) { Reason = reason };
}
