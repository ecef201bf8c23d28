using System.Collections.Concurrent;

namespace RlvrSharp.Graders;

/// <summary>Starts workers, with the first kind of isolation that works on this machine.</summary>
internal sealed class PythonHost(PythonGraderOptions options)
{
    // What is found on PATH may be a script that looks for the interpreter each time; asked once, it is started directly.
    private static readonly ConcurrentDictionary<string, string> s_executables = new(StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private string? _interpreter;
    private string? _bubblewrap;
    private PythonEnvironment? _environment;

    /// <summary>A new worker, and what it runs on. The choice of isolation is made once.</summary>
    /// <exception cref="GradingException">No interpreter, or no isolation where it is required.</exception>
    public (PythonWorker Worker, PythonEnvironment Environment) Start()
    {
        // One at a time: workers of a machine that cannot isolate should say so once, not all at once.
        lock (_gate)
        {
            _interpreter ??= PythonInterpreter.Find(options.Interpreter);
            var refusals = new List<string>();
            foreach (PythonIsolation kind in Candidates(refusals))
            {
                (PythonWorker? worker, PythonReply hello) = PythonWorker.Start(s_executables.GetValueOrDefault(_interpreter, _interpreter), kind, _bubblewrap, options);
                if (worker is not null)
                {
                    s_executables.TryAdd(_interpreter, hello.Executable ?? _interpreter);
                    _environment ??= new PythonEnvironment(hello.Executable ?? _interpreter, hello.Python ?? "", kind, Describe(kind, hello.Filter, refusals));
                    return (worker, _environment);
                }

                refusals.Add($"{Name(kind)}: {hello.Reason ?? hello.Text ?? "no reason given"}");
            }

            throw new GradingException(
                $"The python grader '{options.Name}' cannot be isolated on this machine ({string.Join("; ", refusals)}), and its code is not run unprotected: "
                + "install bubblewrap, or allow unprivileged user namespaces, or run in a container that does; "
                + "or set PythonGraderOptions.AllowUnisolated (the rlvr command: RLVR_ALLOW_UNISOLATED_PYTHON=1) for code that you would run by hand; or write the grader in C#.");
        }
    }

    private IEnumerable<PythonIsolation> Candidates(List<string> refusals)
    {
        if (_environment is not null)
        {
            yield return _environment.Isolation;
            yield break;
        }

        bool Wanted(PythonIsolation kind) => options.Isolation is null || options.Isolation == kind;
        if (Wanted(PythonIsolation.Namespaces))
        {
            if (OperatingSystem.IsLinux())
            {
                yield return PythonIsolation.Namespaces;
            }
            else
            {
                refusals.Add("namespaces: only Linux has them");
            }
        }

        if (Wanted(PythonIsolation.Bubblewrap))
        {
            _bubblewrap = OperatingSystem.IsLinux() ? PythonInterpreter.Locate("bwrap") : null;
            if (_bubblewrap is not null)
            {
                yield return PythonIsolation.Bubblewrap;
            }
            else
            {
                refusals.Add("bubblewrap: there is no bwrap on PATH");
            }
        }

        if (options.AllowUnisolated && Wanted(PythonIsolation.None))
        {
            yield return PythonIsolation.None;
        }
        else if (options.Isolation == PythonIsolation.None)
        {
            refusals.Add("none: AllowUnisolated is false");
        }
    }

    private static string Name(PythonIsolation kind) => kind switch
    {
        PythonIsolation.Namespaces => "namespaces",
        PythonIsolation.Bubblewrap => "bubblewrap",
        _ => "without isolation",
    };

    private static string Describe(PythonIsolation kind, bool filtered, List<string> refusals)
    {
        string text = kind switch
        {
            PythonIsolation.Namespaces => "isolated in Linux namespaces: no network, read-only files, own processes, private temporary folder",
            PythonIsolation.Bubblewrap => "isolated by bubblewrap: no network, read-only files, own processes, private temporary folder",
            _ => "NOT isolated: the code has the network and all files of this user; time, memory and processes are limited",
        };
        text += filtered ? ", filtered system calls" : "";
        return refusals.Count == 0 ? text : $"{text} ({string.Join("; ", refusals)})";
    }
}
