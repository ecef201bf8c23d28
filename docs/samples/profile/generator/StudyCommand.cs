using System.CommandLine;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>study</c>: the job with many seeds, each with its own training rows, beside supervised fine-tuning on the same rows.</summary>
internal static class StudyCommand
{
    public static Command Create()
    {
        var job = new Option<string>("--job") { Description = "The job whose settings every run has.", DefaultValueFactory = _ => "docs/samples/profile/job.json" };
        var seeds = new Option<int>("--seeds") { Description = "Seeds 0 to one less.", DefaultValueFactory = _ => 10 };
        var parallel = new Option<int>("--parallel") { Description = "Runs at a time, one thread each.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var output = new Option<string>("--out") { Description = "Where the table goes, as Markdown.", Required = true };
        var command = new Command("study", "Trains with many seeds by GRPO and by supervised fine-tuning, and writes a table.") { job, seeds, parallel, output };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(job)!, parsed.GetValue(seeds), Math.Max(1, parsed.GetValue(parallel)), parsed.GetValue(output)!, stop));
        return command;
    }

    private static async Task<int> RunAsync(string job, int seeds, int parallel, string output, CancellationToken stop)
    {
        JobFile file = JobFile.Load(job);
        IReadOnlyList<Problem> validation = Rows.ToProblems(Rows.Draw(Split.Validation, 0, Rows.ValidationCount), "validation");
        IReadOnlyList<Problem> novel = Rows.ToProblems(Rows.Draw(Split.Novel, 0, Rows.NovelCount), "novel");
        using ManagedPolicy initial = ManagedPolicy.Load(file.ModelDirectory, new ManagedPolicyOptions { Threads = 1 });
        var table = new StudyTable(
            file,
            await Measure.EvaluateAsync(initial, validation).ConfigureAwait(false),
            await Measure.EvaluateAsync(initial, novel).ConfigureAwait(false));
        var runs = new List<(ulong Seed, bool Supervised)>();
        for (int seed = 0; seed < seeds; seed++)
        {
            runs.Add(((ulong)seed, false));
            runs.Add(((ulong)seed, true));
        }

        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop }, async (run, cancel) =>
        {
            StudyRun result = await StudyRun.TrainAsync(job, run.Seed, run.Supervised, validation, novel, cancel).ConfigureAwait(false);
            Console.WriteLine(StudyTable.Line(result));
            lock (table)
            {
                table.Add(result);
                File.WriteAllText(output, table.ToMarkdown());
            }
        }).ConfigureAwait(false);
        return 0;
    }
}
