using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Benchmarks;

/// <summary>Forward, backward and optimiser step of d = 256, 6 layers, 32 sequences of 128 tokens, on one and two threads.</summary>
[Config(typeof(Config))]
public class TrainStepBenchmarks
{
    private static readonly CausalLmConfig Model = PolicyModels.Config(256, 768, 6, 8, 4, 1000);
    private static readonly List<TrainingSequence> Batch = PolicyModels.Sequences(1000, 32, 1, 1, 128);
    private ManagedPolicy? policy;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        policy = PolicyModels.Create(Model, Threads);

        // The oracle is the other code path to the same numbers: scoring one sequence at a time.
        IReadOnlyList<TokenScores> together = policy.ScoreAsync(Batch).Result;
        for (int i = 0; i < Batch.Count; i += 11)
        {
            TokenScores alone = policy.ScoreAsync([Batch[i]]).Result[0];
            if (!alone.LogProbs.Span.SequenceEqual(together[i].LogProbs.Span))
            {
                throw new InvalidOperationException("A batch gives other numbers than its sequences one by one.");
            }
        }
    }

    [Benchmark(Baseline = true)]
    public double Score() => policy!.ScoreAsync(Batch).Result[0].LogProbs.Span[0];

    [Benchmark]
    public double TrainStep()
    {
        policy!.ForwardBackwardAsync(Batch, Loss).Wait();
        return policy.OptimizerStepAsync(new AdamWOptions(), 1e-6).Result;
    }

    [Benchmark]
    public float FmaPeak() => Benchmarks.FmaPeak.Run(0.999f);

    private static LossTerms Loss(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients)
    {
        gradients.LogProbs.Fill(-1f / 4096);
        return default;
    }

    private sealed class Config() : ThroughputConfig("GFLOP/s", 1e9, Work, benchmark => Cores(benchmark))
    {
        private static int Cores(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.Name == PeakMethod ? 1 : Parameter(benchmark, nameof(Threads));

        private static double Work(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.Name switch
        {
            PeakMethod => Benchmarks.FmaPeak.Operations,
            nameof(Score) => PolicyModels.ForwardOperations(Model, Batch),
            _ => 3 * PolicyModels.ForwardOperations(Model, Batch),
        };
    }
}
