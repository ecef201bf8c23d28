using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Graders.Lint;

/// <summary>How much is checked.</summary>
public sealed class GraderLintOptions
{
    /// <summary>How many rows the probes, the constant answers and the other dynamic checks use; taken evenly from the whole set.</summary>
    /// <value>The default is 20.</value>
    [Within(1, 100_000)]
    public int ProbeRows { get; set; } = 20;

    /// <summary>Whether graders that ask models or services are asked by the probes as well. If not, the whole check asks for the gold and empty answers of three rows, and the quick one for none.</summary>
    /// <value>The default is false: it costs money and time.</value>
    public bool AskServices { get; set; }

    /// <summary>From which mean score of one constant answer on there is a warning; from 0.9 on it is an error.</summary>
    /// <value>The default is 0.5.</value>
    [Within(0.0, 1.0)]
    public double MaxConstantScore { get; set; } = 0.5;

    /// <summary>From which mean time of a grade on there is a warning.</summary>
    /// <value>The default is 50 milliseconds.</value>
    public TimeSpan MaxTimePerGrade { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How many threads the determinism check uses.</summary>
    /// <value>The default is 8.</value>
    [Within(1, 256)]
    public int Threads { get; set; } = 8;

    /// <summary>The perfect answer to a row; null takes what the grader compares with, or the row's reference.</summary>
    /// <value>The default is null.</value>
    public Func<Problem, string?>? GoldAnswer { get; set; }
}
