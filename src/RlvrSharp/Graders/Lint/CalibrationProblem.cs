namespace RlvrSharp.Graders.Lint;

/// <summary>How hard one problem is for the model.</summary>
/// <param name="Id">The problem.</param>
/// <param name="Samples">Completions that count: graded, or ungradable with score 0.</param>
/// <param name="Passed">Those with a score of at least the pass score.</param>
/// <param name="MeanScore">Their mean score.</param>
/// <param name="BestScore">Their best score.</param>
/// <param name="IsDead">Whether all have the same score, so that a group of them teaches nothing.</param>
public sealed record CalibrationProblem(string Id, int Samples, int Passed, double MeanScore, double BestScore, bool IsDead)
{
    /// <summary>The share that passed.</summary>
    public double PassRate => Samples == 0 ? 0 : (double)Passed / Samples;
}
