using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Graders;

/// <summary>
/// One worker: a supervisor process (see the <c>worker_*.py</c> files) and the framed channel to it. Calls block, one at a time;
/// cancelling one ends the worker.
/// </summary>
internal sealed class PythonWorker : IDisposable
{
    private const string Boot = "import sys; exec(compile(sys.argv[1], 'rlvr_worker.py', 'exec'))";
    private const int LargestReply = 16 << 20;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);
    private static readonly string s_source = ReadSource();

    private readonly Process _process;
    private readonly DirectoryInfo? _scratch;
    private readonly StringBuilder _stderr = new();
    private readonly Lock _gate = new();
    private readonly TimeSpan _loadLimit;
    private bool _ended;

    private PythonWorker(Process process, DirectoryInfo? scratch, TimeSpan loadLimit)
    {
        _loadLimit = loadLimit;
        _process = process;
        _scratch = scratch;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_stderr)
            {
                if (line.Data is not null && _stderr.Length < 4096)
                {
                    _stderr.Append(line.Data).Append('\n');
                }
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Starts a worker. The reply tells whether the asked isolation came about; if not, the worker is already gone.</summary>
    public static (PythonWorker? Worker, PythonReply Hello) Start(string interpreter, PythonIsolation isolation, string? bubblewrap, PythonGraderOptions options)
    {
        DirectoryInfo? scratch = isolation == PythonIsolation.None ? Directory.CreateTempSubdirectory("rlvr-python-") : null;
        var start = new ProcessStartInfo(interpreter)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in new[] { "-c", Boot, s_source, "locate", Settings(isolation, bubblewrap, scratch, options) })
        {
            start.ArgumentList.Add(argument);
        }

        var worker = new PythonWorker(Process.Start(start) ?? throw new InvalidOperationException("No process was started."), scratch, options.LoadTimeLimit);
        PythonReply hello = worker.Await(s_grace + s_grace);
        if (hello.Hello == true)
        {
            return (worker, hello);
        }

        worker.Dispose();
        return (null, hello);
    }

    /// <summary>Sends the source (the first time) or a call's arguments, and waits for the reply.</summary>
    public PythonReply Exchange(ReadOnlySpan<byte> payload, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(Leave);
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length);
        BinaryPrimitives.WriteDoubleLittleEndian(head[4..], limit.TotalSeconds);
        try
        {
            Stream input = _process.StandardInput.BaseStream;
            input.Write(head);
            input.Write(payload);
            input.Flush();
        }
        catch (IOException)
        {
            return PythonReply.Lost("the worker process is gone");
        }

        return Await(limit + _loadLimit + s_grace);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        if (!_process.WaitForExit(s_grace))
        {
            Kill();
            _process.WaitForExit();
        }

        lock (_gate)
        {
            _ended = true;
            _process.Dispose();
        }

        try
        {
            _scratch?.Delete(recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A process that escaped from an unisolated worker holds on to it; nothing better can be done here.
        }
    }

    // The end of its input is the worker's sign to leave, even in the middle of a call, and to take along all that the code started.
    private void Leave()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException)
        {
            // Gone before.
        }
    }

    // For a worker that no longer answers. A sandbox dies with its outermost process.
    private void Kill()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                try
                {
                    _process.Kill();
                }
                catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
                {
                    // Already gone.
                }
            }
        }
    }

    // The supervisor keeps the time; this is for a supervisor that does not answer at all (stopped, swapped out).
    private PythonReply Await(TimeSpan limit)
    {
        using var watchdog = new Timer(_ => Kill(), null, limit, Timeout.InfiniteTimeSpan);
        try
        {
            Stream output = _process.StandardOutput.BaseStream;
            Span<byte> head = stackalloc byte[8];
            output.ReadExactly(head);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(head);
            if (size > LargestReply)
            {
                return PythonReply.Lost("the worker process sent something unreadable");
            }

            byte[] body = new byte[size];
            output.ReadExactly(body);
            return PythonReply.Parse(body);
        }
        catch (Exception error) when (error is EndOfStreamException or IOException or JsonException)
        {
            lock (_stderr)
            {
                return PythonReply.Lost($"the worker process ended without a reply{(_stderr.Length > 0 ? ": " + _stderr.ToString().TrimEnd() : "")}");
            }
        }
    }

    private static string Settings(PythonIsolation isolation, string? bubblewrap, DirectoryInfo? scratch, PythonGraderOptions options)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("name", options.Name); // not used there, but seen in a list of processes
            writer.WriteString("isolation", isolation switch
            {
                PythonIsolation.Namespaces => "namespaces",
                PythonIsolation.Bubblewrap => "bubblewrap",
                _ => "none",
            });
            writer.WriteString("bubblewrap", bubblewrap);
            writer.WriteString("scratch", scratch?.FullName);
            writer.WriteNumber("memory", options.MemoryLimit);
            writer.WriteNumber("disk", options.DiskLimit);
            writer.WriteNumber("processes", options.ProcessLimit);
            writer.WriteNumber("output", options.OutputLimit);
            writer.WriteNumber("load_seconds", options.LoadTimeLimit.TotalSeconds);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string ReadSource()
    {
        var source = new StringBuilder();
        foreach (string part in new[] { "launch", "namespaces", "supervise", "call" })
        {
            string name = $"RlvrSharp.Graders.Python.worker_{part}.py";
            using Stream stream = typeof(PythonWorker).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing.");
            using var reader = new StreamReader(stream, Encoding.UTF8);
            source.Append(reader.ReadToEnd()).Append('\n');
        }

        return source.ToString();
    }
}
