using BenchmarkDotNet.Attributes;
using RlvrSharp.Losses;

namespace RlvrSharp.Benchmarks;

/// <summary>
/// The clipped surrogate in one pass: value, gradient, metrics. It reads four numbers a token and reads and writes the gradient: 24 bytes, held against <see cref="Stream"/>,
/// which moves the same five streams through arrays that no cache holds.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(Config))]
public class LossKernelBenchmarks
{
    private static readonly ClippedSurrogateOptions Options = new();
    private float[] logProbs = [], oldLogProbs = [], advantages = [], weights = [], gradient = [];
    private readonly CoreStream stream = new();

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

    /// <summary>Four arrays read, a fifth read and written, from memory.</summary>
    /// <returns>An element.</returns>
    [Benchmark]
    public float Stream() => stream.Run();

    private float[] Fill(Func<float> next) => [.. Enumerable.Range(0, Tokens).Select(_ => next())];

    private sealed class Config() : BandwidthConfig(benchmark => 24.0 * Parameter(benchmark, nameof(Tokens)));
}
