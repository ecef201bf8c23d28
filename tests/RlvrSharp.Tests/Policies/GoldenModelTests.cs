using System.Text.Json;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

public sealed class GoldenModelTests
{
    public static TheoryData<string> Models => [.. GoldenModel.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public unsafe void Logits_agree_with_the_reference(string name)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load();
        int i = 0;
        foreach (int[] tokens in golden.Sequences)
        {
            JsonElement expected = golden.Json.GetProperty("per_sequence")[i++];
            TokenBatch batch = TokenBatch.Create([new TokenSequence { PromptTokens = tokens, Tokens = default }], [[0]]);
            policy.Transformer.Forward(batch, keep: false, null, default);
            float* logits = policy.Transformer.Logits(policy.Transformer.LastHidden, tokens.Length);
            int vocabulary = policy.Config.VocabularySize;
            int stride = policy.Transformer.LogitStride;
            int[] argmax = GoldenModel.Ints(expected.GetProperty("argmax"));
            double squares = 0;
            for (int t = 0; t < tokens.Length; t++)
            {
                var row = new ReadOnlySpan<float>(logits + (t * stride), vocabulary);
                Assert.Equal(argmax[t], System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row));
                foreach (float value in row)
                {
                    squares += (double)value * value;
                }
            }

            Assert.Equal(1, squares / expected.GetProperty("logits_sq_sum").GetDouble(), 1e-5);
            foreach (JsonProperty at in expected.GetProperty("logits_at").EnumerateObject())
            {
                double[] row = GoldenModel.Doubles(at.Value);
                int t = int.Parse(at.Name, System.Globalization.CultureInfo.InvariantCulture);
                for (int j = 0; j < row.Length; j++)
                {
                    Assert.Equal(row[j], logits[(t * stride) + j], 2e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Log_probabilities_and_entropies_agree_with_the_reference(string name)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load(threads: 2);
        List<TokenSequence> sequences = [.. golden.Sequences.Select(tokens => new TokenSequence { PromptTokens = tokens.AsMemory(0, 1), Tokens = tokens.AsMemory(1) })];
        foreach ((double temperature, string key) in ((double, string)[])[(1.0, "logp_t1_float64"), (0.7, "logp_t07_float64")])
        {
            IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(sequences, temperature);
            for (int s = 0; s < scores.Count; s++)
            {
                JsonElement expected = golden.Json.GetProperty("per_sequence")[s];
                AssertClose(GoldenModel.Doubles(expected.GetProperty(key)), scores[s].LogProbs.Span, 2e-5);
                if (temperature == 1)
                {
                    AssertClose(GoldenModel.Doubles(expected.GetProperty("entropy_t1"))[..^1], scores[s].Entropies.Span, 2e-5);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Greedy_decoding_gives_the_reference_tokens(string name)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load();
        JsonElement greedy = golden.Json.GetProperty("greedy");
        int count = greedy.GetProperty("max_new_tokens").GetInt32();

        // The reference goes on past end tokens, so prompt and answer so far are given again after each one.
        for (int p = 0; p < greedy.GetProperty("prompts").GetArrayLength(); p++)
        {
            List<int> tokens = [.. GoldenModel.Ints(greedy.GetProperty("prompts")[p])];
            int[] expected = GoldenModel.Ints(greedy.GetProperty("tokens")[p]);
            double[] logProbs = GoldenModel.Doubles(greedy.GetProperty("logp_t1")[p]);
            int done = 0;
            while (done < count)
            {
                string text = new([.. tokens.Select(token => (char)token)]);
                var options = new SamplingOptions { Temperature = 0, MaxTokens = count - done };
                Completion completion = (await policy.SampleAsync([new SampleRequest([new PromptMessage("user", text)], 0)], options))[0];
                for (int t = 0; t < completion.Tokens.Length; t++, done++)
                {
                    Assert.Equal(expected[done], completion.Tokens.Span[t]);
                    Assert.Equal(logProbs[done], completion.LogProbs.Span[t], 2e-5);
                    tokens.Add(completion.Tokens.Span[t]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Two_training_steps_agree_with_the_reference(string name)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load(threads: 2);
        JsonElement train = golden.Json.GetProperty("train");
        var options = new AdamWOptions { WeightDecay = 0.01 };
        foreach (JsonElement step in train.GetProperty("steps").EnumerateArray())
        {
            double loss = await ForwardBackward(policy, train, 1);
            double expected = step.GetProperty("loss").GetDouble();
            Assert.Equal(expected, loss, 5e-6 * Math.Max(1, Math.Abs(expected)));
            CheckGradients(policy, step.GetProperty("tensors"));
            double norm = await policy.OptimizerStepAsync(options, 1e-3);
            Assert.Equal(1, norm / step.GetProperty("total_grad_norm").GetDouble(), 1e-5);
            CheckWeights(policy, step.GetProperty("tensors"));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Gradients_at_another_temperature_agree_with_the_reference(string name)
    {
        var golden = new GoldenModel(name);
        using ManagedPolicy policy = golden.Load();
        JsonElement train = golden.Json.GetProperty("train");
        JsonElement expected = train.GetProperty("temperature_07");
        double loss = await ForwardBackward(policy, train, 0.7);
        Assert.Equal(1, loss / expected.GetProperty("loss").GetDouble(), 5e-6);
        foreach (JsonProperty tensor in expected.GetProperty("grad_l2").EnumerateObject())
        {
            Assert.Equal(1, Length(Gradient(policy, tensor.Name)) / tensor.Value.GetDouble(), 1e-5);
        }
    }

    private static async Task<double> ForwardBackward(ManagedPolicy policy, JsonElement train, double temperature)
    {
        var batch = new List<TrainingSequence>();
        var coefficients = new List<double[]>();
        for (int b = 0; b < train.GetProperty("input_ids").GetArrayLength(); b++)
        {
            int[] ids = GoldenModel.Ints(train.GetProperty("input_ids")[b]);
            int length = GoldenModel.Ints(train.GetProperty("attention_mask")[b]).Sum();
            int prompt = train.GetProperty("prompt_lengths")[b].GetInt32();
            batch.Add(new TrainingSequence { PromptTokens = ids.AsMemory(0, prompt), Tokens = ids.AsMemory(prompt, length - prompt) });
            coefficients.Add(GoldenModel.Doubles(train.GetProperty("coef")[b])[(prompt - 1)..(length - 1)]);
        }

        LossTerms terms = await policy.ForwardBackwardAsync(
            batch,
            (sequence, outputs, gradients) =>
            {
                double[] c = coefficients[batch.IndexOf(sequence)];
                double loss = 0;
                for (int t = 0; t < c.Length; t++)
                {
                    loss -= c[t] * outputs.LogProbs[t];
                    gradients.LogProbs[t] = (float)-c[t];
                }

                return new LossTerms { Loss = loss };
            },
            temperature);
        return terms.Loss;
    }

    private static void CheckGradients(ManagedPolicy policy, JsonElement tensors)
    {
        foreach (JsonProperty tensor in tensors.EnumerateObject())
        {
            float[] gradient = Gradient(policy, tensor.Name);
            Assert.Equal(1, Length(gradient) / tensor.Value.GetProperty("grad_l2").GetDouble(), 1e-5);
            int[] indices = GoldenModel.Ints(tensor.Value.GetProperty("probe").GetProperty("index"));
            double[] expected = GoldenModel.Doubles(tensor.Value.GetProperty("probe").GetProperty("grad"));
            for (int i = 0; i < indices.Length; i++)
            {
                Assert.Equal(expected[i], gradient[indices[i]], 1e-5);
            }
        }
    }

    private static void CheckWeights(ManagedPolicy policy, JsonElement tensors)
    {
        int far = 0;
        foreach (JsonProperty tensor in tensors.EnumerateObject())
        {
            Parameter parameter = policy.Transformer.Weights.ByName(tensor.Name);
            float[] weight = parameter.Unpack(parameter.ValueSpan);

            // Much of a key bias's gradient cancels in the softmax: what is left is closer to rounding noise than elsewhere.
            bool noisy = tensor.Name.EndsWith("k_proj.bias", StringComparison.Ordinal);
            double tolerance = noisy ? 1e-5 : 1e-6;
            Assert.Equal(1, Length(weight) / tensor.Value.GetProperty("after_l2").GetDouble(), tolerance);
            int[] indices = GoldenModel.Ints(tensor.Value.GetProperty("probe").GetProperty("index"));
            double[] expected = GoldenModel.Doubles(tensor.Value.GetProperty("probe").GetProperty("after"));
            for (int i = 0; i < indices.Length; i++)
            {
                double difference = Math.Abs(expected[i] - weight[indices[i]]);
                Assert.True(difference < 2e-4, $"{tensor.Name}[{indices[i]}] is off by {difference}.");
                far += difference > 2e-6 && !noisy ? 1 : 0;
            }
        }

        // AdamW's first steps turn a gradient of the size of rounding noise into a whole step; very few are.
        Assert.InRange(far, 0, 4);
    }

    private static float[] Gradient(ManagedPolicy policy, string name)
    {
        Parameter parameter = policy.Transformer.Weights.ByName(name);
        return parameter.Unpack(parameter.Gradient!.Span);
    }

    private static double Length(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
