using System.Globalization;
using System.Text;
using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;
using RlvrSharp.Training;

namespace RlvrSharp.Samples.Profile;

/// <summary>The algorithms' study as Markdown.</summary>
internal sealed class AlgorithmTable(JobFile job, EvaluationResult baseline, bool tuning)
{
    private readonly List<AlgorithmRun> runs = [];

    /// <summary>Takes a finished run in.</summary>
    public void Add(AlgorithmRun run) => runs.Add(run);

    /// <summary>One run for the terminal.</summary>
    public static string Line(AlgorithmRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Algorithm} seed {run.Seed}: reward {run.FirstReward:F3} to {run.LastReward:F3}, sampled {run.Result.Sampled.Score.Mean:F3}, exact {run.Result.Sampled.Exact.Mean:F3}, greedy {run.Result.Greedy!.Score.Mean:F3}, {run.Seconds:F0} s");

    /// <summary>The whole page.</summary>
    /// <param name="algorithms">The algorithms in the order of the table.</param>
    /// <returns>Markdown.</returns>
    public string ToMarkdown(IReadOnlyList<string> algorithms)
    {
        PolicyTrainerOptions options = job.Trainer;
        var text = new StringBuilder();
        text.Append("# The algorithms on the profile sample\n\n")
            .Append(CultureInfo.InvariantCulture, $"Made by\n\n```\n{Cells.Command}\n```\n\n")
            .Append("One setting for all: the sample's job with `algorithm` replaced, every other setting as the job or else the preset has it: ")
            .Append(CultureInfo.InvariantCulture, $"{options.Steps} steps of {options.Rollout.ProblemsPerStep} rows, groups of {options.Rollout.GroupSize}, learning rate {options.Optimizer.LearningRate}, temperature {options.Rollout.Sampling.Temperature}.\n")
            .Append(CultureInfo.InvariantCulture, $"Every seed has its own {Rows.TrainCount} training rows; all are measured after the last step on {Measured()}.\n")
            .Append("*Sampled* is the mean over 4 draws a row at temperature 1, with a 95 % interval over rows; *exact* is the share of those that are right in every field; *KL* is the\n")
            .Append("divergence from the base model, in nats. Seconds are wall time of training on one thread, with other runs beside it. Tokens trained count every pass.\n\n")
            .Append("| algorithm | seeds | sampled, mean (least to most) | exact, mean | greedy, mean | KL per answer | seconds | tokens sampled | tokens trained | target reached |\n")
            .Append("|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (string algorithm in algorithms)
        {
            AlgorithmRun[] some = [.. runs.Where(run => run.Algorithm == algorithm)];
            if (some.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {algorithm} | {some.Length} | {Cells.Spread(some, run => run.Result.Sampled.Score.Mean)} | {Cells.Number(some.Average(run => run.Result.Sampled.Exact.Mean))} | {Cells.Number(some.Average(run => run.Result.Greedy!.Score.Mean))} ")
                    .Append(CultureInfo.InvariantCulture, $"| {some.Average(run => run.Result.KlToInitialPerCompletion):F2} | {Cells.Whole(some.Average(run => run.Seconds))} | {Cells.Whole(some.Average(run => run.SampledTokens))} | {Cells.Whole(some.Average(run => run.TrainedTokens))} ")
                    .Append(CultureInfo.InvariantCulture, $"| {some.Count(IsReached)} of {some.Length} |\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\nThe target is a sampled score of {Cells.Number(Target.Score)} and {Target.ExactFactor:F0} times the base's share of exact answers.\n\n")
            .Append("| algorithm | seed | sampled | 95 % | exact | greedy | KL per token | KL per answer | seconds | tokens sampled | tokens trained | target |\n")
            .Append("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
            .Append(CultureInfo.InvariantCulture, $"| base | | {Scores(baseline)} | | | | | | |\n");
        foreach (AlgorithmRun run in algorithms.SelectMany(algorithm => runs.Where(run => run.Algorithm == algorithm).OrderBy(run => run.Seed)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {run.Algorithm} | {run.Seed} | {Scores(run.Result)} | {run.Result.KlToInitial:F4} | {run.Result.KlToInitialPerCompletion:F2} ")
                .Append(CultureInfo.InvariantCulture, $"| {Cells.Whole(run.Seconds)} | {Cells.Whole(run.SampledTokens)} | {Cells.Whole(run.TrainedTokens)} | {(IsReached(run) ? "yes" : "no")} |\n");
        }

        return text.ToString();
    }

    private static string Scores(EvaluationResult result) =>
        $"{Cells.Number(result.Sampled.Score.Mean)} | {Cells.Interval(result.Sampled.Score)} | {Cells.Number(result.Sampled.Exact.Mean)} | {Cells.Number(result.Greedy!.Score.Mean)}";

    private string Measured() => string.Create(
        CultureInfo.InvariantCulture,
        $"{baseline.Sampled.RowScores.Count} {(tuning ? "held-out rows of the training split (a table for choosing settings: the validation rows were left alone)" : "validation rows. No algorithm's own settings were chosen on them; the job's steps, learning rate and temperature were, with an earlier base model and GRPO")}");

    private bool IsReached(AlgorithmRun run) => Target.IsReached(run.Result, baseline);
}
