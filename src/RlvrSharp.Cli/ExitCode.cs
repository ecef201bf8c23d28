namespace RlvrSharp.Cli;

/// <summary>What the process ends with. Scripts lean on these.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>Something failed while running.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a file or a setting cannot be used; nothing was written.</summary>
    public const int BadInput = 2;

    /// <summary>Stopped by Ctrl-C before there was anything to keep.</summary>
    public const int Stopped = 130;
}
