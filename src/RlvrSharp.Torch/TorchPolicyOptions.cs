using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RlvrSharp.Policies;

namespace RlvrSharp.Torch;

/// <summary>Where and how a <see cref="TorchPolicy"/> computes and what of it is trained.</summary>
public sealed class TorchPolicyOptions
{
    /// <summary>The device by its PyTorch name: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
    /// <value>The default value is <see langword="null"/>: the first GPU where there is one, else the processor.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?", ErrorMessage = "The field {0} is the name of a device: cpu, cuda or cuda:N.")]
    public string? Device { get; set; }

    /// <summary>What to compute in.</summary>
    /// <value>The default value is <see cref="TorchPrecision.Full"/>.</value>
    [EnumDataType(typeof(TorchPrecision))]
    public TorchPrecision Precision { get; set; }

    /// <summary>Whether there is a value head, a linear layer from the final hidden state to one number, as PPO needs. It begins at zero.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool ValueHead { get; set; }

    /// <summary>How many sequences are decoded at once; more are kept waiting.</summary>
    /// <value>The default value is 64.</value>
    [Within(1, 65536)]
    public int MaxBatch { get; set; } = 64;

    /// <summary>How many tokens, padding included, go through one forward and backward pass at most. Bounds memory.</summary>
    /// <value>The default value is 8192.</value>
    [Within(1, 1 << 24)]
    public int MaxTokensPerPass { get; set; } = 8192;

    /// <summary>How many answer tokens are compared with the whole vocabulary at once. Bounds the memory of the logits.</summary>
    /// <value>The default value is 2048.</value>
    [Within(1, 1 << 20)]
    public int MaxLogitRows { get; set; } = 2048;

    /// <summary>Adapters to train in place of the model's own weights.</summary>
    /// <value>The default value is <see langword="null"/>: everything is trained.</value>
    [ValidateObjectMembers]
    public LoraOptions? Lora { get; set; }

    /// <summary>Keep one activation per layer for the backward pass and compute the others again: less memory, about a third more time.</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool RecomputeActivations { get; set; }

    /// <summary>Which of a model's named chat templates prompts go through.</summary>
    /// <value>The default value is <see langword="null"/>: <c>tool_use</c> for prompts with tools where there is one, else <c>default</c>.</value>
    public string? ChatTemplate { get; set; }

    /// <summary>Variables for the chat template, such as <c>enable_thinking</c>.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, object?> ChatTemplateVariables { get; private set; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    internal TorchPolicyOptions Copy()
    {
        var copy = (TorchPolicyOptions)MemberwiseClone();
        copy.ChatTemplateVariables = new Dictionary<string, object?>(ChatTemplateVariables, StringComparer.Ordinal);
        return copy;
    }
}

/// <summary>Checks <see cref="TorchPolicyOptions"/>.</summary>
[OptionsValidator]
public sealed partial class TorchPolicyOptionsValidator : IValidateOptions<TorchPolicyOptions>;
