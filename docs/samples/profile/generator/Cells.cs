using System.Globalization;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Samples.Profile;

/// <summary>Numbers as the tables of the studies write them.</summary>
internal static class Cells
{
    /// <summary>The command that is running, as a table names what made it.</summary>
    public static string Command { get; } = "dotnet run -c Release --project docs/samples/profile/generator -- " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1));

    /// <summary>A share or score.</summary>
    public static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>A whole number, with groups of three digits.</summary>
    public static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The ends of an interval.</summary>
    public static string Interval(Estimate estimate) => string.Create(CultureInfo.InvariantCulture, $"{estimate.Low:F3}–{estimate.High:F3}");

    /// <summary>The mean of several runs, with the least and the most.</summary>
    public static string Spread<T>(IReadOnlyCollection<T> runs, Func<T, double> value) =>
        string.Create(CultureInfo.InvariantCulture, $"{runs.Average(value):F3} ({runs.Min(value):F3} to {runs.Max(value):F3})");
}
