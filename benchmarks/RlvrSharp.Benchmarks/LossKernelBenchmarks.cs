using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using RlvrSharp.Losses;

namespace RlvrSharp.Benchmarks;

/// <summary>
/// The clipped surrogate in one pass: value, gradient, metrics. It reads four numbers a token and reads and writes the gradient: 24 bytes. The
/// share of memory bandwidth is its 24 bytes a token and its time against those of <see cref="StreamFromMemory"/>, which moves the same streams through arrays that no cache holds.
/// </summary>
[MemoryDiagnoser]
public class LossKernelBenchmarks
{
    private const int StreamLength = 1 << 23;
    private static readonly ClippedSurrogateOptions Options = new();
    private float[] logProbs = [], oldLogProbs = [], advantages = [], weights = [], gradient = [];
    private float[][] streams = [];

    /// <summary>Tokens per call.</summary>
    [Params(256, 4096, 65536)]
    public int Tokens { get; set; }

    /// <summary>The same random numbers each time.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        oldLogProbs = Fill(() => -3 * random.NextSingle());
        logProbs = [.. oldLogProbs.Select(value => value + (0.6f * (random.NextSingle() - 0.5f)))];
        advantages = Fill(() => (2 * random.NextSingle()) - 1);
        weights = Fill(() => 1f / Tokens);
        gradient = new float[Tokens];
        streams = Tokens == 65536 ? [.. Enumerable.Range(0, 5).Select(_ => new float[StreamLength])] : [];
        double expected = Scalar(), actual = Kernel();
        if (Math.Abs(expected - actual) > 1e-5)
        {
            throw new InvalidOperationException($"The kernel says {actual}, the oracle {expected}.");
        }
    }

    /// <summary>The plain loop.</summary>
    /// <returns>The loss.</returns>
    [Benchmark(Baseline = true)]
    public double Scalar()
    {
        double loss = 0, ratioSum = 0, klSum = 0, deviation = 0;
        int low = 0, high = 0;
        for (int i = 0; i < logProbs.Length; i++)
        {
            float logRatio = logProbs[i] - oldLogProbs[i];
            float ratio = MathF.Exp(logRatio), advantage = advantages[i];
            float free = ratio * advantage, bound = Math.Clamp(ratio, 0.8f, 1.2f) * advantage;
            loss -= weights[i] * Math.Min(free, bound);
            gradient[i] -= free <= bound ? weights[i] * free : 0;
            low += bound < free && advantage < 0 ? 1 : 0;
            high += bound < free && advantage > 0 ? 1 : 0;
            ratioSum += ratio;
            klSum += ratio - 1 - logRatio;
            deviation = Math.Max(deviation, Math.Abs(ratio - 1));
        }

        return loss + (0 * (ratioSum + klSum + deviation + low + high));
    }

    /// <summary>The library's.</summary>
    /// <returns>The loss.</returns>
    [Benchmark]
    public double Kernel() => PolicyLosses.ClippedSurrogate(
        new PolicyTokens<float> { LogProbs = logProbs, OldLogProbs = oldLogProbs, Advantages = advantages, Weights = weights }, Options, gradient.AsSpan()).Loss;

    /// <summary>Four arrays read, a fifth read and written, as fast as one core can: 24 bytes an element. Only with the largest length.</summary>
    /// <returns>An element.</returns>
    [Benchmark(OperationsPerInvoke = StreamLength / 65536)]
    public float StreamFromMemory()
    {
        if (streams.Length == 0)
        {
            return 0;
        }

        ref float a = ref MemoryMarshal.GetArrayDataReference(streams[0]), b = ref MemoryMarshal.GetArrayDataReference(streams[1]);
        ref float c = ref MemoryMarshal.GetArrayDataReference(streams[2]), d = ref MemoryMarshal.GetArrayDataReference(streams[3]), e = ref MemoryMarshal.GetArrayDataReference(streams[4]);
        for (nuint i = 0; i < StreamLength; i += (nuint)Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref a, i) + Vector256.LoadUnsafe(ref b, i) + Vector256.LoadUnsafe(ref c, i) + Vector256.LoadUnsafe(ref d, i) + Vector256.LoadUnsafe(ref e, i)).StoreUnsafe(ref e, i);
        }

        return e;
    }

    private float[] Fill(Func<float> next) => [.. Enumerable.Range(0, Tokens).Select(_ => next())];
}
