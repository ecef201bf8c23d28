using System.CommandLine;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var command = new Command("inspect", "Say what a model folder holds: architecture, weights, tokenizer, template, and about how much memory it takes.") { model };
        command.SetAction(parsed =>
        {
            AdapterDescription? adapter = AdapterDescription.TryLoad(parsed.GetValue(model)!);
            Console.Write(ModelDescription.Load(adapter?.BaseDirectory ?? parsed.GetValue(model)!).Format());
            Console.Write(adapter?.Format());
            return ExitCode.Ok;
        });
        return command;
    }
}
