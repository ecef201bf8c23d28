using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Graders;

/// <summary>How a <see cref="PythonGrader"/> runs its code. Read once, when the grader is made.</summary>
public sealed class PythonGraderOptions
{
    /// <summary>What the grader is called in errors and reports.</summary>
    /// <value>The default value is <c>python</c>.</value>
    [Required]
    public string Name { get; set; } = "python";

    /// <summary>The interpreter: a path, or a name to look up on PATH. Its packages are the packages that the grader can import.</summary>
    /// <value>The default value is <c>python3</c>.</value>
    [Required]
    public string Interpreter { get; set; } = "python3";

    /// <summary>The image that the grader was written for. Accepted for the sake of job files and not used: there are no images here.</summary>
    /// <value>The default value is null.</value>
    public string? ImageTag { get; set; }

    /// <summary>How long one call may take. The OpenAI service allows two minutes; here a grader is expected to be quick.</summary>
    /// <value>The default value is 10 seconds.</value>
    [Within("00:00:00.010", "01:00:00")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the source may take to load: its imports and everything else outside of <c>grade</c>. Done once per worker.</summary>
    /// <value>The default value is one minute.</value>
    [Within("00:00:00.010", "01:00:00")]
    public TimeSpan LoadTimeLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes of memory: the address space of each process, and what all processes of one call hold together.</summary>
    /// <value>The default value is 2 GiB.</value>
    [Within(64L << 20, 1L << 46)]
    public long MemoryLimit { get; set; } = 2L << 30;

    /// <summary>Bytes that one call may keep in its temporary folder (which lies in memory). Without isolation: bytes of each file it writes.</summary>
    /// <value>The default value is 1 GiB.</value>
    [Within(1L << 20, 1L << 46)]
    public long DiskLimit { get; set; } = 1L << 30;

    /// <summary>How many processes one call may have at a time.</summary>
    /// <value>The default value is 64.</value>
    [Within(1, 4096)]
    public int ProcessLimit { get; set; } = 64;

    /// <summary>How many calls run at a time; each has its own worker, started when first needed and kept warm.</summary>
    /// <value>The default value is the number of processors, at most 16.</value>
    [Within(1, 256)]
    public int Workers { get; set; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>How many bytes of the end of stdout, and of stderr, are kept for the reason of a failed grade.</summary>
    /// <value>The default value is 4096.</value>
    [Within(0, 1 << 20)]
    public int OutputLimit { get; set; } = 4096;

    /// <summary>
    /// Whether a score outside [0, 1] is cut to the range, the number itself being kept as the metric <c>raw_score</c>. Otherwise it fails
    /// the grade, so that a wrong scale is noticed.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool ClampScores { get; set; }

    /// <summary>
    /// Whether the code may run without isolation where none is to be had. It could then read, change and send everything that you
    /// can: allow it only for code that you would run by hand.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool AllowUnisolated { get; set; }

    /// <summary>The one kind of isolation to use, or null to take the first that works: namespaces, bubblewrap, and none if allowed.</summary>
    /// <value>The default value is null.</value>
    public PythonIsolation? Isolation { get; set; }
}
