namespace RlvrSharp.Advantages;

/// <summary>What an advantage is divided by.</summary>
public enum AdvantageStd
{
    /// <summary>Nothing (Dr.GRPO).</summary>
    None,

    /// <summary>The sample standard deviation, n − 1 below (TRL, verl).</summary>
    Sample,

    /// <summary>The population standard deviation, n below (open-instruct's "standard").</summary>
    Population,
}
