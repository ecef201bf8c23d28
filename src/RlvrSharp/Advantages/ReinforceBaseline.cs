namespace RlvrSharp.Advantages;

/// <summary>What REINFORCE subtracts from its returns.</summary>
public enum ReinforceBaseline
{
    /// <summary>Nothing; whitening over the batch takes its place (REINFORCE++).</summary>
    None,

    /// <summary>The mean reward of the group (REINFORCE++-baseline).</summary>
    GroupMean,

    /// <summary>The reward of the greedy completion (ReMax).</summary>
    Greedy,
}
