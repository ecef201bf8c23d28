namespace RlvrSharp;

/// <summary>Scores completions. This is where you put what "right" means for your task.</summary>
/// <remarks>
/// Implementations are called from several threads at once and must give the same grade for the same input: no clock, no
/// culture, no shared state. An exception becomes a <see cref="GradeStatus.Failed"/> grade; it is never a score.
/// </remarks>
public interface IGrader
{
    /// <summary>Grades one completion.</summary>
    /// <param name="problem">The row, with its reference answer.</param>
    /// <param name="completion">The answer to grade.</param>
    /// <param name="cancellationToken">Stops the grading.</param>
    /// <returns>The grade.</returns>
    ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default);
}
