using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

public sealed class GradientTests
{
    public static TheoryData<string> Shapes => ["plain", "tied", "bias", "headnorm", "window", "wide-head"];

    internal static CausalLmConfig Config(string shape) => shape switch
    {
        "tied" => TinyModels.Config(tied: true, vocabulary: 48),
        "bias" => TinyModels.Config(bias: true),
        "headnorm" => TinyModels.Config(headNorm: true, keyHeads: 1),
        "window" => TinyModels.Config(window: 5),
        "wide-head" => TinyModels.Config(heads: 2, keyHeads: 2, headSize: 32),
        _ => TinyModels.Config(),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Gradients_agree_with_central_differences(string shape)
    {
        CausalLmConfig config = Config(shape);
        using ManagedPolicy policy = TinyModels.Create(config, valueHead: true, std: 0.3);
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, groups: 2, perGroup: 3, seed: 5);
        PolicyLoss loss = TinyModels.LinearLoss();
        SetValueHead(policy);
        await policy.ForwardBackwardAsync(batch, loss, 0.8);
        var gradients = policy.Transformer.Weights.Trained.ToDictionary(p => p, p => p.Unpack(p.Gradient!.Span));
        var random = new KeyedRandom(11);
        foreach (Parameter parameter in policy.Transformer.Weights.Trained)
        {
            // Along a random direction: the float rounding of the loss drowns single elements.
            float[] values = parameter.Unpack(parameter.ValueSpan);
            var direction = new double[values.Length];
            double expected = 0;
            for (int i = 0; i < values.Length; i++)
            {
                direction[i] = random.NextGaussian();
                expected += direction[i] * gradients[parameter][i];
            }

            double step = 2e-3 / Math.Sqrt(values.Length);
            double up = await LossAt(policy, parameter, values, direction, step, batch, loss);
            double down = await LossAt(policy, parameter, values, direction, -step, batch, loss);
            double actual = (up - down) / (2 * step);
            double scale = Math.Sqrt(gradients[parameter].Sum(g => (double)g * g));
            Assert.True(Math.Abs(actual - expected) < (0.01 * scale) + 0.02, $"{shape} {parameter.Name}: {actual} by differences, {expected} by the backward pass, length {scale}.");
            Assert.True(scale > 0, $"{parameter.Name} has no gradient.");
            parameter.Pack(values, 0, parameter.ValueSpan);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Gradients_are_the_same_bits_at_any_thread_count(string shape)
    {
        CausalLmConfig config = Config(shape);
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, groups: 6, perGroup: 5, seed: 5, promptLength: 20, answerLength: 20);
        float[][]? first = null;
        double? firstNorm = null;
        foreach (int threads in (int[])[1, 2, 5])
        {
            using ManagedPolicy policy = TinyModels.Create(config, threads, valueHead: true);
            SetValueHead(policy);
            LossTerms terms = await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
            float[][] gradients = [.. policy.Transformer.Weights.Trained.Select(p => p.Gradient!.Span.ToArray())];
            double norm = await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3);
            Assert.True(double.IsFinite(terms.Loss));
            first ??= gradients;
            firstNorm ??= norm;
            Assert.Equal(firstNorm, norm);
            for (int i = 0; i < gradients.Length; i++)
            {
                Assert.True(first[i].AsSpan().SequenceEqual(gradients[i]), $"{policy.Transformer.Weights.Trained[i].Name} differs at {threads} threads.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_shared_prompt_gives_the_gradients_of_separate_prompts(string shape)
    {
        CausalLmConfig config = Config(shape);
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, groups: 3, perGroup: 4, seed: 6, promptLength: 17);
        var losses = new List<double>();
        var gradients = new List<float[][]>();
        foreach (bool share in (bool[])[true, false])
        {
            using ManagedPolicy policy = TinyModels.Create(config, threads: 2, valueHead: true);
            SetValueHead(policy);
            policy.SharePrompts = share;
            losses.Add((await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss())).Loss);
            gradients.Add([.. policy.Transformer.Weights.Trained.Select(p => p.Gradient!.Span.ToArray())]);
        }

        Assert.Equal(losses[0], losses[1]);
        for (int i = 0; i < gradients[0].Length; i++)
        {
            double scale = Math.Sqrt(gradients[0][i].Sum(g => (double)g * g));
            double difference = Math.Sqrt(gradients[0][i].Zip(gradients[1][i], (a, b) => (double)(a - b) * (a - b)).Sum());
            Assert.InRange(difference, 0, (1e-5 * scale) + 1e-7);
        }
    }

    [Fact]
    public async Task How_a_batch_is_cut_into_passes_changes_gradients_by_rounding_only()
    {
        CausalLmConfig config = TinyModels.Config();
        List<TrainingSequence> batch = TinyModels.Sequences(config.VocabularySize, groups: 4, perGroup: 4, seed: 6);
        var all = new List<(double Loss, double Norm)>();
        foreach (int rows in (int[])[1 << 20, 40, 1])
        {
            using ManagedPolicy policy = ManagedPolicy.Create(
                config, new PlainCodec(config.VocabularySize, TinyModels.EndToken), CheckpointFiles.ForFreshModel(config, null), 7, new ManagedPolicyOptions { Threads = 1, MaxTokensPerPass = rows, InitializerStd = 0.4 });
            LossTerms terms = await policy.ForwardBackwardAsync(batch, TinyModels.LinearLoss());
            all.Add((terms.Loss, await policy.OptimizerStepAsync(new AdamWOptions(), 1e-3)));
        }

        Assert.All(all, entry => Assert.Equal(all[0].Loss, entry.Loss));
        Assert.All(all, entry => Assert.Equal(1, entry.Norm / all[0].Norm, 1e-6));
    }

    private static void SetValueHead(ManagedPolicy policy)
    {
        var random = new KeyedRandom(23);
        foreach (ref float value in policy.Transformer.Weights.ValueWeight!.ValueSpan)
        {
            value = (float)(0.3 * random.NextGaussian());
        }

        policy.Transformer.Weights.ValueBias!.ValueSpan[0] = 0.25f;
    }

    private static async Task<double> LossAt(
        ManagedPolicy policy, Parameter parameter, float[] values, double[] direction, double step, List<TrainingSequence> batch, PolicyLoss loss)
    {
        float[] moved = [.. values.Select((value, i) => (float)(value + (step * direction[i])))];
        parameter.Pack(moved, 0, parameter.ValueSpan);
        IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(batch, 0.8);
        double sum = 0;
        for (int s = 0; s < batch.Count; s++)
        {
            sum += Evaluate(batch[s], scores[s], loss);
        }

        return sum;
    }

    private static double Evaluate(TrainingSequence sequence, TokenScores scores, PolicyLoss loss)
    {
        int n = scores.LogProbs.Length;
        return loss(
            sequence,
            new TokenOutputs { LogProbs = scores.LogProbs.Span, Entropies = scores.Entropies.Span, Values = scores.Values.Span },
            new TokenGradients { LogProbs = new float[n], Entropies = new float[n], Values = new float[scores.Values.Length] }).Loss;
    }
}
