using System.CommandLine;
using System.Text.Json.Nodes;
using RlvrSharp.Data;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Lint;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class LintCommand
{
    public static Command Create()
    {
        var job = new Argument<string>("JOB.json") { Description = "The job whose grader and rows are checked." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines." };
        var services = new Option<bool>("--ask-services") { Description = "Run all probes also on graders that ask a model or a service, which costs their calls." };
        var calibrate = new Option<bool>("--calibrate") { Description = "Load the job's model, sample it on training rows, and say how hard they are and which group size they want." };
        var samples = new Option<int>("--samples") { Description = "With --calibrate: completions per row.", DefaultValueFactory = _ => 8 };
        var rows = new Option<int>("--rows") { Description = "With --calibrate: how many rows at most, taken evenly.", DefaultValueFactory = _ => 50 };
        var seed = new Option<ulong?>("--seed") { Description = "With --calibrate: instead of the job's seed." };
        var threads = new Option<int?>("--threads") { Description = "With --calibrate: threads to compute with; 0 takes all cores. The numbers do not depend on it." };
        var command = new Command("lint", "Find a grader that can be fooled, and rows it cannot use, before any training time is spent.")
        {
            job, json, services, calibrate, samples, rows, seed, threads,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(job)!,
            parsed.GetValue(json),
            parsed.GetValue(services),
            parsed.GetValue(calibrate) ? new CalibrationOptions { SamplesPerProblem = parsed.GetValue(samples), MaxProblems = parsed.GetValue(rows) } : null,
            parsed.GetValue(seed),
            parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool json, bool askServices, CalibrationOptions? calibration, ulong? seed, int? threads)
    {
        if (calibration is not null && (calibration.SamplesPerProblem < 2 || calibration.MaxProblems < 1))
        {
            throw new DataException($"--samples is {calibration.SamplesPerProblem} and --rows is {calibration.MaxProblems}, but a group has two completions or more, and there must be a row.");
        }

        JobFile file = JobFile.Load(path);
        file.Override(seed, threads: threads);
        if (calibration is not null)
        {
            // What training would refuse about the model's folder is refused here before the work.
            TrainingJob.CheckAdapters(file);
        }

        GraderJsonContext context = Inputs.Graders();
        context.ResponseFormat = file.ResponseFormat;
        IGrader grader;
        try
        {
            grader = GraderJson.Load(file.Grader, context);
        }
        catch (DataException error)
        {
            Inputs.Warn(context);
            return Show(GraderLint.CannotLoad(error), null, json, Console.Out);
        }

        Inputs.Warn(context);

        // What a grader prints (C# runs in this process) must not stand among the findings.
        TextWriter output = Console.Out;
        Console.SetOut(Console.Error);
        try
        {
            TrainingJob.CheckParts(file, grader);

            // Rows that the grader cannot use are findings here, not the end.
            IReadOnlyList<Problem> train = ProblemFile.Load(file.TrainingFile);
            IReadOnlyList<Problem> validation = ProblemFile.Load(file.ValidationFile);
            await Inputs.StartAsync(() => GraderLifetime.StartAsync(grader)).ConfigureAwait(false);
            Inputs.ShowEnvironments(GraderLifetime.Environments(grader));
            using var stop = new StopSignal();
            LintReport report = await GraderLint.CheckAsync(grader, train, validation, new GraderLintOptions { AskServices = askServices }, stop.Token).ConfigureAwait(false);
            CalibrationReport? calibrated = calibration is null ? null : await CalibrateAsync(file, grader, train, calibration, stop.Token).ConfigureAwait(false);
            return Show(report, calibrated, json, output);
        }
        finally
        {
            await GraderLifetime.DisposeAsync(grader).ConfigureAwait(false);
        }
    }

    private static int Show(LintReport report, CalibrationReport? calibrated, bool json, TextWriter output)
    {
        if (json)
        {
            JsonNode all = JsonNode.Parse(report.ToJson())!;
            if (calibrated is not null)
            {
                all["calibration"] = JsonNode.Parse(calibrated.ToJson());
            }

            output.WriteLine(all.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        }
        else
        {
            output.WriteLine(report);
            output.WriteLine(
                $"{report.Findings.Count} findings. Gold answers score {Shown(report.GoldScore)} at the mean, the best constant answer {Shown(report.BestConstantScore)}; {Shown(report.MillisecondsPerGrade)} ms per grade.");
            if (calibrated is not null)
            {
                output.WriteLine();
                output.WriteLine(calibrated);
            }
        }

        return report.HasErrors || calibrated?.Findings().Any(finding => finding.Severity == LintSeverity.Error) == true ? ExitCode.Failed : ExitCode.Ok;
    }

    private static async Task<CalibrationReport> CalibrateAsync(
        JobFile file, IGrader grader, IReadOnlyList<Problem> train, CalibrationOptions options, CancellationToken cancellationToken)
    {
        options.Sampling = file.Trainer.Rollout.Sampling;
        options.Grading = file.Trainer.Rollout.Grading;
        options.Seed = file.Trainer.Seed;
        using ManagedPolicy policy = ManagedPolicy.Load(file.ModelDirectory, file.Policy);
        return await GraderLint.CalibrateAsync(policy, grader, train, options, cancellationToken).ConfigureAwait(false);
    }

    private static string Shown(double? value) => value is { } number ? $"{number:F3}" : "–";
}
