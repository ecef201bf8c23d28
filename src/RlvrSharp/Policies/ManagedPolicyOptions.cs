using System.ComponentModel.DataAnnotations;

namespace RlvrSharp.Policies;

/// <summary>How a <see cref="ManagedPolicy"/> computes. None of it but <see cref="ValueHead"/> changes a number.</summary>
public sealed class ManagedPolicyOptions
{
    /// <summary>Threads to compute on; 0 is all cores.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Whether there is a value head, a linear layer from the final hidden state to one number, as PPO needs. It begins at zero.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool ValueHead { get; set; }

    /// <summary>How many sequences are decoded at once; more are kept waiting.</summary>
    /// <value>The default value is 64.</value>
    [Range(1, 65536)]
    public int MaxBatch { get; set; } = 64;

    /// <summary>How many tokens go through one forward and backward pass at most; larger batches are cut between groups. Bounds memory.</summary>
    /// <value>The default value is 8192.</value>
    [Range(1, 1 << 24)]
    public int MaxTokensPerPass { get; set; } = 8192;

    /// <summary>Fresh models: the standard deviation of weights; null takes the configuration's <c>initializer_range</c>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [Range(0.0, 10.0)]
    public double? InitializerStd { get; set; }

    /// <summary>Fresh models: draw embeddings with standard deviation 1/√hidden instead, so that hidden states begin with length 1.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool ScaledEmbedding { get; set; }
}
