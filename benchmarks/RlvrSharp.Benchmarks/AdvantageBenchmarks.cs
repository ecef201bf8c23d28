using BenchmarkDotNet.Attributes;
using RlvrSharp.Advantages;

namespace RlvrSharp.Benchmarks;

/// <summary>Advantages of 512 completions in groups of 8, and GAE and whitening over 65,536 tokens.</summary>
[MemoryDiagnoser]
public class AdvantageBenchmarks
{
    private const int Completions = 512;
    private const int GroupSize = 8;
    private const int Tokens = 65_536;
    private static readonly GroupAdvantageOptions Group = new();
    private static readonly GaeOptions GaeSettings = new();
    private static readonly WhiteningOptions WhiteningSettings = new();
    private readonly double[] rewards = new double[Completions], advantages = new double[Completions];
    private readonly float[] tokenRewards = new float[Tokens], values = new float[Tokens], tokenAdvantages = new float[Tokens], returns = new float[Tokens];

    /// <summary>The same random numbers each time.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        for (int i = 0; i < Completions; i++)
        {
            rewards[i] = random.Next(5) / 4.0;
        }

        for (int i = 0; i < Tokens; i++)
        {
            tokenRewards[i] = i % 128 == 127 ? 1 : 0;
            values[i] = random.NextSingle();
        }
    }

    /// <summary>GRPO, as one would write it with LINQ.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark(Baseline = true)]
    public double GroupRelativeLinq()
    {
        int place = 0;
        foreach (double[] group in rewards.Chunk(GroupSize))
        {
            double mean = group.Average(), std = Math.Sqrt(group.Sum(reward => (reward - mean) * (reward - mean)) / (GroupSize - 1));
            foreach (double reward in group)
            {
                advantages[place++] = (reward - mean) / (std + 1e-6);
            }
        }

        return advantages[0];
    }

    /// <summary>GRPO.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark]
    public double GroupRelative()
    {
        for (int start = 0; start < Completions; start += GroupSize)
        {
            GroupAdvantages.Relative<double>(rewards.AsSpan(start, GroupSize), Group, advantages.AsSpan(start, GroupSize));
        }

        return advantages[0];
    }

    /// <summary>RLOO.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark]
    public double LeaveOneOut()
    {
        for (int start = 0; start < Completions; start += GroupSize)
        {
            GroupAdvantages.LeaveOneOut<double>(rewards.AsSpan(start, GroupSize), Group, advantages.AsSpan(start, GroupSize));
        }

        return advantages[0];
    }

    /// <summary>GAE.</summary>
    /// <returns>An advantage.</returns>
    [Benchmark]
    public float GeneralizedAdvantage()
    {
        Gae.Estimate<float>(tokenRewards, values, default, GaeSettings, tokenAdvantages, returns);
        return tokenAdvantages[0];
    }

    /// <summary>Whitening.</summary>
    /// <returns>A whitened value.</returns>
    [Benchmark]
    public float Whiten()
    {
        Whitening.Apply<float>(values, default, WhiteningSettings, tokenAdvantages);
        return tokenAdvantages[0];
    }
}
