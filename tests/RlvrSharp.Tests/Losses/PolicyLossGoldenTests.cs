using System.Numerics;
using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>The policy losses of OpenRLHF, open-instruct, prime-rl, torchtune and TRL's RLOO.</summary>
public class PolicyLossGoldenTests
{
    public static TheoryData<string, bool> OpenRlhfCases => Golden.Names("openrlhf_policy_loss");

    public static TheoryData<string, bool> OpenInstructCases => Golden.Names("open_instruct_grpo");

    public static TheoryData<string, bool> PrimeCases => Golden.Names("prime_rl");

    public static TheoryData<string, bool> TorchtuneCases => Golden.Names("torchtune_ppo");

    public static TheoryData<string, bool> RlooCases => Golden.Names("trl_rloo_loss");

    public static TheoryData<string, bool> SamplingCases => Golden.Names("trl_importance_sampling");

    [Theory]
    [MemberData(nameof(OpenRlhfCases))]
    public void Openrlhf_agrees(string name, bool isDouble) => Dispatch("openrlhf_policy_loss", name, isDouble);

    [Theory]
    [MemberData(nameof(OpenInstructCases))]
    public void Open_instruct_agrees(string name, bool isDouble) => Dispatch("open_instruct_grpo", name, isDouble);

    [Theory]
    [MemberData(nameof(PrimeCases))]
    public void Prime_rl_agrees(string name, bool isDouble) => Dispatch("prime_rl", name, isDouble);

    [Theory]
    [MemberData(nameof(TorchtuneCases))]
    public void Torchtune_agrees(string name, bool isDouble) => Dispatch("torchtune_ppo", name, isDouble);

    [Theory]
    [MemberData(nameof(RlooCases))]
    public void Trl_rloo_agrees(string name, bool isDouble) => Dispatch("trl_rloo_loss", name, isDouble);

    [Theory]
    [MemberData(nameof(SamplingCases))]
    public void Trl_importance_sampling_agrees(string name, bool isDouble) => Dispatch("trl_importance_sampling", name, isDouble);

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
            case "openrlhf_policy_loss":
                OpenRlhf<T>(golden, inputs, settings);
                break;
            case "open_instruct_grpo":
                OpenInstruct<T>(golden, inputs, settings);
                break;
            case "prime_rl":
                Prime<T>(golden, inputs, settings);
                break;
            case "torchtune_ppo":
                Torchtune<T>(golden, inputs, settings);
                break;
            case "trl_rloo_loss":
                Rloo<T>(golden, inputs.GetProperty(golden.Text("inputs")), settings);
                break;
            default:
                Sampling<T>(golden, inputs.GetProperty(golden.Text("inputs")), settings);
                break;
        }
    }

    private static void OpenRlhf<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        T[] mask = inputs.Array<T>(settings.Text("mask")), current = inputs.Array<T>("new_logprobs"), old = inputs.Array<T>("old_logprobs"), sampler = inputs.Array<T>("rollout_logprobs");
        int length = inputs.GetProperty("new_logprobs")[0].GetArrayLength();
        bool isGspo = settings.Has("policy_loss_type") && settings.Text("policy_loss_type") == "gspo";
        bool tokenLevel = !isGspo && (!settings.Has("token_level_loss") || settings.Flag("token_level_loss"));
        bool corrects = settings.Has("enable_vllm_is_correction") && settings.Flag("enable_vllm_is_correction");
        BatchTotals totals = TokenWeights.CountRows<T>(mask, length);
        double size = settings.NumberOrNull("dp_size") ?? 1;
        totals = totals with
        {
            Tokens = (settings.NumberOrNull("batch_num_tokens") ?? totals.Tokens) / size,
            Sequences = (settings.NumberOrNull("global_batch_size") ?? totals.Sequences) / size,
        };
        TokenWeightOptions average = tokenLevel ? new() : new() { Aggregation = LossAggregation.SequenceMean, LengthEpsilon = 1e-8 };
        T[]? scales = null;
        if (corrects && !isGspo)
        {
            double[] bounds = settings.Array<double>("vllm_is_truncated_threshold");
            string kind = settings.Text("vllm_is_correction_type");
            OffPolicyOptions options = new()
            {
                MinWeight = kind == "tis" ? bounds[0] : 0,
                MaxWeight = kind == "tis" ? bounds[1] : double.PositiveInfinity,
                MaxLogRatio = double.PositiveInfinity,
                Rejections = kind == "tis" ? [] : [new() { Level = kind == "icepop" ? RejectionLevel.Token : RejectionLevel.SequenceMean, Lower = bounds[0], Upper = bounds[1] }],
            };
            (scales, OffPolicyTerms terms) = TrlGrpo<T>.Scales(options, old, sampler, mask, length);
            Golden.Close(golden.Number("vllm_kl"), -terms.LogRatioSum / terms.TokenCount, isDouble, "vllm_kl");
        }

        Rows<T> batch = new()
        {
            Length = length, LogProbs = current, OldLogProbs = isGspo && corrects ? sampler : old, Advantages = inputs.Array<T>("advantages"), Mask = mask, Scales = scales,
            Weights = Rows<T>.WeightsOf(average, mask, length, totals),
        };
        double low = settings.NumberOrNull("clip_eps_low") ?? 0.2, high = settings.NumberOrNull("clip_eps_high") ?? 0.2;
        ClippedSurrogateOptions objective = new() { ClipLow = low, ClipHigh = high, DualClip = settings.NumberOrNull("dual_clip") };
        if (isGspo)
        {
            objective = objective with { RatioLevel = RatioLevel.Sequence, MinLogRatio = double.NegativeInfinity, MaxLogRatio = double.PositiveInfinity };
        }

        LossTerms sum = batch.Run(objective).Aggregate((a, b) => a + b);
        Golden.Close(golden.Number("loss"), batch.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_log_probs"), batch.Gradient, "gradient");
        Golden.Near(golden.Number("clip_ratio"), (sum.ClippedLowCount + sum.ClippedHighCount) / batch.TotalTokens, "clip_ratio");
        if (!(isGspo && corrects))
        {
            Golden.Close(golden.Number("ppo_kl"), -sum.LogRatioSum / batch.TotalTokens, isDouble, "ppo_kl");
        }
    }

    private static void OpenInstruct<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        T[] mask = inputs.Array<T>(settings.Text("mask")), current = inputs.Array<T>("new_logprobs"), old = inputs.Array<T>("old_logprobs"), sampler = inputs.Array<T>("rollout_logprobs");
        T[] reference = inputs.Array<T>("ref_logprobs"), advantages = inputs.Array<T>("advantages");
        int length = inputs.GetProperty("new_logprobs")[0].GetArrayLength();
        T[]? scales = null;
        OffPolicyTerms terms = OffPolicyTerms.Empty;
        if (settings.Flag("use_rho_correction"))
        {
            bool perSequence = settings.Flag("rho_mask_sequence_level"), tv = settings.Flag("rho_mask_tv_divergence");
            double maskLow = settings.Number("rho_mask_lower_bound"), maskHigh = settings.Number("rho_mask_upper_bound"), clampHigh = settings.Number("rho_clamp_upper_bound");
            RejectionRule rule = new()
            {
                Level = tv || perSequence ? RejectionLevel.SequenceMean : RejectionLevel.Token,
                Statistic = tv ? RejectionStatistic.TotalVariation : RejectionStatistic.Ratio,
                Lower = maskLow > 0 ? maskLow : double.NegativeInfinity,
                Upper = maskHigh > 0 ? maskHigh : double.PositiveInfinity,
                OnlyWhereGrowing = tv,
            };
            OffPolicyOptions options = new()
            {
                Level = perSequence ? OffPolicyLevel.SequenceMean : OffPolicyLevel.Token,
                MinWeight = settings.Number("rho_clamp_lower_bound"),
                MaxWeight = clampHigh > 0 ? clampHigh : double.PositiveInfinity,
                MaxLogRatio = 10,
                Rejections = maskLow > 0 || maskHigh > 0 ? [rule] : [],
            };
            (scales, terms) = TrlGrpo<T>.Scales(options, old, sampler, mask, length, advantages);
        }

        T[] used = scales is null ? [.. mask.Select(_ => T.One)] : Golden.Multiply(scales, mask);
        Golden.Close(golden.Array<double>("rho_weights"), used, "rho_weights");
        T[] weights = settings.Text("loss_denominator") == "token"
            ? Rows<T>.WeightsOf(new(), mask, length)
            : Rows<T>.WeightsOf(new() { Aggregation = LossAggregation.Constant, Divisor = double.Parse(settings.Text("loss_denominator"), System.Globalization.CultureInfo.InvariantCulture) }, mask, length);
        double low = settings.Number("clip_lower"), high = settings.Number("clip_higher"), infinity = double.PositiveInfinity;
        PolicyObjective objective = settings.Text("loss_fn") == "dapo"
            ? new ClippedSurrogateOptions { ClipLow = low, ClipHigh = high, MinLogRatio = -infinity, MaxLogRatio = infinity }
            : new CispoOptions { Bounds = CispoBounds.RelativeCap, ClipHigh = high, MinLogRatio = -infinity, MaxLogRatio = infinity };
        KlOptions kl = new()
        {
            Coefficient = settings.Number("beta"), MaxLogRatio = 40,
            Estimator = (int)settings.Number("kl_estimator") switch { 0 => KlEstimator.K1, 1 => KlEstimator.K2, 2 => KlEstimator.K3, _ => KlEstimator.WeightedK1 },
        };
        Rows<T> batch = new() { Length = length, LogProbs = current, OldLogProbs = old, Advantages = advantages, Mask = mask, Weights = weights, Scales = used };
        batch.Run(objective);
        if (settings.Flag("use_ref"))
        {
            batch.AddKl(reference, kl);
        }

        Golden.Close(golden.Number("loss"), batch.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_new_logprobs"), batch.Gradient, "gradient");

        // Token by token, with weight 1 and no neighbours.
        T[] one = [T.One];
        double[] losses = new double[mask.Length], clipped = new double[mask.Length], divergences = new double[mask.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            PolicyTokens<T> token = new() { LogProbs = current.AsSpan(i, 1), OldLogProbs = old.AsSpan(i, 1), Advantages = advantages.AsSpan(i, 1), Weights = one, Scales = used.AsSpan(i, 1) };
            LossTerms term = objective.Add(token, new T[1]);
            losses[i] = term.Loss;
            clipped[i] = used[i] == T.Zero ? 0 : term.ClippedLowCount + term.ClippedHighCount;
            divergences[i] = settings.Flag("use_ref") ? KlPenalty.Add(token, reference.AsSpan(i, 1), kl with { Coefficient = 0 }, default).ReferenceKlSum : 0;
        }

        if (golden.Array<double>("pg_loss_per_token").Length > 0)
        {
            Golden.Close(golden.Array<double>("pg_loss_per_token"), [.. losses.Select(T.CreateTruncating)], "pg_loss_per_token");
            Golden.Close(golden.Array<double>("clipfrac_per_token"), [.. clipped.Select(T.CreateTruncating)], "clipfrac_per_token");
            Golden.Close(golden.Array<double>("kl_per_token"), [.. divergences.Select(T.CreateTruncating)], "kl_per_token");
        }

        double n = Math.Max(1, terms.TokenCount);
        Dictionary<string, double> metrics = new()
        {
            ["val/rho_drop_frac"] = terms.RejectedCount / n,
            ["val/rho_drop_low_frac"] = terms.RejectedLowCount / n,
            ["val/rho_drop_high_frac"] = terms.RejectedHighCount / n,
            ["val/rho_weight"] = terms.WeightSum / n,
            ["val/rho_clipfrac"] = (terms.TruncatedLowCount + terms.TruncatedHighCount) / n,
        };
        foreach (JsonProperty metric in golden.GetProperty("rho_metrics").EnumerateObject())
        {
            Golden.Near(golden.GetProperty("rho_metrics").Number(metric.Name), metrics[metric.Name], metric.Name, isDouble ? 1e-6 : 1e-5);
        }
    }

    private static void Prime<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        int length = inputs.GetProperty("new_logprobs")[0].GetArrayLength(), row = (int)settings.Number("row");
        T[] Row(string name) => inputs.Array<T>(name)[(row * length)..((row + 1) * length)];
        T[] mask = Row("mask_ragged"), current = Row("new_logprobs"), sampler = Row("rollout_logprobs"), advantages = Row("advantages"), reference = Row("ref_logprobs");
        string function = golden.Text("function");
        double tau = settings.NumberOrNull("adv_tau") ?? 1, klTau = settings.NumberOrNull("kl_tau") ?? 1e-3;
        if (function == "ref_kl_loss_fn")
        {
            // The log-ratio to the reference stands in for the advantage.
            advantages = [.. reference.Zip(current, (a, b) => a - b)];
        }

        TrustRegionOptions options = function switch
        {
            "default_loss_fn" => new() { MaxFall = settings.Number("dppo_mask_low"), MaxRise = settings.Number("dppo_mask_high") },
            "ipo_loss_fn" => new() { MaxFall = settings.Number("ipo_threshold"), MaxRise = settings.Number("ipo_threshold"), BySign = false },
            _ => new() { MaxFall = 0.2, MaxRise = double.PositiveInfinity, BySign = false },
        };
        T[] scaled = [.. advantages.Select(value => value * T.CreateTruncating(tau))];
        Rows<T> batch = new() { Length = length, LogProbs = current, OldLogProbs = sampler, Advantages = scaled, Mask = mask, Weights = mask };
        LossTerms terms = batch.Run(options)[0];
        batch.AddKl(sampler, new() { Estimator = KlEstimator.Squared, Coefficient = klTau });
        Golden.Close(golden.Number("loss"), batch.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_trainer_logprobs"), batch.Gradient, "gradient");

        var keep = new T[length];
        PolicyLosses.TrustRegionMask(batch.Row(0), options, keep);
        T[] kept = Golden.Multiply(mask, keep), dropped = [.. mask.Zip(kept, (a, b) => a - b)];
        double Divergence(T[] weights)
        {
            PolicyTokens<T> tokens = new() { LogProbs = current, OldLogProbs = sampler, Advantages = scaled, Weights = weights };
            LossTerms term = PolicyLosses.Reinforce(tokens, new T[length]);
            return term.ApproxKlSum / Math.Max(1, term.TokenCount);
        }

        double n = terms.TokenCount, gone = dropped.Count(value => value != T.Zero);
        string prefix = function == "ref_kl_loss_fn" ? "ref_kl/" : "";
        Dictionary<string, double> metrics = new()
        {
            [prefix + "masked_mismatch_kl"] = Divergence(dropped),
            [prefix + "unmasked_mismatch_kl"] = Divergence(kept),
            [prefix + "is_masked"] = gone / n,
            ["is_masked_low"] = terms.ClippedLowCount / n,
            ["is_masked_high"] = terms.ClippedHighCount / n,
            ["masked_advantage_positive"] = terms.ClippedHighCount / Math.Max(1, gone),
            ["masked_advantage_negative"] = terms.ClippedLowCount / Math.Max(1, gone),
            ["ref_kl"] = advantages.Zip(mask, (a, m) => double.CreateTruncating(a * m)).Sum() / n,
        };
        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            Golden.Close(golden.GetProperty("metrics").Number(metric.Name), metrics[metric.Name], isDouble, metric.Name);
        }
    }

    private static void Torchtune<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        T[] current = inputs.Array<T>("new_logprobs"), values = inputs.Array<T>("new_values"), advantages = inputs.Array<T>("advantages"), old = inputs.Array<T>("old_logprobs");
        int length = inputs.GetProperty("new_logprobs")[0].GetArrayLength();
        bool masked = settings.Has("mask");
        T[] mask = masked ? inputs.Array<T>(settings.Text("mask")) : [.. current.Select(_ => T.One)];
        TokenWeightOptions average = new() { TotalEpsilon = masked ? 1e-8 : 0 };
        T[] weights = Rows<T>.WeightsOf(average, mask, length);
        Rows<T> batch = new() { Length = length, LogProbs = current, OldLogProbs = old, Advantages = advantages, Mask = mask, Weights = weights };
        double epsilon = settings.Number("epsilon"), coefficient = settings.Number("value_coeff");
        LossTerms sum = batch.Run(new ClippedSurrogateOptions { ClipLow = epsilon, ClipHigh = epsilon }).Aggregate((a, b) => a + b);
        var gradient = new T[values.Length];
        ValueLossOptions options = new() { Clip = settings.Number("value_clip_range"), Coefficient = coefficient };
        LossTerms value = ValueLoss.Add<T>(values, inputs.Array<T>("old_values"), inputs.Array<T>("returns"), weights, options, gradient);
        Golden.Close(golden.Number("policy_loss"), sum.PolicyLoss, isDouble, "policy_loss");
        Golden.Close(golden.Number("value_loss"), value.ValueLoss / coefficient, isDouble, "value_loss");
        Golden.Close(golden.Number("loss"), sum.Loss + value.Loss, isDouble, "loss");
        Golden.Close(golden.Number("clipfrac"), (sum.ClippedLowCount + sum.ClippedHighCount) / (batch.TotalTokens + average.TotalEpsilon), isDouble, "clipfrac");
        Golden.Close(golden.Array<double>("grad_logprobs"), batch.Gradient, "grad_logprobs");
        Golden.Close(golden.Array<double>("grad_values"), gradient, "grad_values");

        // Its mean ratio is over all places, padding included.
        T[] all = [.. current.Select(_ => T.One)];
        PolicyTokens<T> whole = new() { LogProbs = current, OldLogProbs = old, Advantages = advantages, Weights = all };
        Golden.Close(golden.Number("ratio_mean"), PolicyLosses.Reinforce(whole, new T[all.Length]).RatioSum / all.Length, isDouble, "ratio_mean");
    }

    private static void Rloo<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        bool isDouble = typeof(T) == typeof(double);
        T[] mask = inputs.Array<T>("completion_mask"), current = inputs.Array<T>("per_token_logps");
        int rows = inputs.GetProperty("advantages").GetArrayLength(), length = mask.Length / rows;

        // One weight per row, over all of its places: a row without a token keeps its advantage in the loss, as TRL has it.
        Rows<T> batch = new()
        {
            Length = length, LogProbs = current, OldLogProbs = inputs.Array<T>("old_per_token_logps"), Advantages = Golden.Repeat(inputs.Array<T>("advantages"), length), Mask = mask,
            Weights = [.. mask.Select(_ => T.CreateTruncating(1.0 / mask.Length))],
        };
        LossTerms[] terms = batch.Run(new ClippedSurrogateOptions
        {
            ClipLow = settings.Number("epsilon_low"), ClipHigh = settings.Number("epsilon_high"), RatioLevel = RatioLevel.SequenceProduct,
            MinLogRatio = double.NegativeInfinity, MaxLogRatio = double.PositiveInfinity,
        });
        Golden.Close(golden.Number("loss"), batch.Loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_logps"), batch.Gradient, "gradient");
        double[] lows = [.. terms.Select(term => term.ClippedLowCount > 0 ? 1.0 : 0)], highs = [.. terms.Select(term => term.ClippedHighCount > 0 ? 1.0 : 0)];
        JsonElement metrics = golden.GetProperty("metrics");
        Golden.Near(metrics.Number("clip_ratio/low_mean"), lows.Average(), "low_mean");
        Golden.Near(metrics.Number("clip_ratio/high_mean"), highs.Average(), "high_mean");
        Golden.Near(metrics.Number("clip_ratio/region_mean"), lows.Average() + highs.Average(), "region_mean");
        Golden.Near(metrics.Number("clip_ratio/low_min"), lows.Min(), "low_min");
        Golden.Near(metrics.Number("clip_ratio/high_max"), highs.Max(), "high_max");
        Golden.Close(metrics.Number("entropy"), EntropyBonus.Add<T>(inputs.Array<T>("entropies"), mask, 0, default).EntropySum / Math.Max(1, batch.TotalTokens), isDouble, "entropy");
    }

    private static void Sampling<T>(JsonElement golden, JsonElement inputs, JsonElement settings)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] mask = inputs.Array<T>("completion_mask"), old = inputs.Array<T>("old_per_token_logps"), sampler = inputs.Array<T>("sampling_per_token_logps");
        int length = inputs.GetProperty("completion_mask")[0].GetArrayLength();
        if (inputs.Has("tool_mask"))
        {
            mask = Golden.Multiply(mask, inputs.Array<T>("tool_mask"));
        }

        (OffPolicyOptions options, bool perSequence) = TrlGrpo<T>.Options(settings.Text("mode"), settings.NumberOrNull("clip_min"), settings.NumberOrNull("clip_max"));
        (T[] scales, OffPolicyTerms terms) = TrlGrpo<T>.Scales(options, old, sampler, mask, length);
        T[] ratio = perSequence ? [.. Enumerable.Range(0, mask.Length / length).Select(row => scales[row * length])] : scales;
        Golden.Close(golden.Array<double>("importance_sampling_ratio"), ratio, "importance_sampling_ratio");
        Dictionary<string, double> metrics = [];
        TrlGrpo<T>.AddSamplingMetrics(metrics, terms, ratio, perSequence);
        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            Golden.Close(golden.GetProperty("metrics").Number(metric.Name), metrics[metric.Name], typeof(T) == typeof(double), metric.Name);
        }
    }
}
