using System.Globalization;
using System.Text;
using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;

namespace RlvrSharp.Samples.Profile;

/// <summary>The study as Markdown.</summary>
internal sealed class StudyTable(JobFile job, EvaluationResult baseline, EvaluationResult novelBaseline)
{
    private readonly List<StudyRun> runs = [];

    /// <summary>Takes a finished run in.</summary>
    public void Add(StudyRun run) => runs.Add(run);

    /// <summary>One run for the terminal.</summary>
    public static string Line(StudyRun run) => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {run.Seed} {Name(run)}: sampled {run.Validation.Sampled.Score.Mean:F3}, exact {run.Validation.Sampled.Exact.Mean:F3}, greedy {run.Validation.Greedy!.Score.Mean:F3}, {run.Seconds:F0} s");

    /// <summary>The whole page.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("# The profile sample with several seeds\n\n")
            .Append(CultureInfo.InvariantCulture, $"Made by\n\n```\n{Cells.Command}\n```\n\n")
            .Append(CultureInfo.InvariantCulture, $"Every seed has its own {Rows.TrainCount} training rows; all are measured on the same {Rows.ValidationCount} validation rows, whose people, universities, cities\n")
            .Append("and sentences no training row has. *Sampled* is the mean over 4 draws a row at temperature 1, with a 95 % interval over rows; *exact* is the share of\n")
            .Append("answers that are right in every field; *KL* is the divergence from the base model in nats per answer. Scores are those after the last step.\n")
            .Append(CultureInfo.InvariantCulture, $"Both trainers take {job.Trainer.Steps} steps of {job.Trainer.Rollout.ProblemsPerStep} rows with learning rate {job.Trainer.Optimizer.LearningRate}. GRPO sees scores only; supervised fine-tuning (SFT) is shown the answers.\n")
            .Append("Seconds are wall time of training on one thread, with other runs beside it.\n\n");
        Header(text);
        Row(text, "base", baseline, string.Empty, string.Empty);
        foreach (StudyRun run in runs.OrderBy(run => run.Supervised).ThenBy(run => run.Seed))
        {
            Row(text, string.Create(CultureInfo.InvariantCulture, $"{Name(run)}, seed {run.Seed}"), run.Validation, Cells.Number(run.Train.Sampled.Score.Mean), run.Seconds.ToString("F0", CultureInfo.InvariantCulture));
        }

        text.Append('\n');
        foreach (bool supervised in (bool[])[false, true])
        {
            StudyRun[] some = [.. runs.Where(run => run.Supervised == supervised)];
            if (some.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {Name(some[0])}: sampled {Cells.Spread(some, run => run.Validation.Sampled.Score.Mean)}, exact {Cells.Spread(some, run => run.Validation.Sampled.Exact.Mean)}, ")
                    .Append(CultureInfo.InvariantCulture, $"greedy {Cells.Spread(some, run => run.Validation.Greedy!.Score.Mean)}; ")
                    .Append(CultureInfo.InvariantCulture, $"{some.Count(run => Target.IsReached(run.Validation, baseline))} of {some.Length} seeds reach {Cells.Number(Target.Score)} and three times the base's exact share.\n");
            }
        }

        text.Append("\nOn ").Append(CultureInfo.InvariantCulture, $"{Rows.NovelCount} rows whose people, universities, cities and sentences not even pretraining has seen:\n\n");
        Header(text);
        Row(text, "base", novelBaseline, string.Empty, string.Empty);
        foreach (StudyRun run in runs.OrderBy(run => run.Supervised).ThenBy(run => run.Seed))
        {
            Row(text, string.Create(CultureInfo.InvariantCulture, $"{Name(run)}, seed {run.Seed}"), run.Novel, string.Empty, string.Empty);
        }

        return text.ToString();
    }

    private static void Header(StringBuilder text) => text
        .Append("| | sampled | 95 % | exact | greedy | 95 % | greedy exact | KL | on its training rows | seconds |\n")
        .Append("|---|---|---|---|---|---|---|---|---|---|\n");

    private static void Row(StringBuilder text, string name, EvaluationResult result, string train, string seconds) => text.Append(
        CultureInfo.InvariantCulture,
        $"| {name} | {Cells.Number(result.Sampled.Score.Mean)} | {Cells.Interval(result.Sampled.Score)} | {Cells.Number(result.Sampled.Exact.Mean)} | {Cells.Number(result.Greedy!.Score.Mean)} | {Cells.Interval(result.Greedy.Score)} | {Cells.Number(result.Greedy.Exact.Mean)} | {result.KlToInitialPerCompletion?.ToString("F2", CultureInfo.InvariantCulture)} | {train} | {seconds} |\n");

    private static string Name(StudyRun run) => run.Supervised ? "SFT" : "GRPO";
}
