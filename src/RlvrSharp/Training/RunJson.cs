using System.Text.Json;
using System.Text.Json.Serialization;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Training;

/// <summary>The JSON forms of a run's files. Names are those of <see cref="TrainingStep"/> in snake case.</summary>
internal static class RunJson
{
    /// <summary>One line of metrics.jsonl: everything but the wall times is the same for the same seed.</summary>
    public static byte[] MetricsLine(TrainingStep step, EvaluationResult? evaluation) => Line(writer =>
    {
        writer.WriteNumber("step", step.Number);
        EvaluationJson.WriteNumber(writer, "score_mean", step.ScoreMean);
        EvaluationJson.WriteNumber(writer, "exact_fraction", step.ExactFraction);
        EvaluationJson.WriteNumber(writer, "reward_mean", step.RewardMean);
        EvaluationJson.WriteNumber(writer, "reward_std", step.RewardStd);
        EvaluationJson.WriteNumber(writer, "zero_std_fraction", step.ZeroStdFraction);
        EvaluationJson.WriteOptional(writer, "precision_mean", step.PrecisionMean);
        EvaluationJson.WriteOptional(writer, "recall_mean", step.RecallMean);
        EvaluationJson.WriteNumber(writer, "ungradable_fraction", step.UngradableFraction);
        writer.WriteNumber("failed_count", step.FailedCount);
        EvaluationJson.WriteNumber(writer, "kl_to_initial", step.KlToInitial);
        EvaluationJson.WriteNumber(writer, "approx_kl", step.ApproxKl);
        EvaluationJson.WriteNumber(writer, "clip_fraction", step.ClipFraction);
        EvaluationJson.WriteNumber(writer, "ratio_mean", step.RatioMean);
        EvaluationJson.WriteNumber(writer, "entropy", step.Entropy);
        EvaluationJson.WriteNumber(writer, "loss", step.Loss);
        EvaluationJson.WriteNumber(writer, "grad_norm", step.GradNorm);
        EvaluationJson.WriteNumber(writer, "learning_rate", step.LearningRate);
        EvaluationJson.WriteNumber(writer, "completion_length_mean", step.CompletionLengthMean);
        EvaluationJson.WriteNumber(writer, "truncated_fraction", step.TruncatedFraction);
        EvaluationJson.WriteOptional(writer, "explained_variance", step.ExplainedVariance);
        EvaluationJson.WriteMap(writer, "metrics", step.Metrics);
        writer.WriteNumber("sampled_tokens", step.SampledTokens);
        writer.WriteNumber("trained_tokens", step.TrainedTokens);
        if (evaluation is not null)
        {
            writer.WritePropertyName("validation");
            EvaluationJson.Write(writer, evaluation);
        }

        EvaluationJson.WriteMap(writer, "seconds", step.Seconds);
    });

    /// <summary>One line of evaluations.jsonl: the whole result and some examples.</summary>
    public static byte[] EvaluationLine(int step, EvaluationResult result, IReadOnlyList<Problem> problems, int examples) => Line(writer =>
    {
        writer.WriteNumber("step", step);
        writer.WritePropertyName("result");
        JsonSerializer.Serialize(writer, result, EvaluationJsonContext.Default.EvaluationResult);
        writer.WriteStartArray("examples");
        int draws = result.Rollouts.Count / problems.Count;
        for (int row = 0; row < Math.Min(examples, problems.Count) && draws > 0; row++)
        {
            Rollout rollout = result.Rollouts[row * draws];
            writer.WriteStartObject();
            writer.WriteString("id", problems[row].Id);
            writer.WriteString("prompt", problems[row].Prompt);
            writer.WriteString("reference", problems[row].Reference);
            writer.WriteString("completion", rollout.Completion.Text);
            EvaluationJson.WriteNumber(writer, "score", rollout.Score);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    /// <summary>The file summary.json.</summary>
    public static byte[] Summary(RunSummary summary, IDictionary<string, string> hashes, string? bestCheckpoint)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("baseline");
            EvaluationJson.Write(writer, summary.Baseline);
            writer.WritePropertyName("final");
            EvaluationJson.Write(writer, summary.Final);
            writer.WriteStartObject("gain");
            EvaluationJson.WriteEstimate(writer, summary.Gain);
            writer.WriteEndObject();
            writer.WriteNumber("best_step", summary.BestStep);
            writer.WriteStartObject("best");
            EvaluationJson.WriteEstimate(writer, summary.BestScore);
            writer.WriteString("checkpoint", bestCheckpoint);
            writer.WriteEndObject();
            writer.WriteNumber("steps", summary.Steps);
            writer.WriteNumber("total_steps", summary.TotalSteps);
            writer.WriteBoolean("interrupted", summary.Interrupted);
            EvaluationJson.WriteOptional(writer, "kl_to_initial", summary.Final.KlToInitial);
            EvaluationJson.WriteOptional(writer, "kl_to_initial_per_completion", summary.Final.KlToInitialPerCompletion);
            writer.WriteNumber("seed", summary.Seed);
            EvaluationJson.WriteMap(writer, "seconds", summary.Seconds);
            writer.WriteStartObject("tokens");
            writer.WriteNumber("sampled", summary.SampledTokens);
            writer.WriteNumber("trained", summary.TrainedTokens);
            writer.WriteEndObject();
            WriteHashes(writer, hashes);
            writer.WriteStartObject("versions");
            writer.WriteString("rlvrsharp", typeof(RunJson).Assembly.GetName().Version?.ToString(3));
            writer.WriteString("dotnet", Environment.Version.ToString());
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>The hashes of what a run is made of, under one key.</summary>
    public static void WriteHashes(Utf8JsonWriter writer, IDictionary<string, string> hashes)
    {
        writer.WriteStartObject("hashes");
        foreach ((string name, string hash) in hashes)
        {
            writer.WriteString(name, hash);
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads the results of evaluations.jsonl back.</summary>
    public static SortedDictionary<int, EvaluationResult> ReadEvaluations(string path)
    {
        var results = new SortedDictionary<int, EvaluationResult>();
        foreach ((int step, string line) in ReadLines(path))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            results[step] = document.RootElement.GetProperty("result").Deserialize(EvaluationJsonContext.Default.EvaluationResult)!;
        }

        return results;
    }

    /// <summary>The whole lines of a JSON Lines file with their step; a last line that a kill cut off is passed over.</summary>
    public static IEnumerable<(int Step, string Line)> ReadLines(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        foreach (string line in File.ReadAllText(path).Split('\n'))
        {
            if (StepOf(line) is not { } step)
            {
                yield break;
            }

            yield return (step, line);
        }
    }

    private static int? StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt32();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}

/// <summary>How evaluations are kept in evaluations.jsonl.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EvaluationResult))]
internal sealed partial class EvaluationJsonContext : JsonSerializerContext;
