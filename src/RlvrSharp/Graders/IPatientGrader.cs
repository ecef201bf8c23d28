namespace RlvrSharp.Graders;

/// <summary>A grader that limits its own time: attempts at a service with a time-out each and the waits between them, calls of a worker that may have to be waited for.</summary>
internal interface IPatientGrader
{
    /// <summary>The longest that one grade may take by the grader's own limits.</summary>
    TimeSpan Patience { get; }
}
