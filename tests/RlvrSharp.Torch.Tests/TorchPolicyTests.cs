using RlvrSharp.Models;
using RlvrSharp.Policies;
using RlvrSharp.Tests.Policies;

// libtorch uses every core by itself, and one test counts the tensors of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace RlvrSharp.Torch.Tests;

/// <summary>The contract of every policy, and the managed policy as the reference for every number.</summary>
public sealed class TorchPolicyTests : PolicyContract, IDisposable
{
    /// <summary>RLVR_TORCH_DEVICE=cuda runs all of it on a GPU.</summary>
    private static readonly string Device = Environment.GetEnvironmentVariable("RLVR_TORCH_DEVICE") ?? "cpu";

    private readonly string folder = Directory.CreateTempSubdirectory("rlvr-torch-").FullName;
    private readonly List<IDisposable> made = [];

    public static TheoryData<string> Shapes => ["plain", "tied", "bias", "head norm", "window", "all heads", "one key head"];

    public static TheoryData<string> Models => [.. GoldenModel.Names];

    protected override float Tolerance => 5e-5f;

    public void Dispose()
    {
        made.ForEach(policy => policy.Dispose());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Published_models_give_the_published_log_probabilities(string name)
    {
        var golden = new GoldenModel(name);
        CausalLmConfig config = CausalLmConfig.Load(golden.Folder);
        using var policy = TorchPolicy.Load(golden.Folder, config, new PlainCodec(config.VocabularySize, config.EndTokens[0]), new TorchPolicyOptions { Device = Device, MaxLogitRows = 5 });
        List<TokenSequence> sequences = [.. golden.Sequences.Select(tokens => new TokenSequence { PromptTokens = tokens.AsMemory(0, 1), Tokens = tokens.AsMemory(1) })];
        foreach ((double temperature, string key) in ((double, string)[])[(1.0, "logp_t1_float64"), (0.7, "logp_t07_float64")])
        {
            IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(sequences, temperature);
            for (int s = 0; s < scores.Count; s++)
            {
                double[] expected = GoldenModel.Doubles(golden.Json.GetProperty("per_sequence")[s].GetProperty(key));
                Assert.Equal(expected.Length, scores[s].LogProbs.Length);
                for (int t = 0; t < expected.Length; t++)
                {
                    Assert.Equal(expected[t], scores[s].LogProbs.Span[t], 3e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Scores_gradients_and_samples_are_those_of_managed_code(string shape)
    {
        using ManagedPolicy managed = Managed(Shape(shape));
        foreach (bool recompute in (bool[])[false, true])
        {
            using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true, RecomputeActivations = recompute, MaxTokensPerPass = 60, MaxLogitRows = 7, MaxBatch = 5 });
            List<TrainingSequence> batch = TinyModels.Sequences(37, 3, 3, 11);
            await AssertSameScores(managed, torch, batch, 0.8);
            await AssertSameGradients(managed, torch, batch, 0.8);
            foreach (SamplingOptions sampling in (SamplingOptions[])[Sampling, new() { MaxTokens = 30, TopK = 4 }, new() { MaxTokens = 30, TopP = 0.6, Temperature = 1.3 }, new() { MaxTokens = 30, TopK = 9, TopP = 0.8 }, new() { MaxTokens = 30, Temperature = 0 }])
            {
                IReadOnlyList<Completion> expected = await managed.SampleAsync(TinyModels.Requests(3, 4), sampling);
                IReadOnlyList<Completion> actual = await torch.SampleAsync(TinyModels.Requests(3, 4), sampling);
                for (int i = 0; i < expected.Count; i++)
                {
                    Assert.Equal(expected[i].Tokens.ToArray(), actual[i].Tokens.ToArray());
                    Assert.Equal(expected[i].FinishReason, actual[i].FinishReason);
                    AssertSame(expected[i].LogProbs, actual[i].LogProbs);
                }
            }
        }
    }

    [Fact]
    public async Task A_run_moves_between_managed_code_and_torch()
    {
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 3, 1);
        using ManagedPolicy managed = Managed(TinyModels.Config());
        await Train(managed, batch, 3);
        string state = Path.Combine(folder, "state");
        await managed.SaveAsync(state, withOptimizerState: true);
        using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true });
        await torch.LoadAsync(state);
        await Train(managed, batch, 3);
        await Train(torch, batch, 3);
        await AssertSameScores(managed, torch, batch, 1, 2e-3f);
        string back = Path.Combine(folder, "back");
        await torch.SaveAsync(back, withOptimizerState: true);
        using ManagedPolicy again = Managed(TinyModels.Config());
        await again.LoadAsync(back);
        await AssertSameScores(again, torch, batch, 1);
        await AssertSameGradients(again, torch, batch, 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Adapters_are_those_of_managed_code(bool recompute)
    {
        var lora = new LoraOptions { Rank = 3, Alpha = 5, Seed = 9, TargetModules = { "q_proj", "down_proj", "v_proj" } };
        CausalLmConfig config = TinyModels.Config(bias: true);
        string model = Path.Combine(folder, "base");
        using (ManagedPolicy plain = TinyModels.Create(config))
        {
            await plain.SaveAsync(model);
        }

        var codec = new PlainCodec(37, TinyModels.EndToken);
        using ManagedPolicy managed = ManagedPolicy.Load(model, config, codec, new ManagedPolicyOptions { Threads = 1, Lora = lora });
        using TorchPolicy torch = TorchPolicy.Load(model, config, codec, new TorchPolicyOptions { Device = Device, Lora = lora, RecomputeActivations = recompute });
        Assert.Equal(managed.TrainedParameterCount, torch.TrainedParameterCount);
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 3, 1);
        IPolicy reference = torch.CreateReference();
        await AssertSameScores(managed, torch, batch, 1);
        await AssertSameGradients(managed, torch, batch, 1);
        await Train(managed, batch, 1);
        await Train(torch, batch, 1);
        await Train(torch, batch, 4);
        IReadOnlyList<TokenScores> trained = await torch.ScoreAsync(batch);
        Assert.NotEqual(trained[0].LogProbs.ToArray(), (await reference.ScoreAsync(batch))[0].LogProbs.ToArray());
        string adapter = Path.Combine(folder, "adapter"), merged = Path.Combine(folder, "merged");
        await torch.SaveAsync(adapter, withOptimizerState: true);
        await torch.SaveMergedAsync(merged);
        await managed.LoadAsync(adapter);
        await AssertSameScores(managed, torch, batch, 1);
        using ManagedPolicy whole = ManagedPolicy.Load(merged, config, codec);
        await AssertSameScores(whole, torch, batch, 1);
        Assert.False(File.Exists(Path.Combine(adapter, "model.safetensors")));
    }

    [Fact]
    public async Task In_bfloat16_the_scores_are_near_and_training_works()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config(), std: 0.1);
        using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true, Precision = TorchPrecision.BFloat16 });
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        await AssertSameScores(managed, torch, batch, 1, 0.05f);
        IPolicy reference = torch.CreateReference();
        float[] before = (await torch.ScoreAsync(batch))[0].LogProbs.ToArray();
        double likelihood = before.Sum();
        for (int step = 0; step < 20; step++)
        {
            await torch.ForwardBackwardAsync(batch, (_, _, gradients) =>
            {
                gradients.LogProbs.Fill(-1);
                return default;
            });
            await torch.OptimizerStepAsync(new AdamWOptions(), 1e-3);
        }

        Assert.True((await torch.ScoreAsync(batch))[0].LogProbs.ToArray().Sum() > likelihood + 1);
        Assert.Equal(before, (await reference.ScoreAsync(batch))[0].LogProbs.ToArray());

        // Steps far below a bfloat16's precision add up in the weights that the optimiser moves.
        string state = Path.Combine(folder, "narrow");
        await torch.SaveAsync(state, withOptimizerState: true);
        float[] after = (await torch.ScoreAsync(batch))[0].LogProbs.ToArray();
        await torch.LoadAsync(state);
        Assert.Equal(after, (await torch.ScoreAsync(batch))[0].LogProbs.ToArray());
    }

    [Fact]
    public async Task Nothing_is_left_on_the_device()
    {
        List<TrainingSequence> batch = TinyModels.Sequences(37, 3, 3, 11);
        using ManagedPolicy managed = Managed(TinyModels.Config());
        TorchPolicy policy = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true });
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long[] counts = new long[6];
        for (int round = 0; round < counts.Length; round++)
        {
            await policy.SampleAsync(TinyModels.Requests(3, 4), new SamplingOptions { MaxTokens = 10, TopK = 5, TopP = 0.9 });
            await policy.ScoreAsync(batch);
            (policy.CreateReference() as IDisposable)!.Dispose();
            await Train(policy, batch, 2);
            counts[round] = TorchSharp.torch.Tensor.TotalCount;
        }

        Assert.True(counts.Skip(1).Distinct().Count() == 1, string.Join(' ', counts));
        policy.Dispose();
        Assert.True(TorchSharp.torch.Tensor.TotalCount < counts[^1]);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => policy.ScoreAsync(batch));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_held_does_not_grow_with_the_answer_or_the_number_of_layers(bool recompute)
    {
        List<TrainingSequence> batch = TinyModels.Sequences(37, 1, 2, 1);
        long longAnswer = await Held(2, 60) - await Held(2, 6);
        Assert.True(longAnswer < 5, $"54 tokens more hold {longAnswer} tensors more.");
        long manyLayers = await Held(12, 0) - await Held(2, 0);
        Assert.True(manyLayers < 25, $"10 layers more hold {manyLayers} tensors more.");

        async Task<long> Held(int layers, int answer)
        {
            using ManagedPolicy managed = Managed(TinyModels.Config(layers: layers) with { EndTokens = [] });
            string saved = Path.Combine(folder, $"held-{layers}-{answer}");
            await managed.SaveAsync(saved);
            var codec = new CountingCodec(managed.Codec);
            using var policy = TorchPolicy.Load(saved, managed.Config, codec, new TorchPolicyOptions { Device = Device, RecomputeActivations = recompute });
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long before = TorchSharp.torch.Tensor.TotalCount;
            if (answer > 0)
            {
                await policy.SampleAsync(TinyModels.Requests(1, 2), new SamplingOptions { MaxTokens = answer });
            }
            else
            {
                await policy.ForwardBackwardAsync(batch, (_, _, _) =>
                {
                    codec.Count();
                    return default;
                });
            }

            return codec.Tensors - before;
        }
    }

    [Fact]
    public async Task Of_equally_probable_tokens_the_same_are_kept_as_in_managed_code()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config(), std: 0);
        using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions());
        foreach (SamplingOptions sampling in (SamplingOptions[])[new() { MaxTokens = 20, TopP = 0.31 }, new() { MaxTokens = 20, TopK = 5, TopP = 0.31 }, new() { MaxTokens = 1_000_000, Temperature = 0 }])
        {
            IReadOnlyList<Completion> expected = await managed.SampleAsync(TinyModels.Requests(2, 3), sampling);
            IReadOnlyList<Completion> actual = await torch.SampleAsync(TinyModels.Requests(2, 3), sampling);
            Assert.Equal(expected.Select(completion => string.Join(' ', completion.Tokens.ToArray())), actual.Select(completion => string.Join(' ', completion.Tokens.ToArray())));
        }
    }

    [Fact]
    public async Task A_checkpoint_that_is_damaged_at_its_end_changes_nothing_and_leaves_nothing()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config());
        using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true, Precision = TorchPrecision.BFloat16 });
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        await Train(torch, batch, 2);
        string state = Path.Combine(folder, "damaged");
        await torch.SaveAsync(state, withOptimizerState: true);
        string file = Path.Combine(state, "optimizer.safetensors");
        byte[] bytes = await File.ReadAllBytesAsync(file);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        await File.WriteAllBytesAsync(file, bytes);
        await Train(torch, batch, 1);
        float[] before = (await torch.ScoreAsync(batch))[0].LogProbs.ToArray();
        long count = TorchSharp.torch.Tensor.TotalCount;
        await Assert.ThrowsAsync<CheckpointException>(() => torch.LoadAsync(state));
        Assert.Equal(count, TorchSharp.torch.Tensor.TotalCount);
        Assert.Equal(before, (await torch.ScoreAsync(batch))[0].LogProbs.ToArray());
    }

    [Fact]
    public async Task Training_records_gradients_whatever_its_thread_did_before()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config());
        using TorchPolicy torch = await TorchOf(managed, new TorchPolicyOptions { ValueHead = true });
        List<TrainingSequence> batch = TinyModels.Sequences(37, 1, 2, 1);
        int threads = ThreadPool.ThreadCount + 4;
        using var together = new Barrier(threads);
        Task Everywhere(bool recorded) => Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
        {
            together.SignalAndWait(TimeSpan.FromSeconds(2));
            TorchSharp.torch.set_grad_enabled(recorded);
        })));
        await Everywhere(false);
        try
        {
            await AssertSameGradients(managed, torch, batch, 1);
        }
        finally
        {
            await Everywhere(true);
        }
    }

    [Fact]
    public void Memory_that_is_not_there_is_explained()
    {
        PolicyException error = Assert.Throws<PolicyException>(() => TorchFault.Explain(() => TorchSharp.torch.empty([1L << 50], TorchSharp.torch.ScalarType.Float32)));
        Assert.Contains("MaxTokensPerPass", error.Message, StringComparison.Ordinal);
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => TorchFault.Explain(() => TorchSharp.torch.mm(TorchSharp.torch.ones(2, 3), TorchSharp.torch.ones(2, 3))));
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_named()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config());
        PolicyException error = await Assert.ThrowsAsync<PolicyException>(() => TorchOf(managed, new TorchPolicyOptions { Device = "cuda:63" }));
        Assert.Contains("cuda:63", error.Message, StringComparison.Ordinal);
        Microsoft.Extensions.Options.OptionsValidationException name = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => TorchOf(managed, new TorchPolicyOptions { Device = "gpu" }));
        Assert.Contains("cuda:N", name.Message, StringComparison.Ordinal);
    }

    protected override ITrainablePolicy Create()
    {
        using ManagedPolicy managed = Managed(TinyModels.Config());
        return TorchOf(managed, new TorchPolicyOptions { ValueHead = true }).GetAwaiter().GetResult();
    }

    private static CausalLmConfig Shape(string name) => name switch
    {
        "tied" => TinyModels.Config(tied: true),
        "bias" => TinyModels.Config(bias: true),
        "head norm" => TinyModels.Config(headNorm: true),
        "window" => TinyModels.Config(window: 5),
        "all heads" => TinyModels.Config(keyHeads: 4),
        "one key head" => TinyModels.Config(keyHeads: 1),
        _ => TinyModels.Config(),
    };

    private static ManagedPolicy Managed(CausalLmConfig config, double std = 0.4) => TinyModels.Create(config, threads: 2, valueHead: true, std: std);

    private async Task<TorchPolicy> TorchOf(ManagedPolicy managed, TorchPolicyOptions options)
    {
        string saved = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        await managed.SaveAsync(saved);
        options.Device ??= Device;
        var policy = TorchPolicy.Load(saved, managed.Config, managed.Codec, options);
        made.Add(policy);
        return policy;
    }

    private static async Task Train(ITrainablePolicy policy, List<TrainingSequence> batch, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
            await policy.OptimizerStepAsync(new AdamWOptions { WeightDecay = 0.01 }, 1e-3);
        }
    }

    private static async Task AssertSameScores(ManagedPolicy expected, TorchPolicy actual, List<TrainingSequence> batch, double temperature, float tolerance = 1e-4f)
    {
        IReadOnlyList<TokenScores> left = await expected.ScoreAsync(batch, temperature);
        IReadOnlyList<TokenScores> right = await actual.ScoreAsync(batch, temperature);
        for (int i = 0; i < batch.Count; i++)
        {
            foreach ((ReadOnlyMemory<float> a, ReadOnlyMemory<float> b) in ((ReadOnlyMemory<float>, ReadOnlyMemory<float>)[])[(left[i].LogProbs, right[i].LogProbs), (left[i].Entropies, right[i].Entropies), (left[i].Values, right[i].Values)])
            {
                Assert.Equal(a.Length, b.Length);
                for (int t = 0; t < a.Length; t++)
                {
                    Assert.True(Math.Abs(a.Span[t] - b.Span[t]) <= tolerance, $"sequence {i}, token {t}: {a.Span[t]} and {b.Span[t]}");
                }
            }
        }
    }

    /// <summary>One step without momentum's history: the first moments are the gradients, up to a factor.</summary>
    private async Task AssertSameGradients(ManagedPolicy managed, TorchPolicy torch, List<TrainingSequence> batch, double temperature)
    {
        string name = Guid.NewGuid().ToString("N");
        string left = Path.Combine(folder, "a" + name), right = Path.Combine(folder, "b" + name), before = Path.Combine(folder, "c" + name);
        await managed.SaveAsync(before, withOptimizerState: true);
        foreach ((ITrainablePolicy policy, string path) in ((ITrainablePolicy, string)[])[(managed, left), (torch, right)])
        {
            await policy.LoadAsync(before);
            LossTerms terms = await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss(), temperature);
            Assert.Equal(batch.Sum(sequence => sequence.Tokens.Length), terms.TokenCount);
            await policy.OptimizerStepAsync(new AdamWOptions { MaxGradNorm = 1e9 }, 1e-6);
            await policy.SaveAsync(path, withOptimizerState: true);
            await policy.LoadAsync(before);
        }

        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(left, "optimizer.safetensors"));
        using SafetensorsFile actual = SafetensorsFile.Open(Path.Combine(right, "optimizer.safetensors"));
        Assert.Equal(expected.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), actual.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (StoredTensor tensor in expected.Tensors.Where(t => t.Name.StartsWith("exp_avg.", StringComparison.Ordinal)))
        {
            float[] a = new float[tensor.ByteLength / 4], b = new float[tensor.ByteLength / 4];
            expected.ReadSingle(tensor.Name, a);
            actual.ReadSingle(tensor.Name, b);
            float largest = a.Max(Math.Abs);
            for (int i = 0; i < a.Length; i++)
            {
                Assert.True(Math.Abs(a[i] - b[i]) <= 2e-4 * largest + 1e-6, $"{tensor.Name}[{i}]: {a[i]} and {b[i]} of {largest}");
            }
        }
    }

    /// <summary>Counts the tensors that there are when a completion is finished.</summary>
    private sealed class CountingCodec(ITokenCodec codec) : ITokenCodec
    {
        public long Tensors { get; private set; }

        public int VocabularySize => codec.VocabularySize;

        public void Count() => Tensors = TorchSharp.torch.Tensor.TotalCount;

        public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages) => codec.EncodePrompt(messages);

        public int[] EncodeAnswer(string text) => codec.EncodeAnswer(text);

        public string Decode(ReadOnlySpan<int> tokens)
        {
            Count();
            return codec.Decode(tokens);
        }
    }
}
