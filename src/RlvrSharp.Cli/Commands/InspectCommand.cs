using System.CommandLine;
using RlvrSharp.Models;

namespace RlvrSharp.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var command = new Command("inspect", "Say what a model folder holds: architecture, weights, tokenizer, template, and about how much memory it takes.") { model };
        command.SetAction(parsed =>
        {
            Console.WriteLine(ModelDescription.Load(parsed.GetValue(model)!).Format());
            return ExitCode.Ok;
        });
        return command;
    }
}
