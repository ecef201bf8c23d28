using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using RlvrSharp.Benchmarks;
using RlvrSharp.Benchmarks.HalfBillion;

// The studies of this project have names of their own; everything else is BenchmarkDotNet's.
if (args is ["fuzz", .. var rest])
{
    return await GraderFuzz.RunAsync(rest);
}

if (args is ["field-speed", .. var options])
{
    return FieldSpeed.Run(options);
}

if (args is ["half-billion", .. var settings])
{
    return await HalfBillionCommand.RunAsync(settings);
}

if (args is ["wordnet", .. var files])
{
    return WordNetFile.Run(files);
}

// A suite whose oracle disagrees throws in its setup; BenchmarkDotNet writes that down and goes on, so it has to be looked for.
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args)];
bool listed = args.Any(arg => arg is "--list" or "--help" or "--info" or "--version");
return listed || (summaries.Length > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success))) ? 0 : 1;
