namespace RlvrSharp.Graders;

/// <summary>A grader that asks a service and limits its own time: attempts with a time-out each, and the waits between them.</summary>
internal interface IPatientGrader
{
    /// <summary>The longest that one grade may take by the grader's own limits.</summary>
    TimeSpan Patience { get; }
}
