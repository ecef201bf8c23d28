using RlvrSharp.Evaluation;

namespace RlvrSharp.Samples.Profile;

/// <summary>One training of the algorithms' study.</summary>
/// <param name="Algorithm">The preset.</param>
/// <param name="Seed">The seed, which also picked the training rows.</param>
/// <param name="Result">The scores afterwards, on rows that were not trained on.</param>
/// <param name="FirstReward">Mean training reward over the first tenth of the steps.</param>
/// <param name="LastReward">Mean training reward over the last tenth of the steps.</param>
/// <param name="Seconds">Wall seconds of training alone, on one thread.</param>
/// <param name="SampledTokens">Completion tokens sampled in training.</param>
/// <param name="TrainedTokens">Tokens that went through a backward pass.</param>
internal sealed record AlgorithmRun(
    string Algorithm, ulong Seed, EvaluationResult Result, double FirstReward, double LastReward, double Seconds, long SampledTokens, long TrainedTokens)
{
    /// <summary>Trains with a job's settings and another algorithm, on one seed's rows.</summary>
    public static async Task<AlgorithmRun> TrainAsync(string job, string algorithm, ulong seed, int? steps, IReadOnlyList<Problem> rows, CancellationToken stop)
    {
        using SeedTraining training = await SeedTraining.ReinforceAsync(SeedTraining.LoadJob(job, algorithm, steps), seed, stop).ConfigureAwait(false);
        int some = Math.Max(1, training.Steps.Count / 10);
        return new AlgorithmRun(
            algorithm,
            seed,
            await Measure.EvaluateAsync(training.Policy, rows, training.Initial).ConfigureAwait(false),
            training.Steps.Take(some).Average(step => step.RewardMean),
            training.Steps.TakeLast(some).Average(step => step.RewardMean),
            training.Seconds,
            training.Steps.Sum(step => step.SampledTokens),
            training.Steps.Sum(step => step.TrainedTokens));
    }
}
