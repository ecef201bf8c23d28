using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Benchmarks;

/// <summary>Decoding: prompts of 90 tokens in groups of 8, 45 tokens each, d = 128, 4 layers, vocabulary 1000. The baseline decodes one after the other.</summary>
[Config(typeof(Config))]
public class DecodeBenchmarks
{
    private const int Tokens = 45;
    private static readonly CausalLmConfig Model = PolicyModels.Config(128, 384, 4, 4, 2, 1000);
    private readonly List<SampleRequest> requests = [];
    private ManagedPolicy? batched;
    private ManagedPolicy? single;

    [Params(1, 16, 64)]
    public int Batch { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        batched = PolicyModels.Create(Model, Threads, Batch);
        single = PolicyModels.Create(Model, Threads, 1);
        for (int i = 0; i < Batch; i++)
        {
            requests.Add(new SampleRequest([new("user", new string((char)('a' + (i / 8)), 90))], (ulong)i));
        }

        IReadOnlyList<Completion> together = batched.SampleAsync(requests, Options).Result;
        IReadOnlyList<Completion> alone = single.SampleAsync(requests, Options).Result;
        if (!together.Zip(alone).All(pair => pair.First.LogProbs.Span.SequenceEqual(pair.Second.LogProbs.Span)))
        {
            throw new InvalidOperationException("A batch gives other completions than its requests one by one.");
        }
    }

    [Benchmark(Baseline = true)]
    public int OneByOne() => single!.SampleAsync(requests, Options).Result.Count;

    [Benchmark]
    public int Together() => batched!.SampleAsync(requests, Options).Result.Count;

    private static SamplingOptions Options => new() { MaxTokens = Tokens };

    private sealed class Config() : ThroughputConfig("tokens/s", 1, benchmark => Parameter(benchmark, nameof(Batch)) * Tokens, null);
}
