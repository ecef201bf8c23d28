namespace RlvrSharp.Graders.Json;

/// <summary>Calls a grader so that its exceptions become Failed grades; cancelling still cancels.</summary>
internal static class GuardedGrading
{
    public static async ValueTask<Grade> GradeAsync(IGrader grader, string name, Problem problem, Completion completion, CancellationToken cancellationToken)
    {
        try
        {
            return await grader.GradeAsync(problem, completion, cancellationToken).ConfigureAwait(false)
                ?? Grade.Failed($"The grader \"{name}\" returned no grade.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            return Grade.Failed($"The grader \"{name}\" failed: {error.GetType().Name}: {error.Message}", error);
        }
    }
}
