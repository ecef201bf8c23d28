using System.Numerics;
using System.Text.Json;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;
using RlvrSharp.Tests.Losses;

namespace RlvrSharp.Tests.Advantages;

/// <summary>The advantages of TRL (GRPO, RLOO), verl, open-instruct, torchtune and OpenRLHF.</summary>
public class AdvantageGoldenTests
{
    public static TheoryData<string, bool> TrlCases => Golden.Names("trl_grpo_advantages");

    public static TheoryData<string, bool> RlooCases => Golden.Names("trl_rloo_advantages");

    public static TheoryData<string, bool> VerlCases => Golden.Names("verl_advantages");

    public static TheoryData<string, bool> GaeCases => Golden.Names("gae");

    public static TheoryData<string, bool> PpoCases => Golden.Names("trl_ppo");

    public static TheoryData<string, bool> PassAtKCases => Golden.Names("pass_at_k");

    [Theory]
    [MemberData(nameof(TrlCases))]
    public void Trl_group_advantages_agree(string name, bool isDouble) => Dispatch("trl_grpo_advantages", name, isDouble);

    [Theory]
    [MemberData(nameof(RlooCases))]
    public void Trl_rloo_advantages_agree(string name, bool isDouble) => Dispatch("trl_rloo_advantages", name, isDouble);

    [Theory]
    [MemberData(nameof(VerlCases))]
    public void Verl_advantages_agree(string name, bool isDouble) => Dispatch("verl_advantages", name, isDouble);

    [Theory]
    [MemberData(nameof(GaeCases))]
    public void Gae_agrees(string name, bool isDouble) => Dispatch("gae", name, isDouble);

    [Theory]
    [MemberData(nameof(PpoCases))]
    public void Trl_ppo_agrees(string name, bool isDouble) => Dispatch("trl_ppo", name, isDouble);

    [Theory]
    [MemberData(nameof(PassAtKCases))]
    public void Pass_at_k_agrees(string name, bool isDouble)
    {
        JsonElement golden = Golden.Case("pass_at_k", name), metrics = golden.GetProperty("metrics");
        int[] correct = [.. golden.GetProperty("correct").EnumerateArray().Select(row => row.EnumerateArray().Count(cell => cell.ValueKind == JsonValueKind.True || (cell.ValueKind == JsonValueKind.Number && cell.GetDouble() != 0)))];
        int n = golden.GetProperty("correct")[0].GetArrayLength();
        foreach (JsonProperty metric in metrics.EnumerateObject())
        {
            int k = int.Parse(metric.Name.Split('_')[2], System.Globalization.CultureInfo.InvariantCulture);
            Golden.Close(metrics.Number(metric.Name), PassAtK.Mean(correct, n, k), isDouble, metric.Name);
        }
    }

    private static void Dispatch(string file, string name, bool isDouble)
    {
        if (isDouble)
        {
            Check<double>(file, Golden.Case(file, name));
        }
        else
        {
            Check<float>(file, Golden.Case(file, name));
        }
    }

    private static void Check<T>(string file, JsonElement golden)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        JsonElement inputs = Golden.Inputs(file), settings = golden.GetProperty("params");
        switch (file)
        {
            case "trl_grpo_advantages":
                Trl<T>(golden, inputs, settings);
                break;
            case "trl_rloo_advantages":
                Rloo<T>(golden, inputs, settings);
                break;
            case "verl_advantages":
                Verl<T>(golden, inputs, settings);
                break;
            case "gae":
                GaeOf<T>(golden, inputs, settings);
                break;
            default:
                Ppo<T>(golden, inputs, settings);
                break;
        }
    }

    private static T[] WeightedRewards<T>(T[] parts, T[] weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => [.. parts.Chunk(weights.Length).Select(row => RewardParts.WeightedSum<T>(row, weights))];

    private static void Trl<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] parts = inputs.Array<T>(golden.Text("inputs")), weights = settings.Array<T>("reward_weights");
        int size = (int)settings.Number("num_generations"), count = parts.Length / weights.Length;
        int[] sizes = [.. Enumerable.Repeat(size, count / size)];
        GroupAdvantageOptions options = new() { Epsilon = 1e-4 };
        var advantages = new T[count];
        double flat;
        if (settings.Text("multi_objective_aggregation") == "normalize_then_sum")
        {
            GroupStatistics batch = BatchAdvantages.Decoupled<T>(parts, weights, sizes, options, options, advantages, new T[parts.Length]);
            flat = batch.IsFlat ? 1 : 0;
        }
        else
        {
            T[] rewards = WeightedRewards(parts, weights);
            string scale = settings.Text("scale_rewards");
            if (scale == "batch")
            {
                flat = BatchAdvantages.Scaled<T>(rewards, sizes, options, advantages).IsFlat ? 1 : 0;
            }
            else
            {
                flat = 0;
                for (int start = 0; start < count; start += size)
                {
                    GroupStatistics group = GroupAdvantages.Relative<T>(
                        rewards.AsSpan(start, size), options with { Std = scale == "none" ? AdvantageStd.None : AdvantageStd.Sample }, advantages.AsSpan(start, size));

                    // TRL has no standard deviation for a group with one reward, and does not count it as flat.
                    flat += group.IsFlat && group.Count > 1 ? size / (double)count : 0;
                }
            }
        }

        Golden.Close(golden.Array<double>("advantages"), advantages, "advantages");
        Golden.Near(golden.Number("frac_reward_zero_std"), flat, "frac_reward_zero_std");
    }

    private static void Rloo<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] parts = inputs.Array<T>(golden.Text("inputs")), weights = settings.Array<T>("reward_weights");
        int size = (int)settings.Number("num_generations"), count = parts.Length / weights.Length;
        T[] rewards = WeightedRewards(parts, weights);
        if (settings.Has("reward_clip_range"))
        {
            T[] range = settings.Array<T>("reward_clip_range");
            rewards = [.. rewards.Select(reward => T.IsNaN(reward) ? reward : T.Clamp(reward, range[0], range[1]))];
        }

        double beta = settings.Number("beta");
        T[] old = inputs.Array<T>("old_per_token_logps"), reference = inputs.Array<T>("ref_per_token_logps"), mask = inputs.Array<T>("completion_mask");
        int length = old.Length / count;
        for (int row = 0; row < count && beta != 0; row++)
        {
            Range range = (row * length)..((row + 1) * length);
            PolicyTokens<T> tokens = new() { LogProbs = old[range], OldLogProbs = old[range], Advantages = default, Weights = mask[range] };
            double kl = KlPenalty.Add(tokens, reference[range], new() { Estimator = KlEstimator.K1 }, default).ReferenceKlSum;
            rewards[row] -= T.CreateTruncating(beta * kl);
        }

        var advantages = new T[count];
        for (int start = 0; start < count; start += size)
        {
            GroupAdvantages.LeaveOneOut<T>(rewards.AsSpan(start, size), new(), advantages.AsSpan(start, size));
            bool alone = rewards.AsSpan(start, size).ToArray().Count(reward => !T.IsNaN(reward)) < 2;
            for (int i = start; i < start + size; i++)
            {
                // What has no advantage takes no part in the normalisation.
                advantages[i] = alone || T.IsNaN(rewards[i]) ? T.NaN : advantages[i];
            }
        }

        if (settings.Flag("normalize_advantages"))
        {
            BatchAdvantages.Normalize<T>(advantages, new() { Epsilon = 1e-4 });
        }

        Golden.Close(golden.Array<double>("advantages"), [.. advantages.Select(value => T.IsNaN(value) ? T.Zero : value)], "advantages");
    }

    private static void Verl<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int[] index = inputs.Array<int>("index");
        T[] rewards = inputs.Array<T>(settings.Text("rewards")), mask = inputs.Array<T>(settings.Text("mask")), values = inputs.Array<T>("values");
        double[] expected = golden.Array<double>("advantages");
        int length = inputs.GetProperty("values")[0].GetArrayLength(), rows = expected.Length / length;
        index = index[..rows];
        string function = golden.Text("function")["compute_".Length..];
        WhiteningOptions whitening = new() { CountEpsilon = 1e-8 };
        T[] advantages = new T[expected.Length], returns = new T[expected.Length];
        rewards = rewards[..expected.Length];
        mask = mask[..expected.Length];
        if (function is "gae_advantage_return")
        {
            GaeOptions options = new() { Discount = settings.Number("gamma"), Lambda = settings.Number("lam") };
            for (int row = 0; row < rows; row++)
            {
                Range range = (row * length)..((row + 1) * length);
                Gae.Estimate<T>(rewards[range], values[range], mask[range], options, advantages.AsSpan(range), returns.AsSpan(range));
            }

            Whitening.Apply<T>(advantages, mask, whitening, advantages);
        }
        else if (function.StartsWith("reinforce_plus_plus_outcome", StringComparison.Ordinal))
        {
            for (int row = 0; row < rows; row++)
            {
                Range range = (row * length)..((row + 1) * length);
                Gae.Returns<T>(rewards[range], mask[range], settings.Number("gamma"), MaskedTokens.Cut, returns.AsSpan(range));
            }

            Whitening.Apply<T>(returns, mask, whitening, advantages);
            advantages = Golden.Multiply(advantages, mask);
        }
        else if (function.StartsWith("remax", StringComparison.Ordinal))
        {
            T[] baselines = Golden.Repeat(inputs.Array<T>("reward_baselines")[..rows], length);
            for (int row = 0; row < rows; row++)
            {
                Range range = (row * length)..((row + 1) * length);
                Gae.Returns<T>(rewards[range], mask[range], 1, MaskedTokens.Zero, returns.AsSpan(range));
            }

            advantages = [.. returns.Select((value, i) => value - (baselines[i] * mask[i]))];
        }
        else
        {
            // Outcome advantages: one number per row, over its counted tokens.
            T[] scores = [.. rewards.Chunk(length).Select(row => T.CreateTruncating(row.Sum(value => double.CreateTruncating(value))))];
            int[] lengths = [.. mask.Chunk(length).Select(row => row.Count(value => value != T.Zero))];
            GroupAdvantageOptions options = new()
            {
                KeepSingletons = function != "rloo_vectorized_outcome_advantage",
                Std = settings.TryGetProperty("norm_adv_by_std_in_grpo", out JsonElement flag) && flag.GetBoolean() ? AdvantageStd.Sample : AdvantageStd.None,
            };
            var perRow = new T[rows];
            int[] order = [.. Enumerable.Range(0, rows).OrderBy(row => index[row])];
            int[] sizes = [.. order.GroupBy(row => index[row]).Select(group => group.Count())];
            T[] sorted = [.. order.Select(row => scores[row])], result = new T[rows];
            int start = 0;
            if (function.StartsWith("gpg", StringComparison.Ordinal))
            {
                BatchAdvantages.GroupPolicyGradient<T>(sorted, sizes, options, result);
            }
            else
            {
                foreach (int size in sizes)
                {
                    Span<T> target = result.AsSpan(start, size);
                    ReadOnlySpan<T> group = sorted.AsSpan(start, size);
                    int[] groupLengths = [.. order[start..(start + size)].Select(row => lengths[row])];
                    _ = function switch
                    {
                        _ when function.StartsWith("grpo_passk", StringComparison.Ordinal) => GroupAdvantages.BestOnly(group, options, target),
                        _ when function.StartsWith("grpo", StringComparison.Ordinal) => GroupAdvantages.Relative(group, options, target),
                        _ when function.StartsWith("rloo", StringComparison.Ordinal) => GroupAdvantages.LeaveOneOut(group, options, target),
                        _ when function.StartsWith("opo", StringComparison.Ordinal) => GroupAdvantages.LengthWeighted(group, groupLengths, options, target),
                        _ => GroupAdvantages.Relative(group, options with { Std = AdvantageStd.None }, target),
                    };
                    start += size;
                }
            }

            for (int i = 0; i < rows; i++)
            {
                perRow[order[i]] = result[i];
            }

            advantages = Golden.Multiply(Golden.Repeat(perRow, length), mask);
            if (function.StartsWith("reinforce_plus_plus_baseline", StringComparison.Ordinal))
            {
                Whitening.Apply<T>(advantages, mask, whitening, advantages);
                advantages = Golden.Multiply(advantages, mask);
            }

            returns = advantages;
        }

        if (function.StartsWith("grpo_vectorized", StringComparison.Ordinal))
        {
            // verl's vectorised form takes group means in single precision.
            advantages.Zip(expected).ToList().ForEach(pair => Golden.Near(pair.Second, double.CreateTruncating(pair.First), "advantages"));
            return;
        }

        Golden.Close(expected, advantages, "advantages");
        Golden.Close(golden.Array<double>("returns"), returns, "returns");
    }

    private static void GaeOf<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] rewards = inputs.Array<T>("rewards"), values = inputs.Array<T>("values"), mask = inputs.Array<T>("mask"), packed = inputs.Array<T>("response_masks"), dones = inputs.Array<T>("dones");
        int length = inputs.GetProperty("values")[0].GetArrayLength();
        string source = golden.GetProperty("source").Text("function");
        T[] advantages = new T[values.Length], returns = new T[values.Length];
        bool masked = settings.Has("action_mask") || (settings.TryGetProperty("masked", out JsonElement flag) && flag.ValueKind == JsonValueKind.True);
        GaeOptions options = new()
        {
            Discount = settings.Number("gamma"), Lambda = settings.NumberOrNull("lam") ?? 1,
            Masked = source switch { "get_advantages_and_returns" => MaskedTokens.Zero, "calculate_advantages_packed" => MaskedTokens.Cut, _ => MaskedTokens.Ignore },
        };
        for (int start = 0; start < values.Length; start += length)
        {
            Range range = start..(start + length);
            if (source == "get_cumulative_returns")
            {
                Gae.Returns<T>(rewards[range], masked ? mask[range] : default, options.Discount, MaskedTokens.Zero, returns.AsSpan(range));
            }
            else if (source == "calculate_advantages_packed")
            {
                Gae.Estimate<T>(rewards[range], values[range], packed[range], options, advantages.AsSpan(range), returns.AsSpan(range), dones[range]);
            }
            else
            {
                Gae.Estimate<T>(rewards[range], values[range], masked ? mask[range] : default, options, advantages.AsSpan(range), returns.AsSpan(range));
            }
        }

        if (source == "estimate_advantages")
        {
            // Its whitening adds the mean back.
            WhiteningOptions whitening = new() { ShiftMean = false, CountEpsilon = masked ? 1e-8 : 0, BesselEpsilon = masked ? 1e-8 : 0 };
            Whitening.Apply<T>(advantages, masked ? mask : default, whitening, advantages);
            advantages = masked ? Golden.Multiply(advantages, mask) : advantages;
        }

        if (golden.Has("advantages"))
        {
            Golden.Close(golden.Array<double>("advantages"), advantages, "advantages");
        }

        Golden.Close(golden.Array<double>("returns"), returns, "returns");
    }

    private static void Ppo<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        int length = inputs.GetProperty("values")[0].GetArrayLength();
        int[] lengths = inputs.Array<int>("sequence_lengths");
        T[] Mask(string name) => [.. golden.Array<T>(name).Select(value => T.One - value)];
        T[] mask = Mask("padding_mask"), valueMask = Mask("padding_mask_p1");
        T[] values = Golden.Multiply(inputs.Array<T>("values"), valueMask), scores = inputs.Array<T>("scores");
        T[] logProbs = inputs.Array<T>("logprobs"), reference = inputs.Array<T>("ref_logprobs"), rewards = new T[mask.Length];
        KlOptions kl = new() { Estimator = settings.Text("kl_estimator") == "k1" ? KlEstimator.K1 : KlEstimator.K3 };
        KlPenalty.Estimate<T>(logProbs, reference, kl, rewards);
        T coefficient = T.CreateTruncating(settings.Number("kl_coef"));
        rewards = [.. rewards.Select((value, i) => -coefficient * value * mask[i])];
        for (int row = 0; row < lengths.Length; row++)
        {
            rewards[(row * length) + Math.Min(lengths[row] + 1 < length ? lengths[row] + 1 : lengths[row], length - 1)] += scores[row];
        }

        if (settings.Flag("whiten_rewards"))
        {
            Whitening.Apply<T>(rewards, valueMask, new() { ShiftMean = false }, rewards);
            rewards = Golden.Multiply(rewards, valueMask);
        }

        Golden.Close(golden.Array<double>("rewards"), rewards, "rewards");
        T[] advantages = new T[mask.Length], returns = new T[mask.Length];
        GaeOptions options = new() { Discount = settings.Number("gamma"), Lambda = settings.Number("lam"), Masked = MaskedTokens.Ignore };
        for (int start = 0; start < mask.Length; start += length)
        {
            Range range = start..(start + length);
            Gae.Estimate<T>(rewards[range], values[range], default, options, advantages.AsSpan(range), returns.AsSpan(range));
        }

        Whitening.Apply<T>(advantages, mask, new(), advantages);
        advantages = Golden.Multiply(advantages, mask);
        Golden.Close(golden.Array<double>("returns"), returns, "returns");
        Golden.Close(golden.Array<double>("advantages"), advantages, "advantages");

        double clip = settings.Number("cliprange"), valueCoefficient = settings.Number("vf_coef");
        Rows<T> batch = new()
        {
            Length = length, LogProbs = inputs.Array<T>("new_logprobs"), OldLogProbs = logProbs, Advantages = advantages, Mask = mask, Weights = Rows<T>.WeightsOf(new(), mask, length),
        };
        LossTerms policy = batch.Run(new ClippedSurrogateOptions { ClipLow = clip, ClipHigh = clip }).Aggregate((a, b) => a + b);
        var valueGradient = new T[mask.Length];
        T[] predicted = Golden.Multiply(inputs.Array<T>("vpred"), valueMask);
        LossTerms value = ValueLoss.Add<T>(
            predicted, values, returns, Rows<T>.WeightsOf(new(), valueMask, length), new() { Clip = settings.Number("cliprange_value"), Coefficient = valueCoefficient }, valueGradient);
        Golden.Close(golden.Number("pg_loss"), policy.PolicyLoss, isDouble, "pg_loss");
        Golden.Close(golden.Number("vf_loss"), value.ValueLoss / valueCoefficient, isDouble, "vf_loss");
        Golden.Close(golden.Number("loss"), policy.Loss + value.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_new_logprobs"), batch.Gradient, "grad_new_logprobs");
        Golden.Close(golden.Array<double>("grad_vpred"), valueGradient, "grad_vpred");
        Golden.Near(golden.Number("pg_clipfrac"), (policy.ClippedLowCount + policy.ClippedHighCount) / policy.TokenCount, "pg_clipfrac");
        Golden.Near(golden.Number("vf_clipfrac"), value.ValueClippedCount / valueMask.Count(item => item != T.Zero), "vf_clipfrac");
    }
}
