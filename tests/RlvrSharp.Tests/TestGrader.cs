namespace RlvrSharp.Tests;

/// <summary>A grader from a function.</summary>
internal sealed class TestGrader(Func<Problem, Completion, double> score) : IGrader
{
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
        new(new Grade(score(problem, completion)));
}
