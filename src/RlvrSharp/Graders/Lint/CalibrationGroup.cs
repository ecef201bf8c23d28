namespace RlvrSharp.Graders.Lint;

/// <summary>One problem and the grades of the completions that a model sampled for it.</summary>
/// <param name="Id">What reports call the problem.</param>
/// <param name="Grades">One or more grades.</param>
public sealed record CalibrationGroup(string Id, IReadOnlyList<Grade> Grades);
