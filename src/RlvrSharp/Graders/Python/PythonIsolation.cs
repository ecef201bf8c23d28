namespace RlvrSharp.Graders;

/// <summary>What stands between a python grader's code and the machine.</summary>
public enum PythonIsolation
{
    /// <summary>
    /// Nothing but limits on time, memory, file sizes and processes: the code has the network and every file of the user who runs it.
    /// Only used where <see cref="PythonGraderOptions.AllowUnisolated"/> says so.
    /// </summary>
    None,

    /// <summary>
    /// Linux namespaces that the worker sets up itself: own processes, no network, a read-only view of the system's folders and the
    /// interpreter, a private temporary folder, no capabilities. Started by root, the code runs under a user id that owns nothing.
    /// </summary>
    Namespaces,

    /// <summary>The same view of the machine, set up by the installed <c>bwrap</c> (bubblewrap).</summary>
    Bubblewrap,
}
