namespace RlvrSharp.Graders.Json;

/// <summary>Makes a grader of one type from its JSON.</summary>
/// <param name="reader">The JSON object, read key by key; problems are reported to it rather than thrown, so that all are named at once.</param>
/// <returns>The grader, or null after at least one problem was reported.</returns>
public delegate IGrader? GraderFactory(GraderJsonReader reader);
