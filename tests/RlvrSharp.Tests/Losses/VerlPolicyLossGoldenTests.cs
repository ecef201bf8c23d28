using System.Globalization;
using System.Numerics;
using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>verl's policy losses: dual clip, GSPO, SAPO, GPG, GMPO, CISPO, kl-cov and the bypass mode, with its aggregations.</summary>
public class VerlPolicyLossGoldenTests
{
    public static TheoryData<string, bool> Cases => Golden.Names("verl_policy_losses");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_gradient_and_metrics_agree(string name, bool isDouble)
    {
        JsonElement golden = Golden.Case("verl_policy_losses", name);
        if (isDouble)
        {
            Check<double>(golden);
        }
        else
        {
            Check<float>(golden);
        }
    }

    /// <summary>verl's agg_loss in our options.</summary>
    internal static TokenWeightOptions Aggregation(string mode, int length) => mode switch
    {
        "token-mean" => new(),
        "seq-mean-token-sum" => new() { Aggregation = LossAggregation.SequenceSum },
        "seq-mean-token-mean" => new() { Aggregation = LossAggregation.SequenceMean, LengthEpsilon = 1e-8 },
        "seq-mean-token-sum-norm" => new() { Aggregation = LossAggregation.Constant, Divisor = length },
        _ => throw new ArgumentException(mode),
    };

    private static void Check<T>(JsonElement golden)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        JsonElement inputs = Golden.Inputs("verl_policy_losses"), settings = golden.GetProperty("params");
        bool isDouble = typeof(T) == typeof(double);
        string function = golden.Text("function")["compute_policy_loss_".Length..];
        T[] current = inputs.Array<T>("log_prob");
        T[] sampler = inputs.Array<T>("rollout_log_prob");
        T[] mask = inputs.Array<T>(settings.Text("mask"));
        T[] advantages = inputs.Array<T>(settings.Text("advantages"));
        int length = inputs.GetProperty("log_prob")[0].GetArrayLength();
        T[] old = function == "bypass_mode" ? sampler : inputs.Array<T>("old_log_prob");
        BatchTotals totals = TokenWeights.CountRows<T>(mask, length);
        T[]? scales = golden.Has("rollout_is_weights") ? golden.Array<T>("rollout_is_weights") : null;
        Dictionary<string, double> metrics = [];
        bool isReinforce = false;
        if (function == "bypass_mode")
        {
            JsonElement correction = settings.GetProperty("rollout_correction");
            isReinforce = correction.Text("loss_type") == "reinforce";
            (T[] weights, T[] kept, metrics) = VerlCorrection.Correct(correction, current, sampler, mask, length);
            mask = kept;
            scales = isReinforce && correction.Has("rollout_is") ? weights : null;
            totals = TokenWeights.CountRows<T>(mask, length);
        }
        else if (scales is not null)
        {
            JsonElement correction = golden.GetProperty("rollout_is");
            (T[] ours, _) = VerlCorrection.Weights(correction.Text("level"), correction.Number("thr"), inputs.Array<T>("old_log_prob"), sampler, mask, length);
            Golden.Close(golden.Array<double>("rollout_is_weights"), ours, "rollout_is_weights");
        }

        if (settings.TryGetProperty("global_batch_info", out JsonElement global) && global.Has("dp_size"))
        {
            double size = global.Number("dp_size");
            totals = totals with { Tokens = global.Number("batch_num_tokens") / size, Sequences = global.Number("global_batch_size") / size };
        }

        string mode = function is "gspo" or "sapo" ? "seq-mean-token-mean" : settings.Text("loss_agg_mode");
        int rows = mask.Length / length;
        T[] tokenWeights = function == "geo_mean"
            ? [.. mask.Select(_ => T.CreateTruncating(1.0 / mask.Length))]
            : Rows<T>.WeightsOf(Aggregation(mode, length), mask, length, totals);
        double Setting(string key) => settings.NumberOrNull(key) ?? settings.NumberOrNull("clip_ratio") ?? 0.2;
        PolicyObjective objective = function switch
        {
            "vanilla" or "bypass_mode" when !isReinforce => new ClippedSurrogateOptions { ClipLow = Setting("clip_ratio_low"), ClipHigh = Setting("clip_ratio_high"), DualClip = settings.NumberOrNull("clip_ratio_c") ?? 3 },
            "bypass_mode" or "gpg" => new ReinforceOptions(),
            "gspo" => new ClippedSurrogateOptions
            {
                ClipLow = Setting("clip_ratio_low"), ClipHigh = Setting("clip_ratio_high"), RatioLevel = RatioLevel.SequenceToken, MinLogRatio = double.NegativeInfinity, MaxLogRatio = 10,
            },
            "sapo" => new SapoOptions { PositiveTemperature = settings.Number("tau_pos"), NegativeTemperature = settings.Number("tau_neg") },
            "geo_mean" => new GeometricMeanOptions { ClipLow = Setting("clip_ratio_low"), ClipHigh = Setting("clip_ratio_high"), LengthEpsilon = 1e-8, CountBothSides = true },
            "cispo" => new CispoOptions { Bounds = CispoBounds.TwoSided, ClipLow = Setting("clip_ratio_low"), ClipHigh = Setting("clip_ratio_high") },
            _ => new ReinforceOptions(),
        };
        Rows<T> batch = new()
        {
            Length = length, LogProbs = current, OldLogProbs = old, Advantages = advantages, Mask = mask, Weights = tokenWeights, Scales = scales,
        };
        LossTerms sum = default;
        double loss;
        T[] gradient;
        if (function == "kl_cov")
        {
            JsonElement policy = settings.GetProperty("policy_loss");
            gradient = new T[current.Length];
            PolicyTokens<T> whole = new() { LogProbs = current, OldLogProbs = old, Advantages = advantages, Weights = tokenWeights, Scales = scales };
            loss = PolicyLosses.KlCovariance(whole, new() { Share = policy.Number("kl_cov_ratio"), Coefficient = policy.Number("ppo_kl_coef") }, gradient).Loss;
        }
        else
        {
            sum = batch.Run(objective).Aggregate(default(LossTerms), (a, b) => a + b);
            (loss, gradient) = (batch.Loss, batch.Gradient);
        }

        double divisor = mask.Count(value => value != T.Zero) + 1e-8;
        metrics["actor/ppo_kl"] = function == "kl_cov" ? VerlCorrection.MeanAbsolute(current, old, mask) : -sum.LogRatioSum / divisor;
        bool isVanilla = objective is ClippedSurrogateOptions;
        metrics["actor/pg_clipfrac"] = objective switch
        {
            ClippedSurrogateOptions or CispoOptions => (sum.ClippedLowCount + sum.ClippedHighCount) / divisor,
            GeometricMeanOptions => sum.ClippedHighCount / divisor,
            _ => 0,
        };
        metrics["actor/pg_clipfrac_lower"] = objective is GeometricMeanOptions ? sum.ClippedLowCount / divisor : sum.DualClippedCount / divisor;
        if (objective is GeometricMeanOptions)
        {
            // The weights of a row lie on all of its places, so the sums above do too: count the tokens alone.
            Rows<T> counting = new() { Length = length, LogProbs = current, OldLogProbs = old, Advantages = advantages, Mask = mask, Weights = mask };
            sum = counting.Run(objective).Aggregate(default(LossTerms), (a, b) => a + b);
            metrics["actor/ppo_kl"] = -sum.LogRatioSum / divisor;
        }

        Golden.Close(golden.Number("loss"), loss, isDouble, "loss");
        Golden.Close(golden.Array<double>("grad_log_prob"), gradient, "gradient");
        foreach (JsonProperty metric in golden.GetProperty("metrics").EnumerateObject())
        {
            double expected = golden.GetProperty("metrics").Number(metric.Name);
            if (metric.Name.Contains("fraction", StringComparison.Ordinal))
            {
                // verl takes these means in single precision.
                Golden.Near(expected, metrics[metric.Name], metric.Name);
            }
            else
            {
                Golden.Close(expected, metrics[metric.Name], isDouble, metric.Name);
            }
        }
    }
}
