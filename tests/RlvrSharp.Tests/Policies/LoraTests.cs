using System.Text.Json;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

/// <summary>A policy that trains adapters keeps every promise of a policy, and some more.</summary>
public sealed class LoraTests : PolicyContract
{
    private static LoraOptions Options => new() { Rank = 3, Alpha = 12 };

    protected override ITrainablePolicy Create() => TinyModels.Create(TinyModels.Config(), threads: 2, valueHead: true, lora: Options);

    [Fact]
    public async Task A_fresh_adapter_changes_no_bit_and_only_adapters_are_trained()
    {
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 3, 1);
        using ManagedPolicy plain = TinyModels.Create(TinyModels.Config(bias: true));
        using ManagedPolicy policy = TinyModels.Create(TinyModels.Config(bias: true), lora: Options);
        AssertSame((await plain.ScoreAsync(batch))[0].LogProbs, (await policy.ScoreAsync(batch))[0].LogProbs);
        await Step(policy, batch);
        Assert.NotEqual((await plain.ScoreAsync(batch))[0].LogProbs.ToArray(), (await policy.ScoreAsync(batch))[0].LogProbs.ToArray());
        foreach ((Parameter before, Parameter after) in plain.Transformer.Weights.Parameters.Zip(policy.Transformer.Weights.Parameters))
        {
            Assert.Equal(before.UnpackValues(), after.UnpackValues());
            Assert.Null(after.Gradient);
            Assert.Null(after.FirstMoment);
        }

        Assert.Equal(2 * 7 * 2, policy.Optimizer.Parameters.Count);
        Assert.True(policy.TrainedParameterCount < plain.TrainedParameterCount / 2);
    }

    [Fact]
    public async Task Adapter_gradients_agree_with_central_differences()
    {
        CausalLmConfig config = TinyModels.Config(bias: true);
        using ManagedPolicy policy = TinyModels.Create(config, std: 0.3, lora: Options);
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, 2, 3, 5);
        PolicyLoss loss = TinyModels.LinearLoss();
        var random = new KeyedRandom(31);
        foreach (Parameter parameter in policy.Transformer.Weights.Adapters)
        {
            float[] values = [.. Enumerable.Range(0, parameter.Rows * parameter.Columns).Select(_ => (float)(0.2 * random.NextGaussian()))];
            parameter.Pack(values, 0, parameter.ValueSpan);
        }

        await policy.ForwardBackwardAsync(batch, loss);
        foreach (Parameter parameter in policy.Transformer.Weights.Adapters)
        {
            float[] values = parameter.UnpackValues();
            float[] gradient = parameter.Unpack(parameter.Gradient!.Span);
            double[] direction = [.. values.Select(_ => random.NextGaussian())];
            double expected = direction.Zip(gradient, (d, g) => d * g).Sum();
            double step = 2e-3 / Math.Sqrt(values.Length);
            double up = await LossAt(step);
            double down = await LossAt(-step);
            double scale = Math.Sqrt(gradient.Sum(g => (double)g * g));
            Assert.True(scale > 0);
            Assert.True(Math.Abs(((up - down) / (2 * step)) - expected) < (0.01 * scale) + 0.02, $"{parameter.Name}: {(up - down) / (2 * step)} and {expected}, length {scale}.");
            parameter.Pack(values, 0, parameter.ValueSpan);

            async Task<double> LossAt(double by)
            {
                parameter.Pack([.. values.Select((value, i) => (float)(value + (by * direction[i])))], 0, parameter.ValueSpan);
                IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(batch);
                double sum = 0;
                for (int s = 0; s < batch.Count; s++)
                {
                    int n = scores[s].LogProbs.Length;
                    sum += loss(
                        batch[s],
                        new TokenOutputs { LogProbs = scores[s].LogProbs.Span, Entropies = scores[s].Entropies.Span },
                        new TokenGradients { LogProbs = new float[n], Entropies = new float[n] }).Loss;
                }

                return sum;
            }
        }
    }

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("llama-tiny-bf16")]
    public async Task An_adapter_directory_loads_with_its_base_and_merges_into_a_model(string name)
    {
        var golden = new GoldenModel(name);
        string root = Directory.CreateTempSubdirectory("rlvr-lora-").FullName;
        try
        {
            List<TrainingSequence> batch = TinyModels.Sequences(320, 2, 3, 1);
            var lora = new LoraOptions { Rank = 4, Alpha = 8 };
            lora.TargetModules.Add("q_proj");
            lora.TargetModules.Add("down_proj");
            using ManagedPolicy policy = ManagedPolicy.Load(golden.Folder, new ManagedPolicyOptions { Lora = lora });
            await Step(policy, batch);
            await Step(policy, batch);
            string adapter = Path.Combine(root, "adapter");
            await policy.SaveAsync(adapter);
            Assert.Equal(
                ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "tokenizer_config.json"],
                Directory.GetFiles(adapter).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            using (JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(adapter, "adapter_config.json"))))
            {
                Assert.Equal("LORA", config.RootElement.GetProperty("peft_type").GetString());
                Assert.Equal(4, config.RootElement.GetProperty("r").GetInt32());
                Assert.Equal(8, config.RootElement.GetProperty("lora_alpha").GetInt32());
            }

            using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(adapter, "adapter_model.safetensors")))
            {
                Assert.Equal(8, file.Tensors.Count);
                Assert.True(file.TryGet("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight", out StoredTensor? down));
                Assert.Equal([4L, 64L], down.Shape);
                Assert.True(file.TryGet("base_model.model.model.layers.0.mlp.down_proj.lora_B.weight", out StoredTensor? up));
                Assert.Equal([64L, 4L], up.Shape);
            }

            using ManagedPolicy loaded = ManagedPolicy.Load(adapter);
            AssertSame((await policy.ScoreAsync(batch))[0].LogProbs, (await loaded.ScoreAsync(batch))[0].LogProbs);

            string merged = Path.Combine(root, "merged");
            await policy.SaveMergedAsync(merged);
            using ManagedPolicy whole = ManagedPolicy.Load(merged);
            float[] expected = (await policy.ScoreAsync(batch))[1].LogProbs.ToArray();
            float[] actual = (await whole.ScoreAsync(batch))[1].LogProbs.ToArray();
            double tolerance = name == "qwen2-tiny" ? 1e-4 : 0.2;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], actual[i], tolerance);
            }

            string trained = Path.Combine(root, "state");
            await policy.SaveAsync(trained, withOptimizerState: true);
            using ManagedPolicy resumed = ManagedPolicy.Load(golden.Folder, new ManagedPolicyOptions { Lora = lora });
            await resumed.LoadAsync(trained);
            await Step(policy, batch);
            await Step(resumed, batch);
            AssertSame((await policy.ScoreAsync(batch))[0].LogProbs, (await resumed.ScoreAsync(batch))[0].LogProbs);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void A_target_that_binds_to_no_layer_is_refused()
    {
        var lora = new LoraOptions();
        lora.TargetModules.Add("c_attn");
        PolicyException error = Assert.Throws<PolicyException>(() => TinyModels.Create(TinyModels.Config(), lora: lora));
        Assert.Contains("c_attn", error.Message, StringComparison.Ordinal);
        Assert.Contains("gate_proj", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reference_of_a_fresh_adapter_holds_no_second_copy()
    {
        using ManagedPolicy policy = TinyModels.Create(TinyModels.Config(), lora: Options);
        long before = policy.MeasureMemory().Weights;
        IPolicy reference = policy.CreateReference();
        List<TrainingSequence> batch = TinyModels.Sequences(37, 2, 2, 1);
        float[] first = (await policy.ScoreAsync(batch))[0].LogProbs.ToArray();
        FloatBuffer shared = policy.Transformer.Weights.Head.ValueBuffer;
        await Step(policy, batch);
        Assert.Same(shared, policy.Transformer.Weights.Head.ValueBuffer);
        Assert.Equal(before, policy.MeasureMemory().Weights);
        Assert.Equal(first, (await reference.ScoreAsync(batch))[0].LogProbs.ToArray());
    }

    private static async Task Step(ManagedPolicy policy, List<TrainingSequence> batch)
    {
        await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
        await policy.OptimizerStepAsync(new AdamWOptions(), 3e-3);
    }
}
