using System.Text;
using System.Threading.Channels;

namespace RlvrSharp.Graders;

/// <summary>
/// Warm workers, each driven by a thread of its own (its calls block). A worker is started when a call waits and fewer than the
/// allowed number run; one that had nothing to do for a minute ends; one that was lost is replaced before the next call.
/// </summary>
internal sealed class PythonWorkerPool : IAsyncDisposable
{
    // A source that no worker could load, this often in a row, is not tried again: each try may cost the whole load limit.
    private const int MostLoads = 3;
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromMinutes(1);

    private readonly PythonHost _host;
    private readonly PythonGraderOptions _options;
    private readonly byte[] _source;
    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _threads = [];
    private readonly SemaphoreSlim _turn = new(1);
    private int _loads;
    private int _loading;
    private bool _loaded;
    private bool _crowded;
    private int _unloaded;
    private PythonReply? _unloadable;
    private int _waiting;
    private int _idle;

    public PythonWorkerPool(string source, PythonGraderOptions options)
    {
        _source = Encoding.UTF8.GetBytes(source);
        _options = options;
        _host = new PythonHost(options);
    }

    /// <summary>What the workers run on, once one has been started.</summary>
    public PythonEnvironment? Environment { get; private set; }

    /// <summary>Runs one call on the next free worker; with no arguments the source is only loaded.</summary>
    /// <exception cref="GradingException">No worker can be started on this machine.</exception>
    public async Task<PythonReply> RunAsync(byte[]? arguments, CancellationToken cancellationToken)
    {
        var job = new Job(arguments, cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(PythonGrader));
            _waiting++;
            if (_waiting > _idle && _threads.Count < _options.Workers)
            {
                _idle++;
                Task? thread = null;
                thread = new Task(() => Drive(thread!), CancellationToken.None, TaskCreationOptions.LongRunning);
                _threads.Add(thread);
                thread.Start(TaskScheduler.Default);
            }

            _jobs.Writer.TryWrite(job);
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(() => job.Done.TrySetCanceled(cancellationToken));
        return await job.Done.Task.ConfigureAwait(false);
    }

    /// <summary>Ends all workers; calls under way are cancelled. When it returns, no process of theirs is left.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] threads;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            _stop.Cancel();
            _jobs.Writer.TryComplete();
            threads = [.. _threads];
        }

        await Task.WhenAll(threads).ConfigureAwait(false);
        while (_jobs.Reader.TryRead(out Job? job))
        {
            job.Done.TrySetException(new ObjectDisposedException(nameof(PythonGrader)));
        }

        _turn.Dispose();
        _stop.Dispose();
    }

    private void Drive(Task thread)
    {
        PythonWorker? worker = null;
        try
        {
            while (Take() is Job job)
            {
                try
                {
                    PythonReply reply = Run(ref worker, job);
                    if (reply.Outcome == "lost")
                    {
                        worker?.Dispose();
                        worker = null;
                        job.CancellationToken.ThrowIfCancellationRequested();
                        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(PythonGrader));
                    }

                    job.Done.TrySetResult(reply);
                }
                catch (OperationCanceledException cancelled)
                {
                    job.Done.TrySetCanceled(cancelled.CancellationToken);
                }
                catch (Exception error)
                {
                    job.Done.TrySetException(error);
                }

                lock (_gate)
                {
                    _idle++;
                }
            }
        }
        finally
        {
            worker?.Dispose();
            lock (_gate)
            {
                // After the end, DisposeAsync waits for what it has seen here.
                if (!_stop.IsCancellationRequested)
                {
                    _threads.Remove(thread);
                }
            }
        }
    }

    private Job? Take()
    {
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(s_idleLimit);
            try
            {
                // This thread belongs to the worker and has nothing else to do than to wait.
                Job job = _jobs.Reader.ReadAsync(limit.Token).AsTask().GetAwaiter().GetResult();
                lock (_gate)
                {
                    _waiting--;
                    _idle--;
                }

                return job;
            }
            catch (ChannelClosedException)
            {
                return null;
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                {
                    if (_stop.IsCancellationRequested)
                    {
                        return null;
                    }

                    if (_waiting == 0)
                    {
                        _idle--;
                        return null;
                    }
                }
            }
        }
    }

    private PythonReply Run(ref PythonWorker? worker, Job job)
    {
        job.CancellationToken.ThrowIfCancellationRequested();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(job.CancellationToken, _stop.Token);
        if (worker is null)
        {
            PythonReply loaded = LoadInTurn(ref worker, either.Token);
            if (worker is null)
            {
                return loaded;
            }
        }

        return job.Arguments is null ? new PythonReply { Outcome = "loaded" } : worker.Exchange(job.Arguments, _options.TimeLimit, either.Token);
    }

    // A source that was too slow or too large while several workers loaded it is loaded by one at a time, until one has it.
    private PythonReply LoadInTurn(ref PythonWorker? worker, CancellationToken cancellationToken)
    {
        bool waits;
        lock (_gate)
        {
            waits = _crowded && !_loaded;
        }

        if (!waits)
        {
            return Load(ref worker, cancellationToken);
        }

        try
        {
            _turn.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return new PythonReply { Outcome = "lost" };
        }

        try
        {
            return Load(ref worker, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    private PythonReply Load(ref PythonWorker? worker, CancellationToken cancellationToken)
    {
        int begun;
        bool alone;
        lock (_gate)
        {
            if (_unloadable is { } known)
            {
                return known;
            }

            begun = ++_loads;
            alone = ++_loading == 1;
        }

        PythonReply? loaded = null;
        PythonWorker? started = null;
        try
        {
            (started, Environment) = _host.Start();
            loaded = started.Exchange(_source, _options.LoadTimeLimit, cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _loading--;
                Note(loaded?.Outcome, alone && _loads == begun, loaded);
            }

            if (loaded?.Outcome == "loaded")
            {
                worker = started;
            }
            else
            {
                started?.Dispose();
            }
        }

        return loaded;
    }

    // What a load says about the source. Time and memory that other loads wanted too say nothing; once loaded, a source can be loaded.
    private void Note(string? outcome, bool alone, PythonReply? reply)
    {
        if (outcome == "loaded")
        {
            (_loaded, _unloaded, _unloadable) = (true, 0, null);
        }
        else if (outcome is "timeout" or "memory" && !alone)
        {
            _crowded = true;
        }
        else if (outcome is not (null or "lost") && !_loaded && ++_unloaded >= MostLoads)
        {
            _unloadable = reply;
        }
    }

    private sealed record Job(byte[]? Arguments, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<PythonReply> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
