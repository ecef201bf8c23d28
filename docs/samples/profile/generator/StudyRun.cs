using System.Diagnostics;
using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;
using RlvrSharp.Training;

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
        JobFile file = JobFile.Load(job);
        file.Override(seed, threads: 1);
        IReadOnlyList<Problem> rows = Rows.ToProblems(Rows.Draw(Split.Train, seed, Rows.TrainCount), "train");
        using ManagedPolicy policy = ManagedPolicy.Load(file.ModelDirectory, file.Policy);
        IPolicy initial = policy.CreateReference();
        long start = Stopwatch.GetTimestamp();
        ITrainer trainer = supervised
            ? new SftTrainer(policy, SftSettings(file))
            : new GrpoTrainer(policy, initial, Measure.Grading(), (GrpoOptions)file.Trainer);
        await foreach (TrainingStep step in trainer.TrainAsync(rows, stop).ConfigureAwait(false))
        {
            // The table has what counts: the scores after the last step, whichever step was best.
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new StudyRun(
            seed,
            supervised,
            await Measure.EvaluateAsync(policy, validation, initial).ConfigureAwait(false),
            await Measure.EvaluateAsync(policy, novel, initial).ConfigureAwait(false),
            await Measure.EvaluateAsync(policy, rows, initial).ConfigureAwait(false),
            seconds);
    }

    // As many steps on as many rows each, with the same optimiser and course.
    private static SftOptions SftSettings(JobFile file) => new()
    {
        Steps = file.Trainer.Steps,
        BatchSize = file.Trainer.Rollout.ProblemsPerStep,
        Seed = file.Trainer.Seed,
        Optimizer = file.Trainer.Optimizer,
        Schedule = file.Trainer.Schedule,
    };
}
