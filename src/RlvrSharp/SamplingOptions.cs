using System.ComponentModel.DataAnnotations;

namespace RlvrSharp;

/// <summary>How completions are drawn.</summary>
public sealed class SamplingOptions
{
    /// <summary>What logits are divided by; 0 takes the most probable token each time (greedy).</summary>
    /// <value>The default value is 1.</value>
    [Within(0.0, 100.0)]
    public double Temperature { get; set; } = 1;

    /// <summary>Draw from the smallest set of tokens whose probabilities sum to at least this; 1 switches it off.</summary>
    /// <value>The default value is 1.</value>
    [Within(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; set; } = 1;

    /// <summary>Draw from this many of the most probable tokens; 0 switches it off.</summary>
    /// <value>The default value is 0.</value>
    [Within(0, int.MaxValue)]
    public int TopK { get; set; }

    /// <summary>The longest completion, in tokens.</summary>
    /// <value>The default value is 256.</value>
    [Within(1, 1_000_000)]
    public int MaxTokens { get; set; } = 256;
}
