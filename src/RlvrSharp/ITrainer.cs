using Microsoft.Extensions.Options;

namespace RlvrSharp;

/// <summary>Moves a policy towards what scores well.</summary>
public interface ITrainer
{
    /// <summary>Trains, step by step.</summary>
    /// <remarks>
    /// A trainer remembers how far it is: a second call goes on after the last step done, and yields nothing when all are. To train anew, make
    /// a new policy and a new trainer.
    /// </remarks>
    /// <param name="problems">The training rows; the same few are used again and again.</param>
    /// <param name="cancellationToken">Ends training after the step in progress; the stream then ends without an exception, and the policy is usable.</param>
    /// <returns>A report after each step.</returns>
    /// <exception cref="OptionsValidationException">A setting makes no sense; all of them are named, before anything runs.</exception>
    IAsyncEnumerable<TrainingStep> TrainAsync(IReadOnlyList<Problem> problems, CancellationToken cancellationToken = default);
}
