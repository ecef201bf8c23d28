using System.Globalization;
using System.Text;
using System.Text.Json;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Graders;

/// <summary>
/// What a set of grades says field by field: micro and macro rates with intervals, and what was mistaken for what. This is for judging a model; what a single
/// answer earns is its <see cref="Grade.Score"/>. The mean of scores and the score of sums are different numbers, so both are here.
/// </summary>
public sealed class FieldReport
{
    /// <summary>The row that takes together the keys that no reference ever had.</summary>
    public const string InventedKeys = "(invented keys)";

    private const int ShownConfusions = 3;

    private FieldReport()
    {
    }

    /// <summary>The number of answers: graded and ungradable ones.</summary>
    public required int Rows { get; init; }

    /// <summary>How many of them were ungradable; they count as having nothing.</summary>
    public required int Ungradable { get; init; }

    /// <summary>How many grades were left out because the grader failed or did not apply.</summary>
    public required int LeftOut { get; init; }

    /// <summary>The mean score, ungradable answers as 0.</summary>
    public required Estimate Score { get; init; }

    /// <summary>Everything together.</summary>
    public required FieldReportRow All { get; init; }

    /// <summary>Field by field, in the order in which they first appear.</summary>
    public required IReadOnlyList<FieldReportRow> Fields { get; init; }

    /// <summary>Makes a report of grades that carry a trace.</summary>
    /// <param name="grades">One grade per answer.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static FieldReport FromGrades(IEnumerable<Grade> grades, FieldReportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(grades);
        options ??= new FieldReportOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Resamples, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxConfusions);
        if (!(options.Confidence > 0 && options.Confidence < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Confidence, "The confidence must lie between 0 and 1, such as 0.95.");
        }

        Grade[] all = [.. grades];
        Grade[] counted = [.. all.Where(grade => grade.Status is GradeStatus.Graded or GradeStatus.Ungradable)];
        var builder = new FieldReportBuilder(counted, options);
        return new FieldReport
        {
            Rows = counted.Length,
            Ungradable = counted.Count(grade => grade.Status == GradeStatus.Ungradable),
            LeftOut = all.Length - counted.Length,
            Score = Bootstrap.Mean([.. counted.Select(grade => grade.Score)], options.Confidence, options.Resamples, options.Seed),
            All = builder.All(),
            Fields = builder.Fields(),
        };
    }

    /// <summary>Writes the report as one JSON object: every rate as <c>{"mean", "low", "high"}</c>, every count, and the mistakes of each field.</summary>
    /// <param name="writer">Where it goes.</param>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        FieldReportJson.Write(writer, this);
    }

    /// <summary>The report as tables of plain text: the rates by field, then the most frequent mistakes.</summary>
    /// <returns>Several lines.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Rows} answers, {Ungradable} ungradable; mean score {Show(Score)}\n");
        int width = Math.Max(5, Fields.Select(row => row.Field.Length).DefaultIfEmpty().Max());
        text.Append(CultureInfo.InvariantCulture, $"{"field".PadRight(width)}  precision             recall                F                     macro F                right wrong  miss  inv.\n");
        foreach (FieldReportRow row in Fields.Append(All))
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Field.PadRight(width)}  {Show(row.Micro.Precision),-20}  {Show(row.Micro.Recall),-20}  {Show(row.Micro.F),-20}  {Show(row.Macro.F),-20}  ");
            text.Append(CultureInfo.InvariantCulture, $"{row.Correct,5} {row.Wrong,5} {row.Missing,5} {row.Invented,5}\n");
        }

        foreach (FieldReportRow row in Fields)
        {
            foreach (FieldConfusion confusion in row.Confusions.Take(ShownConfusions))
            {
                text.Append(CultureInfo.InvariantCulture, $"{confusion.Count} x {row.Field}: expected {Cut(confusion.Expected)}, got {Cut(confusion.Actual)}\n");
            }
        }

        return text.ToString();
    }

    private static string Cut(string? value) => value is null ? "nothing" : value.Length > 60 ? $"\"{value.AsSpan(0, 60)}…\"" : $"\"{value}\"";

    private static string Show(Estimate estimate) =>
        string.Create(CultureInfo.InvariantCulture, $"{estimate.Mean:0.000} [{estimate.Low:0.000}, {estimate.High:0.000}]");
}
