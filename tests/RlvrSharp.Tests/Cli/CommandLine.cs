using System.Diagnostics;
using System.Text;

namespace RlvrSharp.Tests.Cli;

/// <summary>Runs the real command as a process of its own, as a user's shell does.</summary>
internal static class CommandLine
{
    public static string Model(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "models", name);

    public static async Task<(int Exit, string Out, string Error)> RunAsync(
        string[] arguments, string? input = null, string? folder = null, Action<Process>? onStart = null, string? path = null, bool optimized = false,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? AppContext.BaseDirectory,
        };
        if (optimized)
        {
            start.Environment["DOTNET_TieredCompilation"] = "0";
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "rlvr.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        onStart?.Invoke(process);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input ?? string.Empty);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return (process.ExitCode, await output, await error);
    }
}
