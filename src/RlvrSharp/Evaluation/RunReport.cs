using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Evaluation;

/// <summary>Makes the page that shows what a run brought, from the files of its folder: summary.json, metrics.jsonl, evaluations.jsonl.</summary>
public static class RunReport
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;color:#222}
        h1,h2{font-weight:600} table{border-collapse:collapse;margin:.5em 0} td,th{border:1px solid #ccc;padding:.25em .6em;text-align:right;vertical-align:top}
        th:first-child,td:first-child{text-align:left} .charts{display:flex;flex-wrap:wrap;gap:1em} figure{margin:0;width:560px;max-width:100%}
        svg text{font-size:11px;fill:#555} .grid{stroke:#e4e4e4} .verdict{font-size:1.15em} pre{white-space:pre-wrap;word-break:break-word;margin:0;font-size:12.5px}
        td.text{text-align:left;max-width:420px} .note{color:#555}
        """;

    /// <summary>Makes the page.</summary>
    /// <param name="runDirectory">The folder of a run.</param>
    /// <returns>A whole HTML page that needs no other file.</returns>
    /// <exception cref="DataException">A file of the run is missing.</exception>
    public static string Create(string runDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(runDirectory);
        JsonElement summary = ReadJson(Path.Combine(runDirectory, "summary.json"));
        List<JsonElement> steps = ReadLines(Path.Combine(runDirectory, "metrics.jsonl"));
        List<JsonElement> evaluations = ReadLines(Path.Combine(runDirectory, "evaluations.jsonl"));
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>RlvrSharp run</title><style>").Append(Style).Append("</style>");
        page.Append("<h1>What this run brought</h1>");
        AddVerdict(page, summary);
        AddBeforeAndAfter(page, summary);
        AddCharts(page, steps, evaluations);
        AddFields(page, summary);
        AddExamples(page, evaluations);
        AddProvenance(page, summary);
        return page.Append("</html>\n").ToString();
    }

    internal static string Escape(string? text) => WebUtility.HtmlEncode(text ?? string.Empty);

    private static void AddVerdict(StringBuilder page, JsonElement summary)
    {
        JsonElement gain = summary.GetProperty("gain");
        double? low = Number(gain, "low");
        double? high = Number(gain, "high");
        string verdict = low > 0 ? "better than" : high < 0 ? "worse than" : "not distinguishable from";
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"verdict\">On {Text(gain, "n")} held-out rows the trained model is <b>{verdict}</b> the initial one: ");
        page.Append(CultureInfo.InvariantCulture, $"{Signed(Number(gain, "score"))} in mean score, 95 % interval {Signed(low)} to {Signed(high)} (paired over rows).</p>");
        page.Append("<p class=\"note\">One seed is one seed: the interval says how sure the difference is for these rows and this run, not for another draw of training rows.");
        if (summary.GetProperty("interrupted").GetBoolean())
        {
            page.Append(CultureInfo.InvariantCulture, $" The run was stopped after step {Text(summary, "steps")} of {Text(summary, "total_steps")}.");
        }

        page.Append("</p>");
    }

    private static void AddBeforeAndAfter(StringBuilder page, JsonElement summary)
    {
        page.Append("<table><tr><th></th><th>score, sampled</th><th>95 % interval</th><th>exact</th><th>precision</th><th>recall</th><th>ungradable</th><th>score, greedy</th><th>exact, greedy</th><th>KL to initial, nats/token</th></tr>");
        foreach ((string name, string key) in ((string, string)[])[("before", "baseline"), ("after", "final")])
        {
            JsonElement row = summary.GetProperty(key);
            JsonElement greedy = row.TryGetProperty("greedy", out JsonElement answers) ? answers : default;
            string[] cells =
            [
                name,
                Cell(row, "score"),
                $"{Cell(row, "low")} – {Cell(row, "high")}",
                Share(row, "exact"),
                Cell(row, "precision"),
                Cell(row, "recall"),
                Share(row, "ungradable_fraction"),
                greedy.ValueKind == JsonValueKind.Object ? Cell(greedy, "score") : "–",
                greedy.ValueKind == JsonValueKind.Object ? Share(greedy, "exact") : "–",
                Cell(row, "kl_to_initial"),
            ];
            page.Append("<tr>").AppendJoin(string.Empty, cells.Select(cell => $"<td>{cell}</td>")).Append("</tr>");
        }

        page.Append(CultureInfo.InvariantCulture, $"</table><p>Best step by held-out score: {Text(summary, "best_step")}. The score of the best step is chosen on these rows, so it flatters a little; the last step's does not.</p>");
    }

    private static void AddCharts(StringBuilder page, List<JsonElement> steps, List<JsonElement> evaluations)
    {
        var training = new LineChart { Title = "Training, per step:", Range = (0, 1) };
        training.Add("score", "#1f77b4", Points(steps, "score_mean"));
        training.Add("exact share", "#2ca02c", Points(steps, "exact_fraction"));
        training.Add("ungradable", "#d62728", Points(steps, "ungradable_fraction"));
        var heldOut = new LineChart { Title = "Held out:", Range = (0, 1) };
        heldOut.Add("score, sampled", "#1f77b4", Evaluated(evaluations, "sampled", "score"));
        heldOut.Add("exact, sampled", "#2ca02c", Evaluated(evaluations, "sampled", "exact"));
        heldOut.Add("score, greedy", "#ff7f0e", Evaluated(evaluations, "greedy", "score"));
        var kl = new LineChart { Title = "KL divergence from the initial model, nats per token:" };
        kl.Add("KL", "#9467bd", Points(steps, "kl_to_initial"));
        var length = new LineChart { Title = "Completion length, tokens:" };
        length.Add("mean", "#8c564b", Points(steps, "completion_length_mean"));
        var entropy = new LineChart { Title = "Entropy, nats per token:" };
        entropy.Add("entropy", "#17becf", Points(steps, "entropy"));
        var signal = new LineChart { Title = "Groups:", Range = (0, 1) };
        signal.Add("without a signal", "#7f7f7f", Points(steps, "zero_std_fraction"));
        page.Append("<div class=\"charts\">");
        foreach (LineChart chart in (LineChart[])[heldOut, training, kl, entropy, length, signal])
        {
            page.Append(chart.ToSvg());
        }

        page.Append("</div>");
    }

    private static void AddFields(StringBuilder page, JsonElement summary)
    {
        JsonElement before = summary.GetProperty("baseline").GetProperty("fields");
        JsonElement after = summary.GetProperty("final").GetProperty("fields");
        if (!after.EnumerateObject().Any())
        {
            return;
        }

        page.Append("<h2>Field by field</h2><table><tr><th>field</th><th>matched before</th><th>after</th></tr>");
        foreach (JsonProperty field in after.EnumerateObject())
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(field.Name)}</td><td>{Cell(before, field.Name)}</td><td>{Cell(after, field.Name)}</td></tr>");
        }

        page.Append("</table>");
    }

    private static void AddExamples(StringBuilder page, List<JsonElement> evaluations)
    {
        if (evaluations.Count < 2)
        {
            return;
        }

        page.Append("<h2>The first held-out rows, before and after</h2><table><tr><th>prompt</th><th>reference</th><th>before</th><th>after</th></tr>");
        foreach ((JsonElement before, JsonElement after) in evaluations[0].GetProperty("examples").EnumerateArray().Zip(evaluations[^1].GetProperty("examples").EnumerateArray()))
        {
            page.Append("<tr>");
            foreach (string text in (string[])[Text(before, "prompt"), Text(before, "reference"), WithScore(before), WithScore(after)])
            {
                page.Append(CultureInfo.InvariantCulture, $"<td class=\"text\"><pre>{Escape(text)}</pre></td>");
            }

            page.Append("</tr>");
        }

        page.Append("</table>");
    }

    private static void AddProvenance(StringBuilder page, JsonElement summary)
    {
        page.Append("<h2>Where it comes from</h2><table>");
        foreach ((string name, string value) in (IEnumerable<(string, string)>)
        [
            ("seed", Text(summary, "seed")),
            ("steps", Text(summary, "steps")),
            .. Map(summary, "tokens").Select(pair => ("tokens " + pair.Name, pair.Value)),
            .. Map(summary, "seconds").Select(pair => ("seconds, " + pair.Name, pair.Value)),
            .. Map(summary, "versions").Select(pair => (pair.Name, pair.Value)),
            .. Map(summary, "hashes").Select(pair => ("SHA-256 of " + pair.Name, pair.Value)),
        ])
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Escape(name)}</td><td>{Escape(value)}</td></tr>");
        }

        page.Append("</table>");
    }

    private static IEnumerable<(string Name, string Value)> Map(JsonElement json, string key) => json.GetProperty(key).EnumerateObject().Select(pair => (
        pair.Name,
        pair.Value.ValueKind == JsonValueKind.Number && !pair.Value.TryGetInt64(out _) ? pair.Value.GetDouble().ToString("F1", CultureInfo.InvariantCulture) : pair.Value.ToString()));

    private static LineChart.Point[] Points(List<JsonElement> steps, string key) => steps
        .Where(step => Number(step, key) is not null)
        .Select(step => new LineChart.Point(step.GetProperty("step").GetInt32(), Number(step, key)!.Value))
        .ToArray();

    private static LineChart.Point[] Evaluated(List<JsonElement> evaluations, string way, string key) => evaluations
        .Where(evaluation => evaluation.GetProperty("result").TryGetProperty(way, out JsonElement summary) && summary.ValueKind == JsonValueKind.Object)
        .Select(evaluation =>
        {
            JsonElement estimate = evaluation.GetProperty("result").GetProperty(way).GetProperty(key);
            return new LineChart.Point(evaluation.GetProperty("step").GetInt32(), Number(estimate, "mean") ?? double.NaN, Number(estimate, "low"), Number(estimate, "high"));
        })
        .ToArray();

    private static string WithScore(JsonElement example) => $"{Text(example, "completion")}\n\nscore {Cell(example, "score")}";

    private static double? Number(JsonElement json, string key) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string Text(JsonElement json, string key) => json.TryGetProperty(key, out JsonElement value) ? value.ToString() : string.Empty;

    private static string Cell(JsonElement json, string key) => Number(json, key) is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Share(JsonElement json, string key) => Number(json, key) is { } number ? string.Create(CultureInfo.InvariantCulture, $"{100 * number:F1} %") : "–";

    private static string Signed(double? number) => number is { } value ? value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture) : "–";

    private static JsonElement ReadJson(string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException($"{path} is missing, so there is no finished run to report: name the folder of a run.");
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static List<JsonElement> ReadLines(string path)
    {
        var lines = new List<JsonElement>();
        foreach (string line in File.Exists(path) ? File.ReadAllText(path).Split('\n') : [])
        {
            if (line.Length > 0)
            {
                using JsonDocument document = JsonDocument.Parse(line);
                lines.Add(document.RootElement.Clone());
            }
        }

        return lines;
    }
}
