namespace RlvrSharp.Cli;

/// <summary>Ctrl-C: the first one asks for a clean end, the second one ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly Action onStop;

    public StopSignal(Action? onStop = null)
    {
        this.onStop = onStop ?? (() => { });
        Console.CancelKeyPress += OnCancel;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs args)
    {
        if (source.IsCancellationRequested)
        {
            return;
        }

        args.Cancel = true;
        onStop();
        source.Cancel();
    }

    private void OnExit(object? sender, EventArgs args)
    {
        if (!source.IsCancellationRequested)
        {
            source.Cancel();
        }
    }
}
