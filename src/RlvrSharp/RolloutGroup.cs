namespace RlvrSharp;

/// <summary>The completions sampled for one problem in one step, as reward shapers and advantage estimators see them.</summary>
/// <param name="Problem">The problem.</param>
/// <param name="ProblemIndex">The problem's place in the training set.</param>
/// <param name="Rollouts">The completions whose status is graded or ungradable, in sampling order.</param>
public sealed record RolloutGroup(Problem Problem, int ProblemIndex, IReadOnlyList<Rollout> Rollouts);
