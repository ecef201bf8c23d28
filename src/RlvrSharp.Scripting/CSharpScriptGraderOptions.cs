using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Scripting;

/// <summary>How a <see cref="CSharpScriptGrader"/> runs. Read once, when the grader is made.</summary>
public sealed class CSharpScriptGraderOptions
{
    /// <summary>What the grader is called in errors and reports.</summary>
    /// <value>The default value is <c>csharp</c>.</value>
    [Required]
    public string Name { get; set; } = "csharp";

    /// <summary>
    /// How long one call may take. The call is then told to stop through its cancellation token and its grade is Failed; code that does
    /// not heed the token keeps its thread, for nothing can end a thread from outside.
    /// </summary>
    /// <value>The default value is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a score outside [0, 1] is cut to the range, the number itself being kept as the metric <c>raw_score</c>. Otherwise it fails
    /// the grade. A class that implements <see cref="IGrader"/> makes its grades itself, so this does not concern it.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool ClampScores { get; set; }
}
