namespace RlvrSharp;

/// <summary>What came of grading one completion. Only <see cref="Graded"/> carries a score that the grader meant.</summary>
public enum GradeStatus
{
    /// <summary>The grader gave a score.</summary>
    Graded,

    /// <summary>The completion cannot be graded (not JSON, say): the model's fault. It gets the configured floor.</summary>
    Ungradable,

    /// <summary>The grader failed (an exception, a time-out): not the model's fault. The completion leaves its group and is counted.</summary>
    Failed,

    /// <summary>The grader does not apply to this row. The completion leaves its group; nothing is counted as an error.</summary>
    Skipped,
}
