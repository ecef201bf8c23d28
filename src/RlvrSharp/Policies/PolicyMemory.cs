namespace RlvrSharp.Policies;

/// <summary>What a <see cref="ManagedPolicy"/> holds in memory, in bytes.</summary>
/// <param name="Weights">The model's tensors, adapters and value head included.</param>
/// <param name="Gradients">Accumulated gradients of what is trained.</param>
/// <param name="OptimizerState">The optimiser's moments of what is trained.</param>
/// <param name="Workspace">Activations and other working memory, grown to what the largest pass so far needed.</param>
/// <param name="PeakCache">Keys and values of sequences being sampled, the most so far; free between calls.</param>
public sealed record PolicyMemory(long Weights, long Gradients, long OptimizerState, long Workspace, long PeakCache)
{
    /// <summary>All together: what a step takes at its peak, apart from the runtime itself.</summary>
    public long Peak => Weights + Gradients + OptimizerState + Workspace + PeakCache;
}
