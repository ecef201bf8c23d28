using System.Runtime.InteropServices;

namespace RlvrSharp.Torch;

/// <summary>What libtorch reports, in words that say what to do.</summary>
internal static class TorchFault
{
    /// <summary>Runs a computation; memory that is not there becomes a <see cref="PolicyException"/>, everything else passes.</summary>
    public static T Explain<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (ExternalException fault) when (fault.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || fault.Message.Contains("allocate memory", StringComparison.OrdinalIgnoreCase))
        {
            throw new PolicyException(
                "The device has not enough memory. While sampling, lower TorchPolicyOptions.MaxBatch or the longest answer; while training, lower MaxTokensPerPass and MaxLogitRows, or set RecomputeActivations; for less of both, set Precision to BFloat16 or train adapters (Lora). libtorch says: "
                + fault.Message.Split('\n')[0],
                fault);
        }
    }
}
