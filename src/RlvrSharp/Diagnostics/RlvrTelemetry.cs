namespace RlvrSharp.Diagnostics;

/// <summary>The names an application subscribes to: <c>meters.AddMeter(RlvrTelemetry.MeterName)</c>, <c>tracing.AddSource(RlvrTelemetry.ActivitySourceName)</c>.</summary>
public static class RlvrTelemetry
{
    /// <summary>The meter.</summary>
    public const string MeterName = "RlvrSharp";

    /// <summary>The activity source. Its spans: <c>rlvr.step</c> over <c>rlvr.rollout</c>, <c>rlvr.grade</c>, <c>rlvr.update</c>.</summary>
    public const string ActivitySourceName = "RlvrSharp";

    internal const string StepSpan = "rlvr.step";
    internal const string RolloutSpan = "rlvr.rollout";
    internal const string GradeSpan = "rlvr.grade";
    internal const string UpdateSpan = "rlvr.update";

    internal const string GraderNameTag = "rlvr.grader.name";
    internal const string GradeStatusTag = "rlvr.grade.status";
    internal const string TokenTypeTag = "rlvr.token.type";

    internal static readonly System.Diagnostics.ActivitySource Source = new(ActivitySourceName);
}
