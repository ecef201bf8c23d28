using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace RlvrSharp.Benchmarks;

/// <summary>Adds what a call does per second, and the share of what the peak row of the same run reaches.</summary>
public abstract class ThroughputConfig : ManualConfig
{
    public const string PeakMethod = nameof(FmaPeak);

    /// <param name="unit">The column's name, such as GFLOP/s.</param>
    /// <param name="scale">Units of work in one of the column's units.</param>
    /// <param name="work">Units of work of one call.</param>
    /// <param name="cores">Cores that the share of the peak is about, by case; null leaves the share out.</param>
    /// <param name="peakMethod">The peak row.</param>
    /// <param name="share">The share's column name.</param>
    protected ThroughputConfig(string unit, double scale, Func<BenchmarkCase, double> work, Func<BenchmarkCase, int>? cores, string peakMethod = PeakMethod, string share = "of peak")
    {
        AddColumn(new RateColumn(unit, scale, work));
        if (cores is not null)
        {
            AddColumn(new ShareColumn(work, cores, peakMethod, share));
        }
    }

    protected static int Parameter(BenchmarkCase benchmark, string name) => (int)benchmark.Parameters[name];

    private static double? Rate(Summary summary, BenchmarkCase benchmark, Func<BenchmarkCase, double> work) =>
        summary[benchmark]?.ResultStatistics is { } statistics ? work(benchmark) / (statistics.Min * 1e-9) : null;

    private abstract class Column : IColumn
    {
        public string Id => ColumnName;

        public abstract string ColumnName { get; }

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public abstract string Legend { get; }

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public bool IsAvailable(Summary summary) => true;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public abstract string GetValue(Summary summary, BenchmarkCase benchmarkCase);
    }

    private sealed class RateColumn(string unit, double scale, Func<BenchmarkCase, double> work) : Column
    {
        public override string ColumnName => unit;

        public override string Legend => "in the fastest iteration";

        public override string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            Rate(summary, benchmarkCase, work) is { } rate ? (rate / scale).ToString("F1", CultureInfo.InvariantCulture) : "?";
    }

    private sealed class ShareColumn(Func<BenchmarkCase, double> work, Func<BenchmarkCase, int> cores, string peakMethod, string name) : Column
    {
        public override string ColumnName => name;

        public override string Legend => $"share of {peakMethod}'s rate in the same run, times cores";

        public override string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            double peak = summary.BenchmarksCases.Where(b => b.Descriptor.WorkloadMethod.Name == peakMethod).Max(b => Rate(summary, b, work)) ?? double.NaN;
            return Rate(summary, benchmarkCase, work) is { } rate ? (rate / (peak * cores(benchmarkCase))).ToString("P0", CultureInfo.InvariantCulture) : "?";
        }
    }
}
