namespace RlvrSharp;

/// <summary>A policy that can be moved: forward with gradients, optimiser step, save and load.</summary>
/// <remarks>
/// Calls must not overlap. Everything above this interface (graders, shaping, advantages, losses, trainers) is written once;
/// a new backend implements these members and passes the contract tests.
/// </remarks>
public interface ITrainablePolicy : IPolicy
{
    /// <summary>Whether the policy estimates values, as PPO needs.</summary>
    bool HasValueHead { get; }

    /// <summary>A frozen policy with the weights this one has now: the anchor of the KL divergence.</summary>
    /// <returns>A policy that later training does not change. The caller disposes of it if it is disposable.</returns>
    IPolicy CreateReference();

    /// <summary>Runs the forward pass, lets the loss write its gradients, runs the backward pass, and adds to the accumulated gradients.</summary>
    /// <param name="batch">The sequences. How they are cut into batches changes nothing but rounding.</param>
    /// <param name="loss">Called once per sequence, possibly from several threads at once, in no promised order.</param>
    /// <param name="temperature">What logits are divided by, as in sampling; more than 0.</param>
    /// <param name="cancellationToken">Stops between sequences; the gradients accumulated since the last step are then undefined until the next step or load.</param>
    /// <returns>The sum of what the loss returned, added in the order of the batch.</returns>
    Task<LossTerms> ForwardBackwardAsync(
        IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default);

    /// <summary>Clips the accumulated gradients to the global norm, moves the weights by AdamW, and clears the gradients.</summary>
    /// <param name="options">The optimiser's settings.</param>
    /// <param name="learningRate">This step's learning rate, as the schedule has it. 0 clears the gradients and changes nothing else, the moments included.</param>
    /// <param name="cancellationToken">Checked before anything changes.</param>
    /// <returns>The global L2 norm of the gradients before clipping. If it is not finite, nothing but the gradients was changed.</returns>
    Task<double> OptimizerStepAsync(AdamWOptions options, double learningRate, CancellationToken cancellationToken = default);

    /// <summary>Writes a directory that other tools load, complete or not at all (written beside, then renamed).</summary>
    /// <param name="directory">Where to; must not exist.</param>
    /// <param name="withOptimizerState">Whether to add what exact resuming needs.</param>
    /// <param name="cancellationToken">Stops the writing and removes what was written.</param>
    /// <returns>A task.</returns>
    Task SaveAsync(string directory, bool withOptimizerState = false, CancellationToken cancellationToken = default);

    /// <summary>Reads weights (and the optimiser's state, where it was saved) of a model of the same shape.</summary>
    /// <param name="directory">Where from.</param>
    /// <param name="cancellationToken">Checked before anything changes.</param>
    /// <returns>A task.</returns>
    /// <exception cref="CheckpointException">The directory is incomplete or holds another shape; the policy is unchanged.</exception>
    Task LoadAsync(string directory, CancellationToken cancellationToken = default);
}
