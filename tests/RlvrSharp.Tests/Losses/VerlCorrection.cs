using System.Globalization;
using System.Numerics;
using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>verl's rollout correction, said in our options, and its metrics from our sums.</summary>
internal static class VerlCorrection
{
    public static (T[] Weights, T[] Mask, Dictionary<string, double> Metrics) Correct<T>(JsonElement settings, T[] old, T[] sampler, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Dictionary<string, double> metrics = [];
        T[] weights = mask;
        T[] kept = mask;
        if (settings.Has("rollout_is"))
        {
            (weights, Dictionary<string, double> found) = Weights(settings.Text("rollout_is"), settings.NumberOrNull("rollout_is_threshold") ?? 2, old, sampler, mask, length);
            Add(found);
        }

        if (settings.Has("rollout_rs"))
        {
            JsonElement threshold = settings.GetProperty("rollout_rs_threshold");
            (kept, Dictionary<string, double> found) = Reject(settings.Text("rollout_rs"), threshold.ValueKind == JsonValueKind.String ? threshold.GetString()! : threshold.GetDouble().ToString(CultureInfo.InvariantCulture), old, sampler, mask, length);
            Add(found);
        }

        Add(Metrics(old, sampler, mask, length));
        return (weights, kept, metrics);

        void Add(Dictionary<string, double> found)
        {
            foreach ((string key, double value) in found)
            {
                metrics["rollout_corr/" + key] = value;
            }
        }
    }

    public static (T[] Weights, Dictionary<string, double> Metrics) Weights<T>(string level, double threshold, T[] old, T[] sampler, T[] mask, int length, bool normalize = false)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        OffPolicyOptions options = new() { Level = level == "token" ? OffPolicyLevel.Token : OffPolicyLevel.Sequence, MaxWeight = threshold };
        OffPolicyOptions bounded = options with { MinWeight = 1 / threshold };
        OffPolicyOptions raw = options with { MaxWeight = double.PositiveInfinity };
        (T[] scales, OffPolicyTerms terms) = TrlGrpo<T>.Scales(options, old, sampler, mask, length);
        OffPolicyTerms[] rows = PerRow(raw, old, sampler, mask, length);
        (_, OffPolicyTerms clamped) = TrlGrpo<T>.Scales(bounded, old, sampler, mask, length);
        double n = terms.TokenCount + 1e-8;
        double mean = clamped.WeightSum / n, square = clamped.WeightSquareSum / n;
        double[] perRow = [.. rows.Select(row => row.RatioSum / (row.TokenCount + 1e-8))];
        Dictionary<string, double> metrics = new()
        {
            ["rollout_is_mean"] = terms.RatioSum / n,
            ["rollout_is_ratio_fraction_high"] = clamped.TruncatedHighCount / n,
            ["rollout_is_ratio_fraction_low"] = clamped.TruncatedLowCount / n,
            ["rollout_is_max"] = terms.MaxRatio,
            ["rollout_is_min"] = terms.MinRatio,
            ["rollout_is_std"] = Math.Sqrt(Math.Max(0, square - (mean * mean))),
            ["rollout_is_eff_sample_size"] = (mean + 1e-8) * (mean + 1e-8) / square,
        };
        if (level == "sequence")
        {
            // One number per row, rows without a token included: their ratio is 1.
            double[] ratios = [.. rows.Select(row => row.TokenCount == 0 ? 1 : row.MaxRatio)];
            metrics["rollout_is_ratio_fraction_high"] = ratios.Average(value => value > threshold ? 1.0 : 0);
            metrics["rollout_is_ratio_fraction_low"] = ratios.Average(value => value < 1 / threshold ? 1.0 : 0);
            metrics["rollout_is_max"] = ratios.Max();
            metrics["rollout_is_min"] = ratios.Min();
        }

        Spread(metrics, "rollout_is_seq", perRow, 1, threshold, 1 / threshold);
        T[] used = Golden.Multiply(scales, mask);
        if (normalize)
        {
            double batchMean = level == "token"
                ? terms.WeightSum / n
                : PerRow(options, old, sampler, mask, length).Where(row => row.TokenCount > 0).Average(row => row.WeightSum / (row.TokenCount + 1e-8));
            OffPolicy.Normalize<T>(used, batchMean);
            metrics["rollout_is_batch_norm_factor"] = batchMean;
        }

        return (used, metrics);
    }

    public static (T[] Mask, Dictionary<string, double> Metrics) Reject<T>(string names, string thresholds, T[] old, T[] sampler, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        string[] options = [.. names.Split(',')];
        string[] bounds = thresholds.Split(',');
        Dictionary<string, double> metrics = [];
        List<RejectionRule> rules = [];
        int rows = mask.Length / length;
        double n = mask.Count(value => value != T.Zero) + 1e-8;
        for (int k = 0; k < options.Length; k++)
        {
            string name = options[k];
            string[] bound = bounds[bounds.Length == 1 ? 0 : k].Split('_');
            double upper = double.Parse(bound[^1], CultureInfo.InvariantCulture);
            double lower = bound.Length == 2 ? double.Parse(bound[0], CultureInfo.InvariantCulture) : 1 / upper;
            bool isK1 = name.EndsWith("k1", StringComparison.Ordinal);
            RejectionRule rule = new()
            {
                Level = name.StartsWith("token", StringComparison.Ordinal) ? RejectionLevel.Token
                    : name.StartsWith("seq_sum", StringComparison.Ordinal) ? RejectionLevel.SequenceSum
                    : name.StartsWith("seq_mean", StringComparison.Ordinal) ? RejectionLevel.SequenceMean : RejectionLevel.EveryToken,
                Statistic = isK1 ? RejectionStatistic.K1 : name.EndsWith("k2", StringComparison.Ordinal) ? RejectionStatistic.K2 : RejectionStatistic.K3,
                Lower = isK1 ? Math.Log(lower) : double.NegativeInfinity,
                Upper = isK1 ? Math.Log(upper) : upper,
            };
            rules.Add(rule);
            OffPolicyOptions only = new() { Level = OffPolicyLevel.None, Rejections = [rule] };
            OffPolicyTerms[] perRow = PerRow(only, old, sampler, mask, length);
            OffPolicyTerms all = perRow.Aggregate(OffPolicyTerms.Empty, (a, b) => a + b);
            metrics[$"rollout_rs_{name}_masked_fraction"] = all.RejectedCount / n;
            metrics[$"rollout_rs_{name}_seq_masked_fraction"] = all.RejectedSequenceCount / all.SequenceCount;
            Statistics(metrics, $"rollout_rs_{name}", rule, isK1, old, sampler, mask, length);
        }

        OffPolicyOptions together = new() { Level = OffPolicyLevel.None, Rejections = rules };
        (T[] keep, OffPolicyTerms terms) = TrlGrpo<T>.Scales(together, old, sampler, mask, length);
        metrics["rollout_rs_masked_fraction"] = terms.RejectedCount / n;
        metrics["rollout_rs_seq_masked_fraction"] = terms.RejectedSequenceCount / rows;
        return (Golden.Multiply(keep, mask), metrics);
    }

    /// <summary>compute_offpolicy_metrics, from our sums and the log-probabilities' own means.</summary>
    public static Dictionary<string, double> Metrics<T>(T[] old, T[] sampler, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        OffPolicyTerms[] rows = PerRow(new() { MaxWeight = double.PositiveInfinity }, old, sampler, mask, length);
        OffPolicyTerms all = rows.Aggregate(OffPolicyTerms.Empty, (a, b) => a + b);
        double n = all.TokenCount + 1e-8;
        double[] trained = RowMeans(old, mask, length), drawn = RowMeans(sampler, mask, length);
        double[] difference = [.. drawn.Zip(trained, (a, b) => a - b)];
        return new()
        {
            ["training_ppl"] = trained.Average(x => Math.Exp(-x)),
            ["training_log_ppl"] = -trained.Average(),
            ["kl"] = -all.LogRatioSum / n,
            ["k3_kl"] = all.K3Sum / n,
            ["rollout_ppl"] = drawn.Average(x => Math.Exp(-x)),
            ["rollout_log_ppl"] = -drawn.Average(),
            ["log_ppl_diff"] = difference.Average(),
            ["log_ppl_abs_diff"] = difference.Average(Math.Abs),
            ["log_ppl_diff_max"] = difference.Max(),
            ["log_ppl_diff_min"] = difference.Min(),
            ["ppl_ratio"] = difference.Average(Math.Exp),
            ["chi2_token"] = (all.RatioSquareSum / n) - 1,
            ["chi2_seq"] = (all.SequenceRatioSquareSum / rows.Length) - 1,
        };
    }

    public static double MeanAbsolute<T>(T[] current, T[] old, T[] mask)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Enumerable.Range(0, mask.Length).Where(i => mask[i] != T.Zero).Sum(i => Math.Abs(double.CreateTruncating(current[i]) - double.CreateTruncating(old[i]))) / (mask.Count(value => value != T.Zero) + 1e-8);

    private static OffPolicyTerms[] PerRow<T>(OffPolicyOptions options, T[] old, T[] sampler, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. Enumerable.Range(0, mask.Length / length).Select(row =>
        {
            Range range = (row * length)..((row + 1) * length);
            return OffPolicy.Scales<T>(old[range], sampler[range], mask[range], options, new T[length]);
        })];

    private static double[] RowMeans<T>(T[] values, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. Enumerable.Range(0, mask.Length / length).Select(row =>
        {
            int[] places = [.. Enumerable.Range(row * length, length).Where(i => mask[i] != T.Zero)];
            return places.Sum(i => double.CreateTruncating(values[i])) / (places.Length + 1e-8);
        })];

    private static void Statistics<T>(Dictionary<string, double> metrics, string prefix, RejectionRule rule, bool isK1, T[] old, T[] sampler, T[] mask, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var options = new KlOptions { Estimator = rule.Statistic switch { RejectionStatistic.K1 => KlEstimator.K1, RejectionStatistic.K2 => KlEstimator.K2, _ => KlEstimator.K3 }, MaxLogRatio = 20 };
        var values = new T[mask.Length];

        // Our estimators are of KL(first ‖ second) with x = log first − log second: verl's k1 is of the sampler.
        KlPenalty.Estimate<T>(sampler, old, options, values);
        double[][] perRow = [.. Enumerable.Range(0, mask.Length / length).Select(row =>
            Enumerable.Range(row * length, length).Where(i => mask[i] != T.Zero).Select(i => double.CreateTruncating(values[i])).ToArray())];
        double[] wholes = [.. perRow.Where(row => row.Length > 0).Select(row => rule.Level switch
        {
            RejectionLevel.SequenceSum => row.Sum(),
            RejectionLevel.EveryToken => row.Max(),
            _ => row.Sum() / (row.Length + 1e-8),
        })];
        double[][] full = [.. perRow.Where(row => row.Length > 0)];
        double[] tokens = rule.Level == RejectionLevel.Token
            ? [.. full.SelectMany(row => row)]
            : [.. full.SelectMany((row, i) => Enumerable.Repeat(wholes[i], row.Length))];
        double n = tokens.Length + 1e-8, lower = isK1 ? rule.Lower : 0;
        double[] extremes = rule.Level == RejectionLevel.Token ? tokens : wholes;
        double[] clamped = [.. tokens.Select(value => Math.Clamp(value, lower, rule.Upper))];
        double mean = clamped.Sum() / n;
        metrics[prefix + "_mean"] = tokens.Sum() / n;
        metrics[prefix + "_max"] = extremes.Max();
        metrics[prefix + "_min"] = extremes.Min();
        double counted = rule.Level == RejectionLevel.Token ? n : wholes.Length;
        metrics[prefix + "_fraction_high"] = extremes.Count(value => value > rule.Upper) / counted;
        metrics[prefix + "_fraction_low"] = isK1 ? extremes.Count(value => value < lower) / counted : 0;
        metrics[prefix + "_std"] = Math.Sqrt(Math.Max(0, (clamped.Sum(value => value * value) / n) - (mean * mean)));
        Spread(metrics, prefix + "_seq", wholes, 0, rule.Upper, isK1 ? lower : null);
    }

    private static void Spread(Dictionary<string, double> metrics, string prefix, double[] values, double centre, double upper, double? lower)
    {
        double mean = values.Average();
        metrics[prefix + "_mean"] = mean;
        metrics[prefix + "_std"] = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        metrics[prefix + "_max"] = values.Max();
        metrics[prefix + "_min"] = values.Min();
        metrics[prefix + "_max_deviation"] = values.Max(value => Math.Abs(value - centre));
        metrics[prefix + "_fraction_high"] = values.Average(value => value > upper ? 1.0 : 0);
        if (lower is { } bound)
        {
            metrics[prefix + "_fraction_low"] = values.Average(value => value < bound ? 1.0 : 0);
        }
    }
}
