using System.CommandLine;
using System.Text.Json;
using RlvrSharp.Cli.Output;
using RlvrSharp.Data;
using RlvrSharp.Evaluation;
using RlvrSharp.Graders;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class EvalCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var data = new Argument<string>("DATA.jsonl") { Description = "Held-out rows, as for training." };
        var grader = new Option<string>("--grader") { Description = "The grader's JSON file, or a job file with one.", Required = true };
        var draws = new Option<int>("--draws") { Description = "Completions per row.", DefaultValueFactory = _ => 4 };
        var temperature = new Option<double>("--temperature") { Description = "The sampling temperature.", DefaultValueFactory = _ => 1 };
        var maxTokens = new Option<int>("--max-tokens") { Description = "The longest completion.", DefaultValueFactory = _ => 256 };
        var reference = new Option<string?>("--reference") { Description = "Another model folder, to measure the KL divergence from it." };
        var noGreedy = new Option<bool>("--no-greedy") { Description = "Leave the greedy answers out." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var seed = Inputs.Seed();
        var threads = Inputs.Threads();
        var command = new Command("eval", "Measure a model on held-out rows: mean score with an interval, and a table of fields.")
        {
            model, data, grader, draws, temperature, maxTokens, reference, noGreedy, json, seed, threads,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(model)!,
            parsed.GetValue(data)!,
            parsed.GetValue(grader)!,
            new EvaluationOptions
            {
                DrawsPerProblem = AtLeastOne(parsed.GetValue(draws), "--draws"),
                Greedy = !parsed.GetValue(noGreedy),
                Seed = parsed.GetValue(seed),
                Sampling = { Temperature = parsed.GetValue(temperature), MaxTokens = AtLeastOne(parsed.GetValue(maxTokens), "--max-tokens") },
            },
            parsed.GetValue(reference),
            parsed.GetValue(json),
            parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(
        string model, string data, string graderPath, EvaluationOptions options, string? referencePath, bool json, int threads)
    {
        if (!(options.Sampling.Temperature >= 0 && options.Sampling.Temperature <= 100))
        {
            throw new DataException($"--temperature is {options.Sampling.Temperature}, but it must lie between 0 (greedy) and 100.");
        }

        (IGrader grader, string name) = Inputs.Grader(graderPath);
        try
        {
            IReadOnlyList<Problem> problems = ProblemFile.Load(data, grader is IProblemRequirement requirement ? [requirement] : []);
            await Inputs.StartAsync(() => GraderLifetime.StartAsync(grader)).ConfigureAwait(false);
            Inputs.ShowEnvironments(GraderLifetime.Environments(grader));
            using ManagedPolicy policy = ModelFolders.Load(model, threads);
            ModelFolders.WarnWithoutTemplate(model, policy.HasChatTemplate);
            using ManagedPolicy? reference = referencePath is null ? null : ModelFolders.Load(referencePath, threads);
            var evaluator = new Evaluator(new GradingPipeline([new WeightedGrader(name, grader)]));
            using var stop = new StopSignal();
            EvaluationResult result = await evaluator.EvaluateAsync(policy, problems, options, reference, stop.Token).ConfigureAwait(false);
            if (json)
            {
                using var writer = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true });
                EvaluationJson.Write(writer, result);
                await writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                Console.WriteLine();
            }
            else
            {
                EvaluationTable.Show(result);
            }
        }
        finally
        {
            await GraderLifetime.DisposeAsync(grader).ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    internal static int AtLeastOne(int value, string name) => value >= 1 ? value : throw new DataException($"{name} is {value}, but it must be 1 or more.");
}
