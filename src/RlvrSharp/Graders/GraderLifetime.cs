using RlvrSharp.Graders.Lint;

namespace RlvrSharp.Graders;

/// <summary>What graders need before their first grade and after their last: the same calls for every grader, also for those inside a <c>multi</c> or behind a gate.</summary>
public static class GraderLifetime
{
    /// <summary>Starts what a grader and the graders inside it need, such as Python workers, so that what cannot work is found before any training time is spent.</summary>
    /// <param name="grader">The grader; most need nothing.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>A task.</returns>
    /// <exception cref="GradingException">The machine lacks what a grader needs: no interpreter, or no isolation.</exception>
    /// <exception cref="DataException">A source cannot be loaded.</exception>
    public static async Task StartAsync(IGrader grader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grader);
        foreach ((_, IGrader node) in GradedNodes.All(grader))
        {
            if (node is PythonGrader python)
            {
                await python.StartAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Disposes a grader where it needs it, and so ends what it has started.</summary>
    /// <param name="grader">The grader.</param>
    /// <returns>A task.</returns>
    public static async ValueTask DisposeAsync(IGrader grader)
    {
        ArgumentNullException.ThrowIfNull(grader);
        switch (grader)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
