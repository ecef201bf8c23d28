using System.CommandLine;
using RlvrSharp.Data;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Lint;
using RlvrSharp.Jobs;

namespace RlvrSharp.Cli.Commands;

internal static class LintCommand
{
    public static Command Create()
    {
        var job = new Argument<string>("JOB.json") { Description = "The job whose grader and rows are checked; no model is loaded." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var services = new Option<bool>("--ask-services") { Description = "Run all probes also on graders that ask a model or a service, which costs their calls." };
        var command = new Command("lint", "Find a grader that can be fooled, and rows it cannot use, before any training time is spent.") { job, json, services };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(job)!, parsed.GetValue(json), parsed.GetValue(services)));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, bool askServices)
    {
        JobFile file = JobFile.Load(path);
        GraderJsonContext context = Inputs.Graders();
        context.ResponseFormat = file.ResponseFormat;
        IGrader grader = GraderJson.Load(file.Grader, context);
        Inputs.Warn(context);
        try
        {
            // Rows that the grader cannot use are findings here, not the end.
            IReadOnlyList<Problem> train = ProblemFile.Load(file.TrainingFile);
            IReadOnlyList<Problem> validation = ProblemFile.Load(file.ValidationFile);
            using var stop = new StopSignal();
            LintReport report = await GraderLint.CheckAsync(grader, train, validation, new GraderLintOptions { AskServices = askServices }, stop.Token).ConfigureAwait(false);
            Console.WriteLine(json ? report.ToJson() : report.ToString());
            if (!json)
            {
                Console.WriteLine(
                    $"{report.Findings.Count} findings. Gold answers score {Shown(report.GoldScore)} at the mean, the best constant answer {Shown(report.BestConstantScore)}; {Shown(report.MillisecondsPerGrade)} ms per grade.");
            }

            return report.HasErrors ? ExitCode.Failed : ExitCode.Ok;
        }
        finally
        {
            await Inputs.DisposeAsync(grader).ConfigureAwait(false);
        }
    }

    private static string Shown(double? value) => value is { } number ? $"{number:F3}" : "–";
}
