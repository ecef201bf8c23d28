using System.Text.RegularExpressions;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Graders;

/// <summary>Sums traces by field, and draws rows anew for the intervals.</summary>
internal sealed partial class FieldReportBuilder
{
    private readonly FieldReportOptions options;
    private readonly int rows;
    private readonly List<Column> columns = [];
    private readonly Column all;

    public FieldReportBuilder(IReadOnlyList<Grade> grades, FieldReportOptions options)
    {
        this.options = options;
        rows = grades.Count;
        all = new Column("all", rows);
        var byPath = new Dictionary<string, Column>(StringComparer.Ordinal);
        for (int row = 0; row < rows; row++)
        {
            foreach (FieldGrade field in grades[row].Fields)
            {
                string path = Indexes().Replace(field.Path, "[]");
                if (!byPath.TryGetValue(path, out Column? column))
                {
                    byPath.Add(path, column = new Column(path, rows));
                    columns.Add(column);
                }

                column.Add(row, field);
                all.Add(row, field);
            }
        }

        FoldInventions();
    }

    public FieldReportRow All() => Row(all);

    public IReadOnlyList<FieldReportRow> Fields() => [.. columns.Select(Row)];

    [GeneratedRegex(@"\[[0-9]+\]", RegexOptions.CultureInvariant)]
    private static partial Regex Indexes();

    /// <summary>Keys that no reference has are one row; there may be as many as answers.</summary>
    private void FoldInventions()
    {
        Column[] invented = [.. columns.Where(column => column.Correct + column.Wrong + column.Missing == 0)];
        if (invented.Length == 0)
        {
            return;
        }

        var together = new Column(FieldReport.InventedKeys, rows);
        foreach (Column column in invented)
        {
            columns.Remove(column);
            together.Add(column);
        }

        columns.Add(together);
    }

    private FieldReportRow Row(Column column) => new()
    {
        Field = column.Path,
        Micro = Micro(column),
        Macro = new FieldRates(Macro(column, score => score.Precision), Macro(column, score => score.Recall), Macro(column, score => score.F(options.Beta))),
        Correct = column.Correct,
        Wrong = column.Wrong,
        Missing = column.Missing,
        Invented = column.Invented,
        Confusions =
        [
            .. column.Confusions
                .Select(pair => new FieldConfusion(pair.Key.Expected, pair.Key.Actual, pair.Value))
                .OrderByDescending(confusion => confusion.Count)
                .ThenBy(confusion => confusion.Expected, StringComparer.Ordinal)
                .ThenBy(confusion => confusion.Actual, StringComparer.Ordinal)
                .Take(options.MaxConfusions),
        ],
    };

    /// <summary>The rate of the summed weights; each draw sums the rows it drew.</summary>
    private FieldRates Micro(Column column)
    {
        if (rows == 0)
        {
            var none = new Estimate(double.NaN, double.NaN, double.NaN, 0);
            return new FieldRates(none, none, none);
        }

        var total = default(FieldScore);
        foreach (FieldScore score in column.Scores)
        {
            total += score;
        }

        var random = new KeyedRandom(KeyedRandom.Key(options.Seed, (ulong)rows));
        var draws = new FieldScore[options.Resamples];
        for (int b = 0; b < draws.Length; b++)
        {
            var sum = default(FieldScore);
            for (int i = 0; i < rows; i++)
            {
                sum += column.Scores[random.NextInt32(rows)];
            }

            draws[b] = sum;
        }

        return new FieldRates(
            Interval(total, draws, score => score.Precision), Interval(total, draws, score => score.Recall), Interval(total, draws, score => score.F(options.Beta)));
    }

    private Estimate Interval(FieldScore total, FieldScore[] draws, Func<FieldScore, double> rate)
    {
        double[] rates = Array.ConvertAll(draws, draw => rate(draw));
        Array.Sort(rates);
        double tail = (1 - options.Confidence) / 2;
        double value = rate(total);
        return new Estimate(value, Math.Min(value, Quantile(rates, tail)), Math.Max(value, Quantile(rates, 1 - tail)), rows);
    }

    private Estimate Macro(Column column, Func<FieldScore, double> rate) => Bootstrap.Mean(
        [.. column.Scores.Where(score => score.Predicted > 0 || score.Expected > 0).Select(rate)], options.Confidence, options.Resamples, options.Seed);

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)Math.Floor(place);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>One field over all rows.</summary>
    private sealed class Column(string path, int rows)
    {
        public string Path => path;

        public FieldScore[] Scores { get; } = new FieldScore[rows];

        public int Correct { get; private set; }

        public int Wrong { get; private set; }

        public int Missing { get; private set; }

        public int Invented { get; private set; }

        public Dictionary<(string? Expected, string? Actual), int> Confusions { get; } = [];

        public void Add(int row, FieldGrade field)
        {
            bool wanted = field.Expected is not null, given = field.Actual is not null;
            Scores[row] += new FieldScore(field.Matched * field.Weight, given ? field.Weight : 0, wanted ? field.Weight : 0);
            if (wanted && given && field.Matched >= 1)
            {
                Correct++;
                return;
            }

            Wrong += wanted && given ? 1 : 0;
            Missing += wanted && !given ? 1 : 0;
            Invented += given && !wanted ? 1 : 0;
            Confusions[(field.Expected, field.Actual)] = Confusions.GetValueOrDefault((field.Expected, field.Actual)) + 1;
        }

        public void Add(Column other)
        {
            for (int row = 0; row < rows; row++)
            {
                Scores[row] += other.Scores[row];
            }

            Invented += other.Invented;
            foreach ((var pair, int count) in other.Confusions)
            {
                Confusions[pair] = Confusions.GetValueOrDefault(pair) + count;
            }
        }
    }
}
