using System.Globalization;
using System.Text;
using RlvrSharp.Graders;

namespace RlvrSharp.Benchmarks;

/// <summary>Grades per second of processor time, which a busy machine does not change much: the target is 300,000 for the profile of six values.</summary>
internal static class FieldSpeed
{
    private const string Reference = """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":"WA"}""";
    private const int Target = 300_000;

    private static readonly (string Name, string Text)[] Answers =
    [
        ("right, lists in another order", """{"university": "University of Washington", "programming_languages": ["Rust", "Python", "C++"], "city": "Seattle", "state": "WA"}"""),
        ("wrong in most fields, an invented key", """{"university": "university of washington", "programming_languages": ["Python", "Go", "Java"], "city": "Boston", "motto": "lux"}"""),
        ("not JSON", """The university is "University of Washington" in Seattle, WA."""),
    ];

    public static int Run(string[] arguments)
    {
        var table = new StringBuilder();
        table.AppendLine("| answer | trace | grades per CPU second | bytes a grade |").AppendLine("|---|---|---|---|");
        bool reached = true;
        foreach (bool trace in (bool[])[true, false])
        {
            var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions { Trace = trace });
            foreach ((string name, string text) in Answers)
            {
                // The best of several rounds: other work can only take away.
                Measure(grader, text, 300_000);
                (double rate, double bytes) = Enumerable.Range(0, 7).Select(_ => Measure(grader, text, 300_000)).MaxBy(round => round.Rate);
                table.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {(trace ? "yes" : "no")} | {rate:N0} | {bytes:F0} |");
                reached &= rate >= Target;
            }
        }

        string page = string.Create(CultureInfo.InvariantCulture, $"""
            # Grades of structured answers per second

            Made by

            ```
            dotnet run -c Release --project benchmarks/RlvrSharp.Benchmarks -- field-speed {string.Join(' ', arguments)}
            ```

            One thread, the four-field, six-value profile of docs/graders/structured-field.md, {Environment.ProcessorCount} cores, .NET {Environment.Version}. Seconds of processor time of the whole process, so what the garbage collector takes is in it and what other
            work on the machine takes is not; each number is the best of seven rounds of 300,000 grades. The target is {Target:N0}: {(reached ? "reached by all" : "**not reached by all**")}.

            {table}
            """);
        if (Array.IndexOf(arguments, "--out") is >= 0 and var at && at + 1 < arguments.Length)
        {
            File.WriteAllText(arguments[at + 1], page);
        }

        Console.WriteLine(page);
        return reached ? 0 : 1;
    }

    private static (double Rate, double Bytes) Measure(StructuredFieldGrader grader, string answer, int count)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan start = Environment.CpuUsage.TotalTime;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += grader.Grade(answer, Reference).Score;
        }

        TimeSpan taken = Environment.CpuUsage.TotalTime - start;
        GC.KeepAlive(sum);
        return (count / taken.TotalSeconds, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)count);
    }
}
