namespace RlvrSharp.Losses;

/// <summary>How KL(π ‖ π_ref) is estimated from one token, with x = log π − log π_ref (Schulman, "Approximating KL divergence").</summary>
public enum KlEstimator
{
    /// <summary>x: unbiased, can be negative, high variance.</summary>
    K1,

    /// <summary>x² / 2: biased, its gradient is the right one in the loss.</summary>
    K2,

    /// <summary>exp(−x) − 1 + x: unbiased and never negative; GRPO's.</summary>
    K3,

    /// <summary>|x|.</summary>
    Absolute,

    /// <summary>x², without the half: the pull toward the sampler of prime-rl.</summary>
    Squared,

    /// <summary>ratio · x, the ratio being that of the policy loss, with its gradient.</summary>
    WeightedK1,

    /// <summary>ratio · k3: unbiased in value and gradient when samples come from the old policy (TRL's "bias correction", slime's "unbiased").</summary>
    Unbiased,
}
