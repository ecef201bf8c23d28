using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Policies;

/// <summary>How a <see cref="ManagedPolicy"/> computes and what of it is trained. Threads, batch and pass sizes and recomputation change no result.</summary>
public sealed class ManagedPolicyOptions
{
    /// <summary>Threads to compute on; 0 is all cores.</summary>
    /// <value>The default value is 0.</value>
    [Within(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Whether there is a value head, a linear layer from the final hidden state to one number, as PPO needs. It begins at zero.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool ValueHead { get; set; }

    /// <summary>How many sequences are decoded at once; more are kept waiting.</summary>
    /// <value>The default value is 64.</value>
    [Within(1, 65536)]
    public int MaxBatch { get; set; } = 64;

    /// <summary>How many tokens go through one forward and backward pass at most; larger batches are cut between groups. Bounds memory.</summary>
    /// <value>The default value is 8192.</value>
    [Within(1, 1 << 24)]
    public int MaxTokensPerPass { get; set; } = 8192;

    /// <summary>Adapters to train in place of the model's own weights.</summary>
    /// <value>The default value is <see langword="null"/>: everything is trained.</value>
    [ValidateObjectMembers]
    public LoraOptions? Lora { get; set; }

    /// <summary>Keep matrices in memory as bfloat16 (half the memory; computed in float32). They cannot be trained then, adapters can.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool BFloat16Weights { get; set; }

    /// <summary>Keep one activation per layer and token for the backward pass and compute the others again: less memory, about a third more time.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool RecomputeActivations { get; set; }

    /// <summary>Which of a model's named chat templates prompts go through.</summary>
    /// <value>The default value is <see langword="null"/>: <c>tool_use</c> for prompts with tools where there is one, else <c>default</c>.</value>
    public string? ChatTemplate { get; set; }

    /// <summary>Variables for the chat template, such as <c>enable_thinking</c>; see <see cref="Models.ChatTemplateOptions.Variables"/>.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, object?> ChatTemplateVariables { get; private set; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Fresh models: the standard deviation of weights; null takes the configuration's <c>initializer_range</c>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    [Within(0.0, 10.0)]
    public double? InitializerStd { get; set; }

    /// <summary>Fresh models: draw embeddings with standard deviation 1/√hidden instead, so that hidden states begin with length 1.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool ScaledEmbedding { get; set; }

    internal ManagedPolicyOptions Copy()
    {
        var copy = (ManagedPolicyOptions)MemberwiseClone();
        copy.ChatTemplateVariables = new Dictionary<string, object?>(ChatTemplateVariables, StringComparer.Ordinal);
        return copy;
    }
}

/// <summary>Checks <see cref="ManagedPolicyOptions"/>.</summary>
[OptionsValidator]
public sealed partial class ManagedPolicyOptionsValidator : IValidateOptions<ManagedPolicyOptions>;
