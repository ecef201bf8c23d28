namespace RlvrSharp;

/// <summary>Turns scores into rewards: penalties, bonuses, clipping. Shapers run in the order they were added.</summary>
public interface IRewardShaper
{
    /// <summary>Changes the rewards of one group in place.</summary>
    /// <param name="group">The completions with their grades.</param>
    /// <param name="rewards">
    /// One reward per rollout of <paramref name="group"/>; on entry the score (for the first shaper) or what the shaper before left.
    /// </param>
    void Shape(RolloutGroup group, Span<float> rewards);
}
