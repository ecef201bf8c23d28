using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using System.Text;
using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>epochs</c>: the same 32 rows, hundreds of times over, by GRPO and by supervised fine-tuning: does what was learned last?</summary>
internal static class EpochsCommand
{
    private static readonly int[] Looks = [0, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 500];

    public static Command Create()
    {
        var job = new Option<string>("--job") { Description = "The job whose settings every run has.", DefaultValueFactory = _ => "docs/samples/profile/job.json" };
        var epochs = new Option<int>("--epochs") { Description = "Passes over the training rows.", DefaultValueFactory = _ => 200 };
        var seeds = new Option<int>("--seeds") { Description = "Seeds 0 to one less.", DefaultValueFactory = _ => 3 };
        var parallel = new Option<int>("--parallel") { Description = "Runs at a time, one thread each.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var output = new Option<string>("--out") { Description = "Where the table goes, as Markdown.", Required = true };
        var command = new Command("epochs", "Trains for hundreds of passes over the same rows, looks at the held-out rows on the way, and writes a table.") { job, epochs, seeds, parallel, output };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(job)!, parsed.GetValue(epochs), parsed.GetValue(seeds), Math.Max(1, parsed.GetValue(parallel)), parsed.GetValue(output)!, stop));
        return command;
    }

    private static async Task<int> RunAsync(string job, int epochs, int seeds, int parallel, string output, CancellationToken stop)
    {
        IReadOnlyList<Problem> validation = Rows.ToProblems(Rows.Draw(Split.Validation, 0, Rows.ValidationCount), "validation");
        JobFile settings = SeedTraining.LoadJob(job);
        int stepsPerEpoch = Rows.TrainCount / settings.Trainer.Rollout.ProblemsPerStep;
        int[] looks = [.. Looks.Where(look => look < epochs), epochs];
        var results = new ConcurrentDictionary<(bool Supervised, int Epoch, ulong Seed), EvaluationResult>();
        EvaluationResult baseline;
        using (ManagedPolicy initial = ManagedPolicy.Load(settings.ModelDirectory, new ManagedPolicyOptions { Threads = 1 }))
        {
            baseline = await Measure.EvaluateAsync(initial, validation).ConfigureAwait(false);
        }

        (ulong Seed, bool Supervised)[] runs = [.. from seed in Enumerable.Range(0, seeds) from supervised in (bool[])[false, true] select ((ulong)seed, supervised)];
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop }, async (run, cancel) =>
        {
            JobFile file = SeedTraining.LoadJob(job, steps: epochs * stepsPerEpoch);
            results[(run.Supervised, 0, run.Seed)] = baseline;
            Func<SeedTraining, TrainingStep, Task> watch = async (training, step) =>
            {
                if (step.Number % stepsPerEpoch == 0 && looks.Contains(step.Number / stepsPerEpoch))
                {
                    EvaluationResult result = await Measure.EvaluateAsync(training.Policy, validation, training.Initial).ConfigureAwait(false);
                    results[(run.Supervised, step.Number / stepsPerEpoch, run.Seed)] = result;
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"seed {run.Seed} {(run.Supervised ? "SFT" : "GRPO")}, {step.Number / stepsPerEpoch} epochs: sampled {result.Sampled.Score.Mean:F3}, exact {result.Sampled.Exact.Mean:F3}, greedy {result.Greedy!.Score.Mean:F3}, KL {result.KlToInitialPerCompletion:F2}"));
                    File.WriteAllText(output, Table(file, looks, seeds, results));
                }
            };
            using SeedTraining done = run.Supervised
                ? await SeedTraining.SuperviseAsync(file, run.Seed, cancel, watch).ConfigureAwait(false)
                : await SeedTraining.ReinforceAsync(file, run.Seed, cancel, watch).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return 0;
    }

    private static string Table(JobFile file, int[] looks, int seeds, IReadOnlyDictionary<(bool Supervised, int Epoch, ulong Seed), EvaluationResult> results)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The same 32 rows, hundreds of times over

            Made by

            ```
            {Cells.Command}
            ```

            Settings are those of the job (learning rate {file.Trainer.Optimizer.LearningRate}, {file.Trainer.Schedule.Decay} decay; {file.Trainer.Rollout.ProblemsPerStep} rows a step), but for the number of steps: an epoch is one
            pass over the 32 training rows. Scores are on the 200 validation rows, mean over {seeds} seeds (least to most); *KL* is the divergence from the base in nats per answer.

            | epochs | GRPO, sampled | exact | greedy | KL | SFT, sampled | exact | greedy | KL |
            |---|---|---|---|---|---|---|---|---|

            """);
        foreach (int look in looks)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {look} |");
            foreach (bool supervised in (bool[])[false, true])
            {
                EvaluationResult[] all = [.. results.Where(result => result.Key.Supervised == supervised && result.Key.Epoch == look).OrderBy(result => result.Key.Seed).Select(result => result.Value)];
                text.Append(all.Length < seeds
                    ? " | | | |"
                    : $" {Cells.Spread(all, r => r.Sampled.Score.Mean)} | {Cells.Spread(all, r => r.Sampled.Exact.Mean)} | {Cells.Spread(all, r => r.Greedy!.Score.Mean)} | {Cells.Number(all.Average(r => r.KlToInitialPerCompletion ?? 0))} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
