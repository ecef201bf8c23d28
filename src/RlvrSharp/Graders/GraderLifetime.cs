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

    /// <summary>What the started graders run on and what isolates them, a line for each that runs code in processes of its own.</summary>
    /// <param name="grader">The grader; most run nothing.</param>
    /// <returns>Each such grader's name and environment; without those that have not started.</returns>
    public static IReadOnlyList<KeyValuePair<string, PythonEnvironment>> Environments(IGrader grader)
    {
        ArgumentNullException.ThrowIfNull(grader);
        return
        [
            .. GradedNodes.All(grader).Where(node => node.Grader is PythonGrader { Environment: not null })
                .Select(node => new KeyValuePair<string, PythonEnvironment>(node.Path, ((PythonGrader)node.Grader).Environment!)),
        ];
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
