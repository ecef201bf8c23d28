namespace RlvrSharp.Graders;

/// <summary>Finds programs the way a shell does.</summary>
internal static class PythonInterpreter
{
    /// <summary>The full path of the interpreter.</summary>
    /// <exception cref="GradingException">There is none, or the machine cannot run python graders.</exception>
    public static string Find(string interpreter)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new GradingException(
                "Python graders run on Linux and macOS only, for they need processes that can be forked and confined: on Windows run under WSL, or write the grader in C#.");
        }

        return Locate(interpreter) ?? throw new GradingException(
            $"A python grader needs an interpreter (Python 3.9 or later), and '{interpreter}' is not {(HasFolder(interpreter) ? "an executable file" : "on PATH")}: "
            + "install Python, or name the interpreter in PythonGraderOptions.Interpreter, or write the grader in C#.");
    }

    /// <summary>The full path of a program, or null.</summary>
    public static string? Locate(string program)
    {
        if (HasFolder(program))
        {
            string full = Path.GetFullPath(program);
            return IsExecutable(full) ? full : null;
        }

        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            if (Path.IsPathRooted(folder) && IsExecutable(Path.Combine(folder, program)))
            {
                return Path.Combine(folder, program);
            }
        }

        return null;
    }

    private static bool HasFolder(string program) => program.Contains('/', StringComparison.Ordinal);

    private static bool IsExecutable(string path) =>
        !OperatingSystem.IsWindows()
        && File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
