using System.CommandLine;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class MergeCommand
{
    public static Command Create()
    {
        var adapter = new Argument<string>("ADAPTER_DIR") { Description = "A PEFT adapter folder, such as a checkpoint of a job with \"lora\"." };
        var output = new Option<string>("--out") { Description = "The folder of the whole model; must not exist.", Required = true };
        var threads = Inputs.Threads();
        var command = new Command("merge", "Add an adapter to the model it was trained on, and write the sum as a model folder like any other.") { adapter, output, threads };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(adapter)!, parsed.GetValue(output)!, parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(string adapter, string output, int threads)
    {
        if (AdapterDescription.TryLoad(adapter) is null)
        {
            throw new DataException($"{adapter} is no adapter folder (it needs adapter_config.json, and no config.json): there is nothing to merge.");
        }

        using ManagedPolicy policy = ModelFolders.Load(adapter, threads);
        using var stop = new StopSignal();
        await policy.SaveMergedAsync(output, stop.Token).ConfigureAwait(false);
        Console.WriteLine($"saved {output}");
        return ExitCode.Ok;
    }
}
