using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Benchmarks;

/// <summary>Reading prompts: 8 of 256 tokens, one token drawn from each, d = 256, 6 layers. The baseline reads every prompt four times.</summary>
[Config(typeof(Config))]
public class PrefillBenchmarks
{
    private const int Prompts = 8;
    private const int Length = 256;
    private static readonly CausalLmConfig Model = PolicyModels.Config(256, 768, 6, 8, 4, 1000);
    private readonly List<SampleRequest> shared = [];
    private readonly List<SampleRequest> single = [];
    private ManagedPolicy? policy;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        policy = PolicyModels.Create(Model, Threads);
        for (int p = 0; p < Prompts; p++)
        {
            PromptMessage[] messages = [new("user", new string((char)('a' + p), Length))];
            single.Add(new SampleRequest(messages, (ulong)p * 4));
            shared.AddRange(Enumerable.Range(0, 4).Select(i => new SampleRequest(messages, (ulong)((p * 4) + i))));
        }

        IReadOnlyList<Completion> group = policy.SampleAsync(shared, Options).Result;
        for (int p = 0; p < Prompts; p++)
        {
            Completion alone = policy.SampleAsync([single[p]], Options).Result[0];
            if (!alone.LogProbs.Span.SequenceEqual(group[p * 4].LogProbs.Span))
            {
                throw new InvalidOperationException("A prompt that is shared gives another completion than one that is not.");
            }
        }
    }

    [Benchmark(Baseline = true)]
    public int OneByOne() => shared.Sum(request => policy!.SampleAsync([request], Options).Result[0].Tokens.Length);

    [Benchmark]
    public int SharedPrompts() => policy!.SampleAsync(shared, Options).Result.Count;

    [Benchmark]
    public int SinglePrompts() => policy!.SampleAsync(single, Options).Result.Count;

    private static SamplingOptions Options => new() { MaxTokens = 1 };

    private sealed class Config() : ThroughputConfig("prompt tokens/s", 1, Work, null)
    {
        private static double Work(BenchmarkCase benchmark) => Prompts * Length * (benchmark.Descriptor.WorkloadMethod.Name == nameof(SinglePrompts) ? 1 : 4);
    }
}
