using System.CommandLine;
using RlvrSharp.Evaluation;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>algorithms</c>: the job with one algorithm after another, several seeds each, everything else as the job has it.</summary>
internal static class AlgorithmsCommand
{
    // Settings are chosen on rows and seeds that no table has: held-out rows of the training split, and seeds from here on.
    private const ulong TuningSeed = 1000;
    private static readonly string[] All = ["grpo", "dr-grpo", "dapo", "gspo", "cispo", "rloo", "reinforce++", "ppo"];

    public static Command Create()
    {
        var job = new Option<string>("--job") { Description = "The job whose settings every run has.", DefaultValueFactory = _ => "docs/samples/profile/job.json" };
        var algorithms = new Option<string>("--algorithms") { Description = "Names with commas between.", DefaultValueFactory = _ => string.Join(',', All) };
        var seeds = new Option<int>("--seeds") { Description = "Seeds 0 to one less, for each algorithm.", DefaultValueFactory = _ => 5 };
        var steps = new Option<int?>("--steps") { Description = "Training steps, where not the job's." };
        var parallel = new Option<int>("--parallel") { Description = "Runs at a time, one thread each.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var tuning = new Option<bool>("--tuning") { Description = "Measure on held-out rows of the training split, with seeds of their own, and leave the validation rows alone: for choosing settings." };
        var output = new Option<string>("--out") { Description = "Where the table goes, as Markdown.", Required = true };
        var command = new Command("algorithms", "Trains with each algorithm and several seeds, and writes a table.") { job, algorithms, seeds, steps, parallel, tuning, output };
        algorithms.Validators.Add(result =>
        {
            foreach (string unknown in Names(result.GetValueOrDefault<string>()).Except(TrainingPresets.Names))
            {
                result.AddError($"There is no algorithm \"{unknown}\": choose among {string.Join(", ", TrainingPresets.Names)}.");
            }
        });
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(job)!, Names(parsed.GetValue(algorithms)!), parsed.GetValue(seeds), parsed.GetValue(steps), Math.Max(1, parsed.GetValue(parallel)), parsed.GetValue(tuning), parsed.GetValue(output)!, stop));
        return command;
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static async Task<int> RunAsync(string job, string[] algorithms, int seeds, int? steps, int parallel, bool tuning, string output, CancellationToken stop)
    {
        IReadOnlyList<Problem> rows = tuning
            ? Rows.ToProblems(Rows.Draw(Split.Train, TuningSeed, Rows.ValidationCount), "held-out")
            : Rows.ToProblems(Rows.Draw(Split.Validation, 0, Rows.ValidationCount), "validation");
        EvaluationResult baseline;
        using (ManagedPolicy initial = ManagedPolicy.Load(SeedTraining.LoadJob(job).ModelDirectory, new ManagedPolicyOptions { Threads = 1 }))
        {
            baseline = await Measure.EvaluateAsync(initial, rows).ConfigureAwait(false);
        }

        var table = new AlgorithmTable(SeedTraining.LoadJob(job, steps: steps), baseline, tuning);

        // Seed by seed, so that a table that was stopped compares all algorithms on the seeds it has.
        (ulong Seed, string Algorithm)[] runs =
            [.. from seed in Enumerable.Range(0, seeds) from algorithm in algorithms select ((tuning ? TuningSeed + 1 : 0) + (ulong)seed, algorithm)];
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop }, async (run, cancel) =>
        {
            AlgorithmRun result = await AlgorithmRun.TrainAsync(job, run.Algorithm, run.Seed, steps, rows, cancel).ConfigureAwait(false);
            Console.WriteLine(AlgorithmTable.Line(result));
            lock (table)
            {
                table.Add(result);
                File.WriteAllText(output, table.ToMarkdown(algorithms));
            }
        }).ConfigureAwait(false);
        return 0;
    }
}
