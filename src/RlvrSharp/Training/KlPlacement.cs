namespace RlvrSharp.Training;

/// <summary>Where the KL penalty toward the initial policy goes.</summary>
public enum KlPlacement
{
    /// <summary>Into the loss, as a term of its own (GRPO).</summary>
    Loss,

    /// <summary>Into the reward of each token, as −β (log π − log π_initial) (PPO, RLOO, REINFORCE++).</summary>
    Reward,
}
