using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Advantages;

namespace RlvrSharp.Benchmarks;

/// <summary>Advantages of 512 completions in groups of 8, GAE, returns and whitening over 65,536 tokens, against plain loops and against what one core streams.</summary>
[MemoryDiagnoser]
[Config(typeof(Config))]
public class AdvantageBenchmarks
{
    private const int Completions = 512;
    private const int GroupSize = 8;
    private const int Tokens = 65_536;
    private static readonly GroupAdvantageOptions Group = new();
    private static readonly GaeOptions GaeSettings = new();
    private static readonly WhiteningOptions WhiteningSettings = new();
    private readonly double[] rewards = new double[Completions], advantages = new double[Completions];
    private readonly int[] lengths = [.. Enumerable.Range(0, Completions).Select(i => 20 + (i % 31))];
    private readonly float[] tokenRewards = new float[Tokens], values = new float[Tokens], tokenAdvantages = new float[Tokens], returns = new float[Tokens];
    private readonly CoreStream stream = new();

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Terms => ["grpo", "rloo", "leave-one-out-std", "maxrl", "opo", "pass@k", "gae", "returns", "whitening"];

    /// <summary>The same random numbers each time; both rows of a term must agree.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        for (int i = 0; i < Completions; i++)
        {
            rewards[i] = i % GroupSize == 0 ? 1 : random.Next(5) / 4.0;
        }

        for (int i = 0; i < Completions; i += GroupSize)
        {
            // No group is flat, or flat but for one: what happens then is the library's own and no part of the formulas.
            (rewards[i + 1], rewards[i + 2], rewards[i + 3]) = (0, 0.5, 0.25);
        }

        for (int i = 0; i < Tokens; i++)
        {
            tokenRewards[i] = i % 128 == 127 ? 1 : 0;
            values[i] = random.NextSingle();
        }

        foreach (string term in Terms)
        {
            bool tokens = PerToken(term);
            Oracle(term);
            double[] expected = tokens ? [.. tokenAdvantages] : [.. advantages];
            Library(term);
            double[] actual = tokens ? [.. tokenAdvantages] : [.. advantages];
            if (expected.Zip(actual).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-4 * Math.Max(1, Math.Abs(pair.First))))
            {
                throw new InvalidOperationException($"{term}: the library and the oracle differ.");
            }
        }
    }

    /// <summary>The plain loop.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark(Baseline = true)]
    [ArgumentsSource(nameof(Terms))]
    public double Oracle(string term)
    {
        switch (term)
        {
            case "gae":
                AdvantageOracle.Gae(tokenRewards, values, 0.95f, tokenAdvantages, returns);
                return tokenAdvantages[0];
            case "returns":
                AdvantageOracle.Returns(tokenRewards, tokenAdvantages);
                return tokenAdvantages[0];
            case "whitening":
                AdvantageOracle.Whiten(values, tokenAdvantages);
                return tokenAdvantages[0];
        }

        for (int start = 0; start < Completions; start += GroupSize)
        {
            AdvantageOracle.Group(term, rewards.AsSpan(start, GroupSize), lengths.AsSpan(start, GroupSize), advantages.AsSpan(start, GroupSize));
        }

        return advantages[0];
    }

    /// <summary>The library's.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark]
    [ArgumentsSource(nameof(Terms))]
    public double Library(string term)
    {
        switch (term)
        {
            case "gae":
                Gae.Estimate<float>(tokenRewards, values, default, GaeSettings, tokenAdvantages, returns);
                return tokenAdvantages[0];
            case "returns":
                Gae.Returns<float>(tokenRewards, default, 1, MaskedTokens.Ignore, tokenAdvantages);
                return tokenAdvantages[0];
            case "whitening":
                Whitening.Apply<float>(values, default, WhiteningSettings, tokenAdvantages);
                return tokenAdvantages[0];
        }

        for (int start = 0; start < Completions; start += GroupSize)
        {
            ReadOnlySpan<double> group = rewards.AsSpan(start, GroupSize);
            Span<double> into = advantages.AsSpan(start, GroupSize);
            _ = term switch
            {
                "grpo" => GroupAdvantages.Relative(group, Group, into),
                "rloo" => GroupAdvantages.LeaveOneOut(group, Group, into),
                "leave-one-out-std" => GroupAdvantages.LeaveOneOutScaled(group, Group, into),
                "maxrl" => GroupAdvantages.MaxRl(group, Group, into),
                "opo" => GroupAdvantages.LengthWeighted(group, lengths.AsSpan(start, GroupSize), Group, into),
                _ => GroupAdvantages.BestOnly(group, Group, into),
            };
        }

        return advantages[0];
    }

    /// <summary>Four arrays read, a fifth read and written, from memory.</summary>
    /// <returns>An element.</returns>
    [Benchmark]
    public float Stream() => stream.Run();

    private static bool PerToken(string term) => term is "gae" or "returns" or "whitening";

    private sealed class Config() : BandwidthConfig(Bytes)
    {
        private static double Bytes(BenchmarkCase benchmark) => (string)benchmark.Parameters["term"] switch
        {
            "gae" => 16.0 * Tokens,
            "returns" or "whitening" => 8.0 * Tokens,
            "opo" => 20.0 * Completions,
            _ => 16.0 * Completions,
        };
    }
}
