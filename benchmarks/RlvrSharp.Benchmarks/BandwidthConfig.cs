using BenchmarkDotNet.Running;

namespace RlvrSharp.Benchmarks;

/// <summary>Adds the bytes a call must move per second (each array once, a gradient read and written), and their share of what the row <c>Stream</c> of the same run moves.</summary>
public abstract class BandwidthConfig : ThroughputConfig
{
    /// <param name="bytes">Bytes of one call of any other row.</param>
    protected BandwidthConfig(Func<BenchmarkCase, double> bytes)
        : base("GB/s", 1e9, benchmark => IsStream(benchmark) ? CoreStream.Bytes : bytes(benchmark), _ => 1, "Stream", "of stream")
    {
    }

    private static bool IsStream(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.Name == "Stream";
}
