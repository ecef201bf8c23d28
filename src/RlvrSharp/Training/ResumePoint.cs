namespace RlvrSharp.Training;

/// <summary>Where a run can be continued, and what it was started with.</summary>
/// <param name="Step">The last step that the newest checkpoint holds.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="TotalSteps">The steps that the run was to have.</param>
public sealed record ResumePoint(int Step, ulong Seed, int TotalSteps);
