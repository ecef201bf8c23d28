using System.CommandLine;
using RlvrSharp.Cli.Output;
using RlvrSharp.Graders.Lint;
using RlvrSharp.Jobs;
using RlvrSharp.Training;

namespace RlvrSharp.Cli.Commands;

internal static class TrainCommand
{
    public static Command Create()
    {
        var job = new Argument<string>("JOB.json") { Description = "The job: an OpenAI reinforcement fine-tuning job body, with an object \"rlvr\" for the rest." };
        var output = new Option<string?>("--out") { Description = "The folder of the run; by default runs/NAME-NNN, the first that is free." };
        var seed = new Option<ulong?>("--seed") { Description = "Instead of the job's seed." };
        var threads = new Option<int?>("--threads") { Description = "Threads to compute with; 0 takes all cores. The numbers do not depend on it." };
        var steps = new Option<int?>("--steps") { Description = "Instead of the job's steps." };
        var resume = new Option<string?>("--resume") { Description = "Continue the run in this folder after its last checkpoint." };
        var noLint = new Option<bool>("--no-lint") { Description = "Train also with a grader whose gold answers fail or whose empty answers pass." };
        var command = new Command("train", "Train a model on graded examples, and show on held-out rows what it brought.") { job, output, seed, threads, steps, resume, noLint };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(job)!, parsed.GetValue(output), parsed.GetValue(seed), parsed.GetValue(threads), parsed.GetValue(steps), parsed.GetValue(resume), parsed.GetValue(noLint)));
        return command;
    }

    private static async Task<int> RunAsync(string path, string? output, ulong? seed, int? threads, int? steps, string? resume, bool noLint)
    {
        if (output is not null && resume is not null)
        {
            throw new DataException("--out and --resume are both given, but a resumed run stays in its folder: give one of them.");
        }

        JobFile file = JobFile.Load(path);
        if (resume is not null)
        {
            // What the command line changed when the run began still holds.
            ResumePoint point = TrainingRun.FindResumePoint(resume);
            seed ??= point.Seed;
            steps ??= point.TotalSteps;
        }

        file.Override(seed, steps, threads);
        string folder = resume ?? output ?? FreeFolder(file.Name);
        var graders = Inputs.Graders();
        await using TrainingJob job = TrainingJob.Load(file, folder, resume is not null, graders);
        Inputs.Warn(graders);
        ModelFolders.WarnWithoutTemplate(file.ModelDirectory, job.HasChatTemplate);
        foreach (string ignored in file.Ignored)
        {
            Console.Error.WriteLine($"rlvr: warning: {ignored} has no effect here.");
        }

        // A resumed run was checked when it began, and its grader is still the same.
        await Inputs.StartAsync(() => noLint || resume is not null ? job.StartGraderAsync() : CheckAsync(job, path)).ConfigureAwait(false);
        Inputs.ShowEnvironments(job.GraderEnvironments);
        using var stop = new StopSignal(() => Console.Error.WriteLine("rlvr: stopping after this step (Ctrl-C again to end at once)"));
        await using RunDisplay display = RunDisplay.Create(file, folder, job.Problems.Count, job.Validation.Count);
        await foreach (var happened in job.RunAsync(stop.Token).ConfigureAwait(false))
        {
            display.Show(happened);
        }

        return ExitCode.Ok;
    }

    private static async Task CheckAsync(TrainingJob job, string path)
    {
        // A source that cannot be loaded is no matter of opinion, so --no-lint would not help.
        await job.StartGraderAsync().ConfigureAwait(false);
        try
        {
            LintReport report = await job.CheckGraderAsync().ConfigureAwait(false);
            foreach (LintFinding finding in report.Findings.Where(finding => finding.Severity == LintSeverity.Warning))
            {
                await Console.Error.WriteLineAsync($"rlvr: warning: {finding}").ConfigureAwait(false);
            }
        }
        catch (DataException error)
        {
            throw new DataException($"{error.Message}\nAll that lint finds: rlvr lint {path}. To train all the same: --no-lint.", error);
        }
    }

    private static string FreeFolder(string name)
    {
        for (int number = 1; ; number++)
        {
            string folder = Path.Combine("runs", $"{name}-{number:D3}");
            if (!Path.Exists(folder))
            {
                return folder;
            }
        }
    }
}
