using RlvrSharp.Evaluation;
using Spectre.Console;

namespace RlvrSharp.Cli.Output;

/// <summary>An evaluation as tables.</summary>
internal static class EvaluationTable
{
    public static void Show(EvaluationResult result)
    {
        var scores = new Table { Border = Console.IsOutputRedirected ? TableBorder.Minimal : TableBorder.Rounded };
        scores.AddColumns("answers", "score", "95 % interval", "exact", "95 % interval", "precision", "recall", "ungradable", "failed", "truncated", "tokens");
        AddRow(scores, $"sampled ({result.Rollouts.Count / Math.Max(1, result.Sampled.RowScores.Count)} a row)", result.Sampled);
        if (result.Greedy is { } greedy)
        {
            AddRow(scores, "greedy", greedy);
        }

        AnsiConsole.Write(scores);
        AnsiConsole.WriteLine($"{result.Sampled.RowScores.Count} rows.");
        if (result is { KlToInitial: { } kl, KlToInitialPerCompletion: { } perCompletion })
        {
            AnsiConsole.WriteLine($"KL divergence from the reference: {kl:F5} nats per token, {perCompletion:F3} per completion.");
        }

        if (result.Sampled.Fields.Count > 0)
        {
            var fields = new Table { Border = scores.Border };
            fields.AddColumns("field", "matched, sampled", "matched, greedy");
            foreach ((string name, double matched) in result.Sampled.Fields)
            {
                fields.AddRow(Markup.Escape(name), $"{matched:F3}", result.Greedy is { } answers && answers.Fields.TryGetValue(name, out double value) ? $"{value:F3}" : "–");
            }

            AnsiConsole.Write(fields);
        }
    }

    private static void AddRow(Table table, string name, EvaluationSummary summary) => table.AddRow(
        Markup.Escape(name),
        $"{summary.Score.Mean:F3}",
        $"{summary.Score.Low:F3} – {summary.Score.High:F3}",
        $"{summary.Exact.Mean:P1}",
        $"{summary.Exact.Low:P1} – {summary.Exact.High:P1}",
        summary.Precision is { } precision ? $"{precision:F3}" : "–",
        summary.Recall is { } recall ? $"{recall:F3}" : "–",
        $"{summary.UngradableFraction:P1}",
        $"{summary.FailedCount}",
        $"{summary.TruncatedFraction:P1}",
        $"{summary.CompletionLengthMean:F1}");
}
