using System.Text.Json;

namespace RlvrSharp.Evaluation;

/// <summary>The JSON form of evaluations, as in summary.json, metrics.jsonl and <c>rlvr eval --json</c>.</summary>
public static class EvaluationJson
{
    /// <summary>Writes one evaluation as an object: score, low, high, n, exact …, and the greedy answers under <c>greedy</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="result">The evaluation.</param>
    public static void Write(Utf8JsonWriter writer, EvaluationResult result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(result);
        writer.WriteStartObject();
        WriteSummary(writer, result.Sampled);
        if (result.Greedy is not null)
        {
            writer.WriteStartObject("greedy");
            WriteSummary(writer, result.Greedy);
            writer.WriteEndObject();
        }

        WriteOptional(writer, "kl_to_initial", result.KlToInitial);
        WriteOptional(writer, "kl_to_initial_per_completion", result.KlToInitialPerCompletion);
        writer.WriteEndObject();
    }

    internal static void WriteEstimate(Utf8JsonWriter writer, Estimate estimate)
    {
        WriteNumber(writer, "score", estimate.Mean);
        WriteNumber(writer, "low", estimate.Low);
        WriteNumber(writer, "high", estimate.High);
        writer.WriteNumber("n", estimate.Count);
    }

    internal static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, double> values)
    {
        writer.WriteStartObject(name);
        foreach ((string key, double value) in values)
        {
            WriteNumber(writer, key, value);
        }

        writer.WriteEndObject();
    }

    internal static void WriteOptional(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            WriteNumber(writer, name, number);
        }
    }

    /// <summary>JSON has no NaN and no infinity: null stands for them.</summary>
    internal static void WriteNumber(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteSummary(Utf8JsonWriter writer, EvaluationSummary summary)
    {
        WriteEstimate(writer, summary.Score);
        WriteNumber(writer, "exact", summary.Exact.Mean);
        WriteNumber(writer, "exact_low", summary.Exact.Low);
        WriteNumber(writer, "exact_high", summary.Exact.High);
        WriteOptional(writer, "precision", summary.Precision);
        WriteOptional(writer, "recall", summary.Recall);
        WriteNumber(writer, "ungradable_fraction", summary.UngradableFraction);
        writer.WriteNumber("failed_count", summary.FailedCount);
        WriteNumber(writer, "truncated_fraction", summary.TruncatedFraction);
        WriteNumber(writer, "completion_length_mean", summary.CompletionLengthMean);
        WriteMap(writer, "graders", summary.Graders);
        WriteMap(writer, "fields", summary.Fields);
    }
}
