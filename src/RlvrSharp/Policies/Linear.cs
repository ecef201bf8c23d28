namespace RlvrSharp.Policies;

/// <summary>A linear layer: y = W x, plus b where there is one, plus what an adapter adds.</summary>
internal sealed record Linear(Parameter Weight, Parameter? Bias)
{
    /// <summary>The adapter, or null.</summary>
    public LoraAdapter? Adapter { get; set; }
}
