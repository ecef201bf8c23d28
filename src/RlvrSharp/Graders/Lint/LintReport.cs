using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>All that the checks found, the worst first.</summary>
public sealed class LintReport
{
    internal LintReport(IEnumerable<LintFinding> findings, double? goldScore, double? bestConstantScore, string? bestConstantAnswer, double? millisecondsPerGrade)
    {
        Findings = [.. findings.Index().OrderByDescending(pair => pair.Item.Severity).ThenBy(pair => pair.Index).Select(pair => pair.Item)];
        GoldScore = goldScore;
        BestConstantScore = bestConstantScore;
        BestConstantAnswer = bestConstantAnswer;
        MillisecondsPerGrade = millisecondsPerGrade;
    }

    /// <summary>The findings.</summary>
    public IReadOnlyList<LintFinding> Findings { get; }

    /// <summary>Whether one of them is an error.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == LintSeverity.Error);

    /// <summary>The mean score of the gold answers; null where there are none. It should be 1.</summary>
    public double? GoldScore { get; }

    /// <summary>The mean score of the one answer that does best on all rows: what a model gets without reading the prompt.</summary>
    public double? BestConstantScore { get; }

    /// <summary>That answer.</summary>
    public string? BestConstantAnswer { get; }

    /// <summary>The mean time of one grade on this machine; for reports only.</summary>
    public double? MillisecondsPerGrade { get; }

    /// <summary>The report as one JSON object: <c>errors</c>, <c>warnings</c>, <c>gold_score</c>, <c>best_constant</c>, <c>findings</c> (each id, severity, row, text, cure).</summary>
    /// <returns>JSON.</returns>
    public string ToJson() => JsonTexts.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("errors", Findings.Count(finding => finding.Severity == LintSeverity.Error));
        writer.WriteNumber("warnings", Findings.Count(finding => finding.Severity == LintSeverity.Warning));
        WriteNumber("gold_score", GoldScore);
        if (BestConstantAnswer is { } answer)
        {
            writer.WriteStartObject("best_constant");
            WriteNumber("score", BestConstantScore);
            writer.WriteString("answer", JsonTexts.Whole(JsonTexts.Cut(answer, 500)));
            writer.WriteEndObject();
        }

        WriteNumber("milliseconds_per_grade", MillisecondsPerGrade);
        writer.WriteStartArray("findings");
        foreach (LintFinding finding in Findings)
        {
            finding.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();

        void WriteNumber(string name, double? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(name, number);
            }
            else
            {
                writer.WriteNull(name);
            }
        }
    });

    /// <summary>The report for people, a line a finding.</summary>
    /// <returns>Text.</returns>
    public override string ToString() => Findings.Count == 0 ? "Nothing found." : string.Join('\n', Findings);
}
