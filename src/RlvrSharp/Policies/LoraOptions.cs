using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Policies;

/// <summary>Low-rank adapters (LoRA, arXiv 2106.09685): W x + (alpha / rank) · B A x, only A and B trained.</summary>
public sealed class LoraOptions
{
    /// <summary>The layers that can have an adapter.</summary>
    public static IReadOnlyList<string> Modules { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>The rank of each adapter.</summary>
    /// <value>The default value is 16.</value>
    [Within(1, 1024)]
    public int Rank { get; set; } = 16;

    /// <summary>The adapter's output is multiplied by this over <see cref="Rank"/>.</summary>
    /// <value>The default value is 32.</value>
    [Within(0.0, 1e6, MinimumIsExclusive = true)]
    public double Alpha { get; set; } = 32;

    /// <summary>Which layers get an adapter: any of <see cref="Modules"/>.</summary>
    /// <value>The default value is empty: all of them.</value>
    public IList<string> TargetModules { get; } = [];

    /// <summary>Names the adapters' first weights.</summary>
    /// <value>The default value is 0.</value>
    public ulong Seed { get; set; }
}
