using System.CommandLine;
using Microsoft.Extensions.Options;
using RlvrSharp;
using RlvrSharp.Cli;
using RlvrSharp.Cli.Commands;

// Numbers are written one way everywhere, whatever the machine's language is.
System.Globalization.CultureInfo.DefaultThreadCurrentCulture = System.Globalization.CultureInfo.InvariantCulture;
System.Globalization.CultureInfo.CurrentCulture = System.Globalization.CultureInfo.InvariantCulture;

var root = new RootCommand("Reinforcement fine-tuning with verifiable rewards: turn a small model into an expert with a few dozen graded examples.")
{
    TrainCommand.Create(),
    EvalCommand.Create(),
    GradeCommand.Create(),
    SampleCommand.Create(),
    TokenizeCommand.Create(),
    LogprobsCommand.Create(),
    SftCommand.Create(),
    LintCommand.Create(),
    InspectCommand.Create(),
    FieldsCommand.Create(),
    MergeCommand.Create(),
};

ParseResult parsed = root.Parse(args);
IReadOnlyList<string> faults = CommandLineFaults.Find(args, parsed);
if (faults.Count > 0)
{
    foreach (string fault in faults)
    {
        await Console.Error.WriteLineAsync($"rlvr: {fault}");
    }

    await Console.Error.WriteLineAsync($"Try: rlvr {(parsed.CommandResult.Command is RootCommand ? string.Empty : parsed.CommandResult.Command.Name + " ")}--help");
    return ExitCode.BadInput;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (OptionsValidationException error)
{
    await Console.Error.WriteLineAsync("rlvr: settings cannot be used:" + string.Concat(error.Failures.Select(failure => Environment.NewLine + "  " + failure)));
    return ExitCode.BadInput;
}
catch (GradingException error)
{
    await Console.Error.WriteLineAsync("rlvr: " + error.Message);
    return ExitCode.Failed;
}
catch (RlvrException error)
{
    await Console.Error.WriteLineAsync("rlvr: " + error.Message);
    return ExitCode.BadInput;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("rlvr: stopped");
    return ExitCode.Stopped;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or OutOfMemoryException)
{
    await Console.Error.WriteLineAsync("rlvr: " + error.Message);
    return ExitCode.Failed;
}
catch (Exception error) when (Environment.GetEnvironmentVariable("RLVR_DEBUG") is null)
{
    await Console.Error.WriteLineAsync($"rlvr: this is a fault in rlvr itself, please report it: {error.GetType().Name}: {error.Message} (set RLVR_DEBUG=1 for the stack trace)");
    return ExitCode.Failed;
}
