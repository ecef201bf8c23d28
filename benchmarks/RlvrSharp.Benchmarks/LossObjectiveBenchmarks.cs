using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Losses;

namespace RlvrSharp.Benchmarks;

/// <summary>Every objective and term over 64 sequences of 1,024 tokens, against the plainest loop that gives the same numbers and against what one core streams.</summary>
[MemoryDiagnoser]
[Config(typeof(Config))]
public class LossObjectiveBenchmarks
{
    private const int Sequences = 64;
    private const int Length = 1024;
    private static readonly KlOptions Kl = new() { Coefficient = 0.01 };
    private static readonly ValueLossOptions Value = new();
    private static readonly OffPolicyOptions Correction = new();
    private static readonly Dictionary<string, PolicyObjective> Objectives = new()
    {
        ["clip"] = new ClippedSurrogateOptions(),
        ["dual-clip"] = new ClippedSurrogateOptions { DualClip = 3 },
        ["gspo"] = new ClippedSurrogateOptions { RatioLevel = RatioLevel.Sequence, ClipLow = 3e-4, ClipHigh = 4e-4 },
        ["rloo"] = new ClippedSurrogateOptions { RatioLevel = RatioLevel.SequenceProduct },
        ["cispo"] = new CispoOptions(),
        ["sapo"] = new SapoOptions(),
        ["dppo-tv"] = new TrustRegionOptions(),
        ["dppo-kl"] = new TrustRegionOptions { Measure = DivergenceMeasure.BinaryKl },
        ["dro"] = new DroOptions(),
        ["reinforce"] = new ReinforceOptions(),
        ["gmpo"] = new GeometricMeanOptions(),
        ["vespo"] = new VespoOptions(),
    };

    private readonly CoreStream stream = new();
    private float[] logProbs = [], oldLogProbs = [], advantages = [], weights = [], gradient = [];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Terms => [.. Objectives.Keys, "kl", "value", "off-policy"];

    /// <summary>The same random numbers each time; both rows of a term must agree.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        const int Tokens = Sequences * Length;
        oldLogProbs = [.. Enumerable.Range(0, Tokens).Select(_ => -0.1f - (3 * random.NextSingle()))];
        logProbs = [.. oldLogProbs.Select(value => value + (0.2f * (random.NextSingle() - 0.5f)))];
        advantages = [.. Enumerable.Range(0, Tokens).Select(_ => (2 * random.NextSingle()) - 1)];
        weights = [.. Enumerable.Repeat(1f / Tokens, Tokens)];
        gradient = new float[Tokens];
        foreach (string term in Terms)
        {
            Array.Clear(gradient);
            double expected = Oracle(term);
            float[] slopes = [.. gradient];
            Array.Clear(gradient);
            double actual = Library(term);
            if (Math.Abs(expected - actual) > 1e-4 * Math.Max(1, Math.Abs(expected)) || slopes.Zip(gradient).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-4 * Math.Max(1f / Tokens, Math.Abs(pair.First))))
            {
                throw new InvalidOperationException($"{term}: the library says {actual}, the oracle {expected}, or their gradients differ.");
            }
        }
    }

    /// <summary>The plain loop.</summary>
    /// <returns>The loss.</returns>
    [Benchmark(Baseline = true)]
    [ArgumentsSource(nameof(Terms))]
    public double Oracle(string term)
    {
        double loss = 0;
        for (int start = 0; start < logProbs.Length; start += Length)
        {
            loss += LossOracle.Sequence(
                term, logProbs.AsSpan(start, Length), oldLogProbs.AsSpan(start, Length), advantages.AsSpan(start, Length), weights.AsSpan(start, Length), gradient.AsSpan(start, Length));
        }

        return loss;
    }

    /// <summary>The library's.</summary>
    /// <returns>The loss.</returns>
    [Benchmark]
    [ArgumentsSource(nameof(Terms))]
    public double Library(string term)
    {
        double loss = 0;
        for (int start = 0; start < logProbs.Length; start += Length)
        {
            loss += Sequence(term, start);
        }

        return loss;
    }

    /// <summary>Four arrays read, a fifth read and written, from memory.</summary>
    /// <returns>An element.</returns>
    [Benchmark]
    public float Stream() => stream.Run();

    private double Sequence(string term, int start)
    {
        ReadOnlySpan<float> now = logProbs.AsSpan(start, Length), old = oldLogProbs.AsSpan(start, Length), advantage = advantages.AsSpan(start, Length), weight = weights.AsSpan(start, Length);
        Span<float> slopes = gradient.AsSpan(start, Length);
        var tokens = new PolicyTokens<float> { LogProbs = now, OldLogProbs = old, Advantages = advantage, Weights = weight };
        return term switch
        {
            "kl" => KlPenalty.Add(tokens, old, Kl, slopes).Loss,
            "value" => ValueLoss.Add(now, old, advantage, weight, Value, slopes).Loss,
            "off-policy" => OffPolicy.Scales(now, old, weight, Correction, slopes).WeightSum,
            _ => Objectives[term].Add(tokens, slopes).Loss,
        };
    }

    private sealed class Config() : BandwidthConfig(Bytes)
    {
        // Streams that are read, and the gradient that is read and written; the correction writes its scales only.
        private static double Bytes(BenchmarkCase benchmark) => Sequences * Length * ((string)benchmark.Parameters["term"] switch
        {
            "kl" => 20.0,
            "off-policy" => 16.0,
            _ => 24.0,
        });
    }
}
