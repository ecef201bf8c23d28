using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

public sealed class MemoryTests
{
    [Fact]
    public async Task Weights_kept_as_bfloat16_give_the_same_bits_in_half_the_memory()
    {
        var golden = new GoldenModel("llama-tiny-bf16");
        using ManagedPolicy wide = golden.Load();
        using ManagedPolicy narrow = golden.Load(threads: 2, new ManagedPolicyOptions { BFloat16Weights = true });
        List<SampleRequest> requests = TinyModels.Requests(2, 3);
        var sampling = new SamplingOptions { MaxTokens = 12 };
        IReadOnlyList<Completion> expected = await wide.SampleAsync(requests, sampling);
        IReadOnlyList<Completion> actual = await narrow.SampleAsync(requests, sampling);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Tokens.ToArray(), actual[i].Tokens.ToArray());
            Assert.Equal(expected[i].LogProbs.ToArray(), actual[i].LogProbs.ToArray());
        }

        Assert.InRange((double)narrow.MeasureMemory().Weights / wide.MeasureMemory().Weights, 0.5, 0.52);
    }

    [Fact]
    public async Task Adapters_train_on_bfloat16_weights_and_nothing_else_does()
    {
        var golden = new GoldenModel("llama-tiny-bf16");
        List<TrainingSequence> batch = TinyModels.Sequences(320, 2, 3, 1);
        float[]? first = null;
        foreach (bool narrow in (bool[])[false, true])
        {
            using ManagedPolicy policy = golden.Load(2, new ManagedPolicyOptions { BFloat16Weights = narrow, Lora = new LoraOptions { Rank = 4 } });
            await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
            await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
            float[] scores = (await policy.ScoreAsync(batch))[0].LogProbs.ToArray();
            Assert.Equal(first ?? scores, scores);
            first = scores;
        }

        using ManagedPolicy frozen = golden.Load(1, new ManagedPolicyOptions { BFloat16Weights = true });
        PolicyException error = await Assert.ThrowsAsync<PolicyException>(() => frozen.ForwardBackwardAsync(batch, TinyModels.LinearLoss()));
        Assert.Contains("Lora", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bfloat16_model_saves_what_it_loaded()
    {
        var golden = new GoldenModel("llama-tiny-bf16");
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-save-" + Guid.NewGuid().ToString("N"));
        try
        {
            using ManagedPolicy policy = golden.Load(1, new ManagedPolicyOptions { BFloat16Weights = true });
            await policy.SaveAsync(folder);
            using CheckpointTensors expected = CheckpointTensors.Open(golden.Folder);
            using CheckpointTensors actual = CheckpointTensors.Open(folder);
            foreach (StoredTensor tensor in expected.Tensors)
            {
                Assert.True(expected.ReadRaw(tensor.Name).SequenceEqual(actual.ReadRaw(tensor.Name)), tensor.Name);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("headnorm")]
    public async Task Recomputing_activations_gives_the_same_bits_in_less_memory(string shape)
    {
        CausalLmConfig config = GradientTests.Config(shape) with { LayerCount = 6, SlidingWindows = [] };
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, 3, 4, 5);
        var gradients = new List<float[][]>();
        var workspace = new List<long>();
        foreach (bool recompute in (bool[])[false, true])
        {
            using ManagedPolicy policy = TinyModels.Create(config, threads: 2, recompute: recompute);
            for (int pass = 0; pass < 2; pass++)
            {
                await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
                await policy.ScoreAsync(batch);
            }

            gradients.Add([.. policy.Transformer.Weights.Trained.Select(p => p.Gradient!.Span.ToArray())]);
            workspace.Add(policy.MeasureMemory().Workspace);
        }

        Assert.Equal(gradients[0], gradients[1]);
        Assert.True(workspace[1] < 0.7 * workspace[0], $"{workspace[1]} of {workspace[0]} bytes.");
    }

    [Fact]
    public async Task Memory_is_reported_by_purpose()
    {
        CausalLmConfig config = TinyModels.Config();
        using ManagedPolicy policy = TinyModels.Create(config);
        PolicyMemory before = policy.MeasureMemory();
        Assert.Equal((0, 0, 0, 0), (before.Gradients, before.OptimizerState, before.Workspace, before.PeakCache));
        Assert.InRange(before.Weights, 4 * config.ParameterCount, 6 * config.ParameterCount);
        await policy.SampleAsync(TinyModels.Requests(1, 2), new SamplingOptions { MaxTokens = 5 });
        await policy.ForwardBackwardAsync(TinyModels.Sequences(37, 1, 1, 1), TinyModels.LinearLoss());
        await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
        PolicyMemory after = policy.MeasureMemory();
        Assert.Equal(before.Weights, after.Gradients);
        Assert.Equal(2 * before.Weights, after.OptimizerState);
        Assert.True(after.Workspace > 0 && after.PeakCache > 0);
        Assert.Equal(after.Weights + after.Gradients + after.OptimizerState + after.Workspace + after.PeakCache, after.Peak);
    }

    [Theory]
    [InlineData("llama-tiny-bf16", false, true)]
    [InlineData("qwen3-tiny", true, false)]
    public async Task The_estimate_is_near_what_a_step_takes(string name, bool recompute, bool narrow)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load(2, new ManagedPolicyOptions
        {
            BFloat16Weights = narrow,
            RecomputeActivations = recompute,
            Lora = new LoraOptions { Rank = 16 },
        });
        List<TrainingSequence> batch = [.. Enumerable.Range(0, 4).Select(i => new TrainingSequence { PromptTokens = new[] { i }, Tokens = Enumerable.Range(0, 100).ToArray() })];
        await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
        await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
        MemoryEstimate estimate = MemoryEstimate.For(policy.Config, narrow ? TensorType.BF16 : TensorType.F32, 4, 100, 16, recompute);
        Assert.InRange((double)policy.MeasureMemory().Peak / estimate.LoraTraining, 0.9, 1.1);
    }
}
