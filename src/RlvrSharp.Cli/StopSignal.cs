using System.Runtime.InteropServices;

namespace RlvrSharp.Cli;

/// <summary>Ctrl-C, or a request to terminate: the first one asks for a clean end, the second one ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly Action onStop;
    private readonly PosixSignalRegistration terminate;

    public StopSignal(Action? onStop = null)
    {
        this.onStop = onStop ?? (() => { });
        Console.CancelKeyPress += OnCancel;
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            // What ends a container or a batch job asks as Ctrl-C does.
            context.Cancel = !source.IsCancellationRequested;
            Stop();
        });
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        terminate.Dispose();
        source.Dispose();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs args)
    {
        if (source.IsCancellationRequested)
        {
            return;
        }

        args.Cancel = true;
        Stop();
    }

    private void Stop()
    {
        if (!source.IsCancellationRequested)
        {
            onStop();
            source.Cancel();
        }
    }
}
