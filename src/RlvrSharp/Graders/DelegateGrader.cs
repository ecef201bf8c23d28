namespace RlvrSharp.Graders;

/// <summary>A grader that is a function of yours.</summary>
/// <remarks>The function is called from several threads at once and must give the same for the same input.</remarks>
public sealed class DelegateGrader : IGrader
{
    private readonly Func<Problem, Completion, CancellationToken, ValueTask<Grade>> grade;

    /// <summary>A function that gives a score.</summary>
    /// <param name="score">Gets the problem and the completion and returns a score in [0, 1]; anything else is the grader's failure.</param>
    public DelegateGrader(Func<Problem, Completion, double> score)
    {
        ArgumentNullException.ThrowIfNull(score);
        grade = (problem, completion, _) => ValueTask.FromResult(new Grade(score(problem, completion)));
    }

    /// <summary>A function that gives a grade.</summary>
    /// <param name="grade">Gets the problem and the completion and returns the grade.</param>
    public DelegateGrader(Func<Problem, Completion, Grade> grade)
    {
        ArgumentNullException.ThrowIfNull(grade);
        this.grade = (problem, completion, _) => ValueTask.FromResult(grade(problem, completion));
    }

    /// <summary>An asynchronous function that gives a grade.</summary>
    /// <param name="grade">Gets the problem, the completion and a token that stops it, and returns the grade.</param>
    public DelegateGrader(Func<Problem, Completion, CancellationToken, ValueTask<Grade>> grade) =>
        this.grade = grade ?? throw new ArgumentNullException(nameof(grade));

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        return grade(problem, completion, cancellationToken);
    }
}
