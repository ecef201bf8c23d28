namespace RlvrSharp.Graders;

/// <summary>A grader that is a function: the shortest way to say what is right.</summary>
public sealed class DelegateGrader : IGrader
{
    private readonly Func<Problem, Completion, CancellationToken, ValueTask<Grade>> grade;

    /// <summary>A grader from a function that gives a score.</summary>
    /// <param name="score">Gives a score in [0, 1]; called from several threads at once.</param>
    public DelegateGrader(Func<Problem, Completion, double> score)
    {
        ArgumentNullException.ThrowIfNull(score);
        grade = (problem, completion, _) => new ValueTask<Grade>(new Grade(score(problem, completion)));
    }

    /// <summary>A grader from a function that gives a whole grade.</summary>
    /// <param name="grade">Gives the grade; called from several threads at once.</param>
    public DelegateGrader(Func<Problem, Completion, CancellationToken, ValueTask<Grade>> grade)
    {
        ArgumentNullException.ThrowIfNull(grade);
        this.grade = grade;
    }

    /// <inheritdoc/>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
        grade(problem, completion, cancellationToken);
}
