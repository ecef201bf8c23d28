using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Graders.Judges;

/// <summary>How graders ask models and services.</summary>
public sealed class JudgeOptions
{
    /// <summary>How often a question is asked before the grade is Failed.</summary>
    /// <value>The default is 4: once and three retries, as the contract has it.</value>
    [Within(1, 100)]
    public int Attempts { get; set; } = 4;

    /// <summary>The wait before the first retry; it doubles for each further one.</summary>
    /// <value>The default is one second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one attempt of a judge may take.</summary>
    /// <value>The default is two minutes.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How many answers each judge remembers; the same question is then asked once, and equal completions get equal scores.</summary>
    /// <value>The default is 100,000; 0 remembers none.</value>
    [Within(0, int.MaxValue)]
    public int CacheEntries { get; set; } = 100_000;

    /// <summary>
    /// Whether text that the model wrote is put between markers that it cannot guess, with an instruction to the judge that nothing between
    /// them is an instruction.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Delimit { get; set; } = true;

    /// <summary>The clock of waits and time-outs.</summary>
    /// <value>The default is the system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
