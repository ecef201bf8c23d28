using BenchmarkDotNet.Attributes;
using RlvrSharp.Losses;

namespace RlvrSharp.Benchmarks;

/// <summary>Every objective and term over sequences of 1,024 tokens: what each costs next to the clipped surrogate.</summary>
[MemoryDiagnoser]
public class LossObjectiveBenchmarks
{
    private const int Tokens = 1024;
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

    private float[] logProbs = [], oldLogProbs = [], advantages = [], weights = [], gradient = [];

    /// <summary>Which one.</summary>
    [Params("clip", "dual-clip", "gspo", "rloo", "cispo", "sapo", "dppo-tv", "dppo-kl", "dro", "reinforce", "gmpo", "vespo", "kl", "value", "off-policy")]
    public string Term { get; set; } = "";

    private PolicyTokens<float> Sequence => new() { LogProbs = logProbs, OldLogProbs = oldLogProbs, Advantages = advantages, Weights = weights };

    /// <summary>The same random numbers each time.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        oldLogProbs = [.. Enumerable.Range(0, Tokens).Select(_ => -0.1f - (3 * random.NextSingle()))];
        logProbs = [.. oldLogProbs.Select(value => value + (0.2f * (random.NextSingle() - 0.5f)))];
        advantages = [.. Enumerable.Range(0, Tokens).Select(_ => (2 * random.NextSingle()) - 1)];
        weights = [.. Enumerable.Repeat(1f / Tokens, Tokens)];
        gradient = new float[Tokens];
    }

    /// <summary>One sequence.</summary>
    /// <returns>The loss.</returns>
    [Benchmark]
    public double Sequence1024() => Term switch
    {
        "kl" => KlPenalty.Add(Sequence, oldLogProbs, Kl, gradient).Loss,
        "value" => ValueLoss.Add<float>(logProbs, oldLogProbs, advantages, weights, Value, gradient).Loss,
        "off-policy" => OffPolicy.Scales<float>(logProbs, oldLogProbs, weights, Correction, gradient).WeightSum,
        _ => Objectives[Term].Add(Sequence, gradient.AsSpan()).Loss,
    };
}
