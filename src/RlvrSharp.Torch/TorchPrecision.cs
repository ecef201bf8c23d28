namespace RlvrSharp.Torch;

/// <summary>What a <see cref="TorchPolicy"/> computes in.</summary>
public enum TorchPrecision
{
    /// <summary>Single precision (32 bits) everywhere.</summary>
    Full,

    /// <summary>
    /// Weights and activations of the layers in bfloat16; norms, softmax, log-probabilities, gradients over a step, moments and the weights the
    /// optimiser moves in single precision.
    /// </summary>
    BFloat16,
}
