using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;

namespace RlvrSharp.Samples.Profile;

/// <summary>One training of the study.</summary>
/// <param name="Seed">The seed, which also picked the training rows.</param>
/// <param name="Supervised">Whether it was shown the answers.</param>
/// <param name="Validation">The scores afterwards.</param>
/// <param name="Novel">The scores on rows that pretraining knows nothing of.</param>
/// <param name="Train">The scores on the training rows.</param>
/// <param name="Seconds">Wall seconds of training alone, on one thread.</param>
internal sealed record StudyRun(ulong Seed, bool Supervised, EvaluationResult Validation, EvaluationResult Novel, EvaluationResult Train, double Seconds)
{
    /// <summary>Trains with a job's settings on one seed's rows.</summary>
    /// <param name="job">The job file.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="supervised">Show the answers instead of scoring.</param>
    /// <param name="validation">The validation rows.</param>
    /// <param name="novel">The novel rows.</param>
    /// <param name="stop">Stops.</param>
    /// <returns>What came of it.</returns>
    public static async Task<StudyRun> TrainAsync(
        string job, ulong seed, bool supervised, IReadOnlyList<Problem> validation, IReadOnlyList<Problem> novel, CancellationToken stop)
    {
        JobFile file = SeedTraining.LoadJob(job);
        using SeedTraining training = supervised
            ? await SeedTraining.SuperviseAsync(file, seed, stop).ConfigureAwait(false)
            : await SeedTraining.ReinforceAsync(file, seed, stop).ConfigureAwait(false);
        return new StudyRun(
            seed,
            supervised,
            await Measure.EvaluateAsync(training.Policy, validation, training.Initial).ConfigureAwait(false),
            await Measure.EvaluateAsync(training.Policy, novel, training.Initial).ConfigureAwait(false),
            await Measure.EvaluateAsync(training.Policy, training.TrainingRows, training.Initial).ConfigureAwait(false),
            training.Seconds);
    }
}
