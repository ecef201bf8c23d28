namespace RlvrSharp.Losses;

/// <summary>How far sampler and trainer are apart at a token, with u = log π_old − log π_sampler.</summary>
public enum RejectionStatistic
{
    /// <summary>exp(u), the importance ratio.</summary>
    Ratio,

    /// <summary>−u, in nats.</summary>
    K1,

    /// <summary>u² / 2.</summary>
    K2,

    /// <summary>exp(u) − 1 − u.</summary>
    K3,

    /// <summary>|exp(u) − 1|.</summary>
    TotalVariation,
}
