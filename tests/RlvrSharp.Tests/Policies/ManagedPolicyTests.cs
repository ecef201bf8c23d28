using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

public sealed class ManagedPolicyTests : PolicyContract
{
    public static TheoryData<string> Shapes => GradientTests.Shapes;

    protected override ITrainablePolicy Create() => TinyModels.Create(TinyModels.Config(), threads: 2, valueHead: true);

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Sampled_log_probabilities_are_the_scored_ones_bit_for_bit(string shape)
    {
        CausalLmConfig config = GradientTests.Config(shape);
        List<SampleRequest> requests = TinyModels.Requests(4, 6);
        var options = new SamplingOptions { MaxTokens = 40, Temperature = 1.1 };
        IReadOnlyList<Completion>? first = null;
        foreach ((int batch, int threads) in ((int, int)[])[(1, 1), (3, 2), (17, 1), (17, 2), (64, 3)])
        {
            using ManagedPolicy policy = TinyModels.Create(config, threads, maxBatch: batch);
            IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, options);
            first ??= completions;
            IReadOnlyList<TokenScores> scores = await policy.ScoreAsync([.. completions.Select(c => new TokenSequence { PromptTokens = c.PromptTokens, Tokens = c.Tokens })], 1.1);
            for (int i = 0; i < completions.Count; i++)
            {
                Assert.Equal(first[i].Tokens.ToArray(), completions[i].Tokens.ToArray());
                AssertSame(first[i].LogProbs, completions[i].LogProbs);
                AssertSame(completions[i].LogProbs, scores[i].LogProbs);
            }
        }
    }

    [Theory]
    [InlineData("llama-tiny-bf16")]
    [InlineData("qwen2-tiny")]
    [InlineData("llama31-tiny-tied")]
    public async Task A_saved_directory_holds_the_same_files_and_the_same_tensors(string name)
    {
        var golden = new GoldenModel(name);
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-save-" + Guid.NewGuid().ToString("N"));
        string again = folder + "-again";
        try
        {
            using ManagedPolicy policy = golden.Load();
            await policy.SaveAsync(folder);
            foreach (string file in (string[])["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"])
            {
                Assert.Equal(File.ReadAllBytes(Path.Combine(golden.Folder, file)), File.ReadAllBytes(Path.Combine(folder, file)));
            }

            using CheckpointTensors expected = CheckpointTensors.Open(golden.Folder);
            using CheckpointTensors actual = CheckpointTensors.Open(folder);
            Assert.Equal(expected.Tensors.Count(), actual.Tensors.Count());
            foreach (StoredTensor tensor in expected.Tensors)
            {
                Assert.Equal(tensor.Type, actual.Get(tensor.Name).Type);
                Assert.Equal(tensor.Shape, actual.Get(tensor.Name).Shape);
                Assert.True(expected.ReadRaw(tensor.Name).SequenceEqual(actual.ReadRaw(tensor.Name)), tensor.Name);
            }

            using ManagedPolicy loaded = ManagedPolicy.Load(folder);
            await loaded.SaveAsync(again);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")), File.ReadAllBytes(Path.Combine(again, "model.safetensors")));
            Assert.False(Directory.Exists(folder + ".tmp"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(again, recursive: true);
        }
    }

    [Fact]
    public async Task A_narrow_checkpoint_goes_on_exactly_when_saved_with_its_state()
    {
        var golden = new GoldenModel("llama-tiny-bf16");
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-save-" + Guid.NewGuid().ToString("N"));
        try
        {
            List<TrainingSequence> batch = TinyModels.Sequences(320, 2, 2, 9);
            using ManagedPolicy policy = golden.Load();
            await Step(policy, batch);
            await policy.SaveAsync(folder, withOptimizerState: true);
            using ManagedPolicy loaded = golden.Load();
            await loaded.LoadAsync(folder);
            await Step(policy, batch);
            await Step(loaded, batch);
            AssertSame((await policy.ScoreAsync(batch))[0].LogProbs, (await loaded.ScoreAsync(batch))[0].LogProbs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_directory_loads_with_its_own_tokenizer_and_a_fresh_model_takes_one_over()
    {
        var golden = new GoldenModel("qwen3-tiny");
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-save-" + Guid.NewGuid().ToString("N"));
        try
        {
            using ManagedPolicy policy = ManagedPolicy.Load(golden.Folder);
            int[] answer = policy.Codec.EncodeAnswer("to be");
            Assert.Equal(257, answer[^1]);
            Assert.Equal("to be", policy.Codec.Decode(answer));
            int[] prompt = policy.Codec.EncodePrompt([new PromptMessage("system", "ab"), new PromptMessage("user", "cd")]);
            Assert.Equal("abcd", policy.Codec.Decode(prompt));
            using ManagedPolicy fresh = ManagedPolicy.Create(policy.Config, golden.Folder, 1);
            await fresh.SaveAsync(folder);
            using ManagedPolicy loaded = ManagedPolicy.Load(folder);
            List<TrainingSequence> batch = TinyModels.Sequences(320, 1, 1, 9);
            AssertSame((await fresh.ScoreAsync(batch))[0].LogProbs, (await loaded.ScoreAsync(batch))[0].LogProbs);
            Assert.Equal(answer, loaded.Codec.EncodeAnswer("to be"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Loading_another_shape_is_refused_and_changes_nothing()
    {
        string folder = Path.Combine(Path.GetTempPath(), "rlvr-save-" + Guid.NewGuid().ToString("N"));
        try
        {
            using ManagedPolicy other = TinyModels.Create(TinyModels.Config(vocabulary: 40));
            await other.SaveAsync(folder);
            using ManagedPolicy policy = TinyModels.Create(TinyModels.Config());
            List<TrainingSequence> batch = TinyModels.Sequences(37, 1, 1, 9);
            float[] before = (await policy.ScoreAsync(batch))[0].LogProbs.ToArray();
            CheckpointException error = await Assert.ThrowsAsync<CheckpointException>(() => policy.LoadAsync(folder));
            Assert.Contains("model.embed_tokens.weight", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, (await policy.ScoreAsync(batch))[0].LogProbs.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_and_another_seed_another()
    {
        CausalLmConfig config = TinyModels.Config();
        using ManagedPolicy a = TinyModels.Create(config, seed: 1);
        using ManagedPolicy b = TinyModels.Create(config, seed: 1);
        using ManagedPolicy c = TinyModels.Create(config, seed: 2);
        Assert.Equal(a.Transformer.Weights.Head.ValueSpan.ToArray(), b.Transformer.Weights.Head.ValueSpan.ToArray());
        Assert.NotEqual(a.Transformer.Weights.Head.ValueSpan.ToArray(), c.Transformer.Weights.Head.ValueSpan.ToArray());
        double variance = a.Transformer.Weights.Head.Unpack(a.Transformer.Weights.Head.ValueSpan).Average(value => (double)value * value);
        Assert.Equal(0.16, variance, 0.02);
    }

    private static async Task Step(ManagedPolicy policy, List<TrainingSequence> batch)
    {
        await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
        await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
    }
}
