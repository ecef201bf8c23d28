using System.Numerics;
using System.Text.Json;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>KL estimators, value loss, entropy, whitening, and losses from logits.</summary>
public class TermsGoldenTests
{
    public static TheoryData<string, bool> VerlKlCases => Golden.Names("verl_kl_estimators", golden => golden.Has("value"));

    public static TheoryData<string, bool> KlCases => Golden.Names("kl_estimators");

    public static TheoryData<string, bool> VerlCases => Golden.Names("verl_value_entropy_misc");

    public static TheoryData<string, bool> LogitCases => Golden.Names("trl_grpo_from_logits");

    [Theory]
    [MemberData(nameof(VerlKlCases))]
    public void Verl_kl_agrees(string name, bool isDouble)
    {
        JsonElement golden = Golden.Case("verl_kl_estimators", name);
        KlOptions options = golden.GetProperty("params").Text("kl_penalty") switch
        {
            "kl" or "k1" => new() { Estimator = KlEstimator.K1 },
            "abs" => new() { Estimator = KlEstimator.Absolute },
            "mse" or "k2" => new() { Estimator = KlEstimator.K2 },
            _ => new() { Estimator = KlEstimator.K3, MaxLogRatio = 20, MaxValue = 10 },
        };
        JsonElement inputs = Golden.Inputs("verl_kl_estimators");
        bool extreme = golden.Has("inputs");
        JsonElement source = extreme ? inputs.GetProperty("extreme") : inputs;
        string prefix = extreme ? "logprob" : "log_prob";
        CheckKl(golden, source, prefix, "ref_" + prefix, extreme ? null : "mask_ragged", options, isDouble);
    }

    [Theory]
    [MemberData(nameof(KlCases))]
    public void Open_instruct_and_openrlhf_kl_agree(string name, bool isDouble)
    {
        KlOptions options = name switch
        {
            "open_instruct_0" => new() { Estimator = KlEstimator.K1, MaxLogRatio = 40 },
            "open_instruct_1" => new() { Estimator = KlEstimator.K2, MaxLogRatio = 40 },
            "open_instruct_2" => new() { Estimator = KlEstimator.K3, MaxLogRatio = 40 },
            "open_instruct_3" => new() { Estimator = KlEstimator.WeightedK1, MaxLogRatio = 40 },
            "openrlhf_k1" => new() { Estimator = KlEstimator.K1, MaxValue = 10 },
            "openrlhf_k2" => new() { Estimator = KlEstimator.K2, MaxValue = 10 },
            _ => new() { Estimator = KlEstimator.K3, MaxValue = 10 },
        };
        CheckKl(Golden.Case("kl_estimators", name), Golden.Inputs("kl_estimators"), "new_logprobs", "ref_logprobs", "mask_ragged", options, isDouble);
    }

    [Theory]
    [MemberData(nameof(VerlCases))]
    public void Verl_value_entropy_and_whitening_agree(string name, bool isDouble)
    {
        if (isDouble)
        {
            CheckVerl<double>(Golden.Case("verl_value_entropy_misc", name));
        }
        else
        {
            CheckVerl<float>(Golden.Case("verl_value_entropy_misc", name));
        }
    }

    [Theory]
    [MemberData(nameof(LogitCases))]
    public void Trl_from_logits_agrees(string name, bool isDouble)
    {
        if (isDouble)
        {
            CheckLogits<double>(Golden.Case("trl_grpo_from_logits", name));
        }
        else
        {
            CheckLogits<float>(Golden.Case("trl_grpo_from_logits", name));
        }
    }

    private static void CheckKl(JsonElement golden, JsonElement inputs, string current, string reference, string? mask, KlOptions options, bool isDouble)
    {
        if (isDouble)
        {
            Check<double>();
        }
        else
        {
            Check<float>();
        }

        void Check<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            T[] logProbs = inputs.Array<T>(current), frozen = inputs.Array<T>(reference);
            T[] old = options.Estimator == KlEstimator.WeightedK1 ? inputs.Array<T>("old_logprobs") : logProbs;
            T[] weights = mask is null ? [.. logProbs.Select(_ => T.One)] : inputs.Array<T>(mask);
            var values = new T[logProbs.Length];
            for (int i = 0; i < values.Length; i++)
            {
                PolicyTokens<T> token = new() { LogProbs = logProbs.AsSpan(i, 1), OldLogProbs = old.AsSpan(i, 1), Advantages = default, Weights = new[] { T.One } };
                values[i] = T.CreateTruncating(KlPenalty.Add(token, frozen.AsSpan(i, 1), options, default).ReferenceKlSum);
            }

            Golden.Close(golden.Array<double>("value"), values, "value");
            if (options.Estimator != KlEstimator.WeightedK1)
            {
                var estimates = new T[values.Length];
                KlPenalty.Estimate<T>(logProbs, frozen, options, estimates);
                Golden.Close(golden.Array<double>("value"), estimates, "estimate");
            }

            var gradient = new T[values.Length];
            PolicyTokens<T> all = new() { LogProbs = logProbs, OldLogProbs = old, Advantages = default, Weights = weights };
            KlPenalty.Add(all, frozen, options with { Coefficient = 1 }, gradient);
            Golden.Close(golden.Array<double>("grad_of_masked_sum"), gradient, "gradient");
        }
    }

    private static void CheckVerl<T>(JsonElement golden)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        JsonElement inputs = Golden.Inputs("verl_value_entropy_misc");
        bool isDouble = typeof(T) == typeof(double);
        int length = inputs.GetProperty("values")[0].GetArrayLength(), words = inputs.GetProperty("logits")[0][0].GetArrayLength();
        string function = golden.Text("function");
        if (function == "compute_value_loss")
        {
            JsonElement settings = golden.GetProperty("params");
            T[] mask = inputs.Array<T>(settings.Text("mask")), predicted = inputs.Array<T>("vpreds");
            T[] weights = Rows<T>.WeightsOf(VerlPolicyLossGoldenTests.Aggregation(settings.Text("loss_agg_mode"), length), mask, length);
            var gradient = new T[predicted.Length];
            LossTerms terms = ValueLoss.Add<T>(predicted, inputs.Array<T>("values"), inputs.Array<T>("returns"), weights, new() { Clip = settings.Number("cliprange_value") }, gradient);
            Golden.Close(golden.Number("loss"), terms.ValueLoss, isDouble, "loss");
            Golden.Close(golden.Number("clipfrac"), terms.ValueClippedCount / (mask.Count(value => value != T.Zero) + 1e-8), isDouble, "clipfrac");
            Golden.Close(golden.Array<double>("grad_vpreds"), gradient, "gradient");
        }
        else if (function == "compute_entropy_loss")
        {
            // verl's entropy loss is the mean entropy: a bonus of coefficient −1.
            JsonElement settings = golden.GetProperty("params");
            T[] mask = inputs.Array<T>(settings.Text("mask"));
            T[] weights = Rows<T>.WeightsOf(VerlPolicyLossGoldenTests.Aggregation(settings.Text("loss_agg_mode"), length), mask, length);
            Softmax<T> softmax = new(inputs.Array<T>("logits"), words, 1);
            var gradient = new T[mask.Length];
            Golden.Close(golden.Number("loss"), EntropyBonus.Add<T>(softmax.Entropies, weights, -1, gradient).Loss, isDouble, "loss");
            if (golden.Has("grad_logits"))
            {
                Golden.Close(golden.Array<double>("grad_logits"), softmax.Backward(null, null, gradient), "gradient");
            }
        }
        else if (function.EndsWith("entropy_from_logits", StringComparison.Ordinal))
        {
            Golden.Close(golden.Array<double>("value"), new Softmax<T>(inputs.Array<T>("logits"), words, 1).Entropies, "entropy");
        }
        else if (function.EndsWith("masked_whiten", StringComparison.Ordinal))
        {
            JsonElement settings = golden.GetProperty("params");
            T[] values = inputs.Array<T>("values");
            Whitening.Apply<T>(values, inputs.Array<T>(settings.Text("mask")), new() { ShiftMean = settings.Flag("shift_mean"), CountEpsilon = 1e-8 }, values);
            Golden.Close(golden.Array<double>("value"), values, "value");
        }
        else
        {
            Assert.Fail("Unknown function " + function);
        }
    }

    private static void CheckLogits<T>(JsonElement golden)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        JsonElement inputs = Golden.Inputs("trl_grpo_from_logits"), settings = golden.GetProperty("params");
        bool isDouble = typeof(T) == typeof(double);
        int rows = inputs.GetProperty("logits").GetArrayLength(), places = inputs.GetProperty("logits")[0].GetArrayLength(), words = inputs.GetProperty("logits")[0][0].GetArrayLength();
        int length = places - 1;
        T[] all = inputs.Array<T>("logits");
        T[] logits = [.. Enumerable.Range(0, rows).SelectMany(row => all[(row * places * words)..(((row * places) + length) * words)])];
        int[] ids = inputs.Array<int>("completion_ids");
        Softmax<T> softmax = new(logits, words, settings.Number("temperature"));
        T[] logProbs = softmax.LogProbs(ids);
        Golden.Close(golden.Array<double>("per_token_logps"), logProbs, "per_token_logps");
        Golden.Close(golden.Array<double>("entropies"), softmax.Entropies, "entropies");
        T[]? old = golden.Has("old_per_token_logps") ? golden.Array<T>("old_per_token_logps") : null;
        T[]? reference = golden.Has("ref_per_token_logps") ? golden.Array<T>("ref_per_token_logps") : null;
        TrlGrpo<T> run = new(settings, inputs, logProbs, softmax.Entropies, old, reference, golden.Array<T>("advantages"));
        Golden.Close(golden.Number("loss"), run.Loss, isDouble, "loss");
        T[] gradient = softmax.Backward(ids, run.Gradient, run.EntropyGradient);
        T[] padded = [.. Enumerable.Range(0, rows).SelectMany(row => gradient[(row * length * words)..((row + 1) * length * words)].Concat(new T[words]))];
        Golden.Close(golden.Array<double>("grad_logits"), padded, "grad_logits");
        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            Golden.Near(golden.GetProperty("metrics").Number(metric.Name), run.Metrics[metric.Name], metric.Name);
        }
    }

    /// <summary>A softmax with its derivative, in double: the part between logits and the losses.</summary>
    private sealed class Softmax<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double[][] logSoftmax;
        private readonly double temperature;
        private readonly int words;

        public Softmax(T[] logits, int words, double temperature)
        {
            this.words = words;
            this.temperature = temperature;
            logSoftmax = [.. logits.Chunk(words).Select(place =>
            {
                double[] scaled = [.. place.Select(value => double.CreateTruncating(value) / temperature)];
                double max = scaled.Max(), log = max + Math.Log(scaled.Sum(value => Math.Exp(value - max)));
                return scaled.Select(value => value - log).ToArray();
            })];
            Entropies = [.. logSoftmax.Select(place => T.CreateTruncating(-place.Sum(value => Math.Exp(value) * value)))];
        }

        public T[] Entropies { get; }

        public T[] LogProbs(int[] ids) => [.. logSoftmax.Select((place, i) => T.CreateTruncating(place[ids[i]]))];

        public T[] Backward(int[]? ids, T[]? logProbGradient, T[] entropyGradient)
        {
            var gradient = new T[logSoftmax.Length * words];
            for (int i = 0; i < logSoftmax.Length; i++)
            {
                double g = logProbGradient is null ? 0 : double.CreateTruncating(logProbGradient[i]), h = double.CreateTruncating(entropyGradient[i]);
                double entropy = -logSoftmax[i].Sum(value => Math.Exp(value) * value);
                for (int v = 0; v < words; v++)
                {
                    double p = Math.Exp(logSoftmax[i][v]);
                    double hit = ids is not null && ids[i] == v ? 1 : 0;
                    gradient[(i * words) + v] = T.CreateTruncating(((g * (hit - p)) - (h * p * (logSoftmax[i][v] + entropy))) / temperature);
                }
            }

            return gradient;
        }
    }
}
