using System.Numerics;
using System.Text.Json;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>TRL's configuration, said in our options. docs/losses.md has the same table in words.</summary>
internal sealed class TrlGrpo<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public TrlGrpo(JsonElement settings, JsonElement inputs, T[]? logProbs = null, T[]? entropies = null, T[]? old = null, T[]? reference = null, T[]? rowAdvantages = null)
    {
        T[] mask = inputs.Array<T>("completion_mask");
        int rows = inputs.GetProperty("completion_mask").GetArrayLength();
        int length = mask.Length / rows;
        if (inputs.Has("tool_mask"))
        {
            mask = Golden.Multiply(mask, inputs.Array<T>("tool_mask"));
        }

        T[] current = logProbs ?? inputs.Array<T>("per_token_logps");
        old ??= settings.Flag("use_old") ? inputs.Array<T>("old_per_token_logps") : current;
        entropies ??= inputs.Array<T>("entropies");
        rowAdvantages ??= inputs.Array<T>("advantages");
        T[] advantages = Golden.Repeat(rowAdvantages, length);
        string lossType = settings.Text("loss_type");
        string level = settings.Text("importance_sampling_level");
        double accumulation = settings.Flag("model_training") ? settings.Number("gradient_accumulation_steps") : 1;
        bool globalTokens = lossType is "cispo" or "dapo" or "vespo";
        BatchTotals counted = TokenWeights.CountRows<T>(mask, length);
        BatchTotals totals = globalTokens
            ? counted with { Tokens = Math.Max(1, settings.NumberOrNull("num_items_in_batch") ?? counted.Tokens) }
            : new BatchTotals(Math.Max(1, counted.Tokens) * accumulation, counted.Sequences * accumulation, counted.EmptySequences * accumulation);

        // Token-level averages, and two that weigh whole rows: LUSPO by their length, GMPO evenly.
        TokenWeightOptions sequenceMean = new() { Aggregation = LossAggregation.SequenceMean, CountEmptySequences = true };
        T[] everywhere = [.. Enumerable.Repeat(T.One, mask.Length)];
        T[] keep = new T[mask.Length];
        double share = settings.Number("top_entropy_quantile");
        if (share < 1)
        {
            EntropyMask.TopShare<T>(entropies, mask, share, keep);
        }

        T[] sequenceMask = lossType == "gmpo" && share < 1 ? keep : mask;
        T[] weights = lossType switch
        {
            "luspo" => [.. Golden.Repeat(Enumerable.Range(0, rows).Select(row => T.CreateTruncating(Count(mask, row, length) / (rows * (double)length * accumulation))).ToArray(), length)],
            "gmpo" => [.. everywhere.Select(_ => T.CreateTruncating(1 / (rows * (double)length * accumulation)))],
            "grpo" or "sapo" => Rows<T>.WeightsOf(sequenceMean, mask, length, totals),
            "dr_grpo" => Rows<T>.WeightsOf(new() { Aggregation = LossAggregation.FixedLength, FixedLength = settings.Number("max_completion_length") }, mask, length, totals),
            _ => Rows<T>.WeightsOf(new(), mask, length, totals),
        };

        T[]? scales = share < 1 && lossType != "gmpo" ? keep : null;
        if (settings.Has("vllm_importance_sampling_mode"))
        {
            T[] ratio = Correct(settings, inputs, old, mask, length);
            scales = scales is null ? (T[])ratio.Clone() : Golden.Multiply(scales, ratio);
        }

        if (settings.NumberOrNull("off_policy_mask_threshold") is { } threshold)
        {
            scales ??= (T[])everywhere.Clone();
            T[] sampler = inputs.TryGetProperty("sampling_per_token_logps", out _) && settings.Has("vllm_importance_sampling_mode") ? inputs.Array<T>("sampling_per_token_logps") : old;
            for (int row = 0; row < rows; row++)
            {
                Range range = (row * length)..((row + 1) * length);
                OffPolicy.MaskNegativeSequence<T>(current[range], sampler[range], advantages[range], mask[range], threshold, scales.AsSpan(range));
            }
        }

        RatioLevel ratioLevel = level switch { "token" => RatioLevel.Token, "sequence" => RatioLevel.Sequence, _ => RatioLevel.SequenceToken };
        double low = settings.Number("epsilon_low"), high = settings.Number("epsilon_high"), infinity = double.PositiveInfinity;
        PolicyObjective objective = lossType switch
        {
            "cispo" => new CispoOptions { Bounds = CispoBounds.AbsoluteCap, ClipHigh = high, RatioLevel = ratioLevel, MinLogRatio = -infinity, MaxLogRatio = infinity },
            "sapo" => new SapoOptions
            {
                PositiveTemperature = settings.Number("sapo_temperature_pos"), NegativeTemperature = settings.Number("sapo_temperature_neg"),
                RatioLevel = ratioLevel, MinLogRatio = -infinity, MaxLogRatio = infinity,
            },
            "vespo" => new VespoOptions
            {
                PositiveK = settings.Number("vespo_k_pos"), PositiveLambda = settings.Number("vespo_lambda_pos"),
                NegativeK = settings.Number("vespo_k_neg"), NegativeLambda = settings.Number("vespo_lambda_neg"),
                ScalesArePerSequence = ImportanceRatio.Length == rows,
            },
            "gmpo" => new GeometricMeanOptions { ClipLow = low, ClipHigh = high },
            _ => new ClippedSurrogateOptions
            {
                ClipLow = low, ClipHigh = high, MaxRatio = settings.NumberOrNull("delta"), RatioLevel = ratioLevel, MinLogRatio = -infinity, MaxLogRatio = infinity,
            },
        };
        Rows<T> batch = new()
        {
            Length = length, LogProbs = current, OldLogProbs = old, Advantages = advantages, Mask = sequenceMask, Weights = weights, Scales = scales,
        };
        LossTerms[] terms = batch.Run(objective);
        double beta = settings.Number("beta");
        if (beta != 0)
        {
            KlOptions kl = new()
            {
                Coefficient = beta, Estimator = settings.Flag("use_bias_correction_kl") ? KlEstimator.Unbiased : KlEstimator.K3, RatioLevel = ratioLevel,
            };
            reference ??= inputs.Array<T>("ref_per_token_logps");
            batch.AddKl(reference, kl, lossType == "gmpo" ? Rows<T>.WeightsOf(sequenceMean, mask, length, totals) : null);
            Metrics["kl"] = batch.AddKl(reference, kl with { Coefficient = 0 }, mask).Sum(term => term.ReferenceKlSum) / Math.Max(1, counted.Tokens);
        }

        Loss = batch.Loss;
        Gradient = batch.Gradient;
        double coefficient = settings.Number("entropy_coef");
        EntropyGradient = new T[mask.Length];
        Metrics["policy_loss"] = Loss * (globalTokens ? 1 : accumulation);
        Metrics["entropy_coef"] = coefficient;
        if (coefficient != 0)
        {
            T[] effective = share < 1 ? Golden.Multiply(mask, keep) : mask;
            double divisor = globalTokens ? totals.Tokens : Math.Max(1, effective.Count(value => value != T.Zero)) * accumulation;
            T[] entropyWeights = [.. effective.Select(value => T.CreateTruncating(double.CreateTruncating(value) / divisor))];
            Loss += EntropyBonus.Add<T>(entropies, entropyWeights, coefficient, EntropyGradient).Loss;
        }

        Metrics["entropy"] = EntropyBonus.Add<T>(entropies, mask, 0, default).EntropySum / Math.Max(1, counted.Tokens);
        AddClipMetrics(batch, terms, level == "sequence", mask, counted);
        if (objective is VespoOptions vespo)
        {
            Metrics["vespo/phi_seq_mean"] = Enumerable.Range(0, rows).Average(row => PolicyLosses.VespoPhi(batch.Row(row), vespo, double.CreateTruncating(rowAdvantages[row])));
        }
    }

    public double Loss { get; }

    public T[] Gradient { get; }

    public T[] EntropyGradient { get; }

    public T[] ImportanceRatio { get; private set; } = [];

    public Dictionary<string, double> Metrics { get; } = [];

    /// <summary>The ratio between sampler and trainer; kept as TRL has it: one per token, or one per row.</summary>
    private T[] Correct(JsonElement settings, JsonElement inputs, T[] old, T[] mask, int length)
    {
        (OffPolicyOptions options, bool perSequence) = Options(
            settings.Text("vllm_importance_sampling_mode"), settings.NumberOrNull("vllm_importance_sampling_clip_min"), settings.NumberOrNull("vllm_importance_sampling_clip_max"));
        T[] sampler = inputs.Array<T>("sampling_per_token_logps");
        (T[] scales, OffPolicyTerms terms) = Scales(options, old, sampler, mask, length);
        ImportanceRatio = perSequence ? [.. Enumerable.Range(0, mask.Length / length).Select(row => scales[row * length])] : scales;
        AddSamplingMetrics(Metrics, terms, ImportanceRatio, perSequence);
        return scales;
    }

    public static (OffPolicyOptions Options, bool PerSequence) Options(string mode, double? min, double? max)
    {
        bool perSequence = mode.StartsWith("sequence", StringComparison.Ordinal);
        bool truncates = mode.EndsWith("truncate", StringComparison.Ordinal);
        var options = new OffPolicyOptions
        {
            Level = perSequence ? OffPolicyLevel.Sequence : OffPolicyLevel.Token,
            MinWeight = truncates ? min ?? 0 : 0,
            MaxWeight = truncates ? max ?? double.PositiveInfinity : double.PositiveInfinity,
            MaxLogRatio = double.PositiveInfinity,
            Rejections = truncates
                ? []
                : [new RejectionRule { Level = perSequence ? RejectionLevel.SequenceSum : RejectionLevel.Token, Lower = min ?? double.NegativeInfinity, Upper = max ?? double.PositiveInfinity }],
        };
        return (options, perSequence);
    }

    public static (T[] Scales, OffPolicyTerms Terms) Scales(OffPolicyOptions options, T[] old, T[] sampler, T[] mask, int length, T[]? advantages = null)
    {
        var scales = new T[mask.Length];
        OffPolicyTerms terms = OffPolicyTerms.Empty;
        for (int start = 0; start < mask.Length; start += length)
        {
            Range range = start..(start + length);
            terms += OffPolicy.Scales<T>(old[range], sampler[range], mask[range], options, scales.AsSpan(range), advantages is null ? default : advantages[range]);
        }

        return (scales, terms);
    }

    public static void AddSamplingMetrics(Dictionary<string, double> metrics, OffPolicyTerms terms, T[] ratio, bool perSequence)
    {
        bool any = terms.TokenCount > 0;
        double[] perRow = [.. ratio.Select(double.CreateTruncating)];
        metrics["sampling/sampling_logp_difference/mean"] = any ? terms.AbsoluteLogRatioSum / terms.TokenCount : 0;
        metrics["sampling/sampling_logp_difference/max"] = terms.MaxAbsoluteLogRatio;
        metrics["sampling/importance_sampling_ratio/min"] = perSequence ? perRow.Min() : any ? terms.MinWeight : 0;
        metrics["sampling/importance_sampling_ratio/mean"] = perSequence ? perRow.Average() : any ? terms.WeightSum / terms.TokenCount : 0;
        metrics["sampling/importance_sampling_ratio/max"] = perSequence ? perRow.Max() : terms.MaxWeight;
    }

    private void AddClipMetrics(Rows<T> batch, LossTerms[] terms, bool perSequence, T[] mask, BatchTotals counted)
    {
        int rows = batch.Count;
        double[] lows, highs, lengths;
        if (perSequence)
        {
            lows = [.. terms.Select(term => term.ClippedLowCount > 0 ? 1.0 : 0)];
            highs = [.. terms.Select(term => term.ClippedHighCount > 0 ? 1.0 : 0)];
            lengths = [.. Enumerable.Repeat(1.0, rows)];
        }
        else
        {
            lows = [.. terms.Select(term => term.ClippedLowCount)];
            highs = [.. terms.Select(term => term.ClippedHighCount)];
            lengths = [.. Enumerable.Range(0, rows).Select(row => Count(mask, row, batch.Length))];
        }

        double all = perSequence ? rows : Math.Max(1, counted.Tokens);
        Metrics["clip_ratio/low_mean"] = lows.Sum() / all;
        Metrics["clip_ratio/high_mean"] = highs.Sum() / all;
        Metrics["clip_ratio/region_mean"] = (lows.Sum() + highs.Sum()) / all;
        double[] lowShares = [.. lows.Zip(lengths, (a, b) => a / b).Where(value => !double.IsNaN(value))];
        double[] highShares = [.. highs.Zip(lengths, (a, b) => a / b).Where(value => !double.IsNaN(value))];
        Metrics["clip_ratio/low_min"] = lowShares.Length == 0 ? double.NaN : lowShares.Min();
        Metrics["clip_ratio/high_max"] = highShares.Length == 0 ? double.NaN : highShares.Max();
        Metrics["cispo_clip_ratio"] = highs.Sum() / all;
    }

    private static double Count(T[] mask, int row, int length) => mask.AsSpan(row * length, length).ToArray().Count(value => value != T.Zero);
}
