namespace RlvrSharp.Graders.Lint;

/// <summary>How bad a finding is.</summary>
public enum LintSeverity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Likely to be exploited or to mislead; training may go on.</summary>
    Warning,

    /// <summary>Training on this would be wasted.</summary>
    Error,
}
