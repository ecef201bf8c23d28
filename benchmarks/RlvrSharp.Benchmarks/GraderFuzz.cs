using System.Globalization;
using System.Text;
using RlvrSharp.Graders;
using RlvrSharp.Tests.Graders.Fuzz;

namespace RlvrSharp.Benchmarks;

/// <summary>The long fuzz study: so many mutated answers through every grader, as a Markdown table.</summary>
internal static class GraderFuzz
{
    private const ulong Stream = 20261122;
    private const int Chunks = 64;

    public static async Task<int> RunAsync(string[] arguments)
    {
        ulong count = ulong.Parse(Value(arguments, "--count") ?? "1000000", CultureInfo.InvariantCulture);
        ulong python = ulong.Parse(Value(arguments, "--python") ?? "2000", CultureInfo.InvariantCulture);
        string? only = Value(arguments, "--grader");
        var table = new StringBuilder();
        table.AppendLine("| grader | answers | graded | ungradable | failed | mean score | µs a grade | longest ms | worst monster, ms | faults |").AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        long faults = 0;
        foreach (FuzzGrader grader in FuzzGraders.All().Where(grader => only is null || grader.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            faults += Report(table, await OneAsync(grader, count).ConfigureAwait(false), count);
        }

        if (python > 0 && only is null)
        {
            faults += await PythonAsync(table, python).ConfigureAwait(false);
        }

        string text = $"""
            # A million mutated answers through every grader

            Made by

            ```
            dotnet run -c Release --project benchmarks/RlvrSharp.Benchmarks -- fuzz {string.Join(' ', arguments)}
            ```

            Every grader gets the same answers: {FuzzGraders.Seeds.Count} answers as models give them, with up to 7 random edits each (pieces of JSON, halves of surrogate pairs, `1e400`, markup, any letter, cuts, repeats).
            A *fault* is an exception, a score, precision or recall outside [0, 1], a grade that is not Graded without a reason, or a Failed grade. Judges and services are faked inside
            the process; *score_model, nonsense* has a judge whose replies are mutated too, so its Failed grades are right. Times are per grade on one thread, of a machine that other work shares: *longest* includes the
            moments in which the thread was not running. After them come the *monsters*: 100,000 nested lists and objects, 50 MB in one text, lists of 10,000 elements, NaN, `1e400`, a number of 100,000 digits, halves of surrogate
            pairs, one key 10,000 times and the like, each of which must be graded or refused as well.

            {table}
            {(faults == 0 ? "No fault." : $"**{faults} faults.**")}

            """;
        if (Value(arguments, "--out") is { } path)
        {
            await File.WriteAllTextAsync(path, text).ConfigureAwait(false);
        }

        Console.WriteLine(text);
        return faults == 0 ? 0 : 1;
    }

    private static async Task<FuzzRun> OneAsync(FuzzGrader grader, ulong count)
    {
        FuzzRun[] runs = new FuzzRun[Chunks];
        await Parallel.ForAsync(0, Chunks, async (chunk, _) =>
        {
            ulong from = count * (ulong)chunk / Chunks;
            runs[chunk] = await FuzzRun.RunAsync(grader, FuzzGraders.Seeds, Stream, from, (count * (ulong)(chunk + 1) / Chunks) - from).ConfigureAwait(false);
        }).ConfigureAwait(false);
        foreach (FuzzRun run in runs.Skip(1))
        {
            runs[0].Merge(run);
        }

        foreach ((string what, string answer) in FuzzMonsters.All.Concat(FuzzMonsters.Huge))
        {
            await runs[0].MonsterAsync(what, answer).ConfigureAwait(false);
        }

        return runs[0];
    }

    private static async Task<long> PythonAsync(StringBuilder table, ulong count)
    {
        const string Source = """
            def grade(sample, item):
                gold = item["reference"]
                said = sample.get("output_json")
                if not isinstance(said, dict):
                    return 0.0
                return sum(1 for key, value in gold.items() if said.get(key) == value) / len(gold)
            """;
        await using var grader = new PythonGrader(Source);
        try
        {
            await grader.StartAsync().ConfigureAwait(false);
        }
        catch (GradingException error)
        {
            table.AppendLine(CultureInfo.InvariantCulture, $"| python | 0: {error.Message.Split('(')[0].Trim()} | | | | | | | | |");
            return 0;
        }

        var row = new Problem("?") { Item = System.Text.Json.JsonElement.Parse($"{{\"reference\": {FuzzGraders.Gold}}}") };
        FuzzRun run = await OneAsync(new FuzzGrader("python", grader, row), count).ConfigureAwait(false);
        return Report(table, run, count);
    }

    private static long Report(StringBuilder table, FuzzRun run, ulong count)
    {
        table.AppendLine(CultureInfo.InvariantCulture, $"| {run.Grader.Name} | {count:N0} | {run.Graded:N0} | {run.Ungradable:N0} | {run.Failed:N0} | {run.ScoreSum / count:F4} | {run.Seconds * 1e6 / count:F1} | {run.LongestMilliseconds:F0} | {run.WorstMonster} | {run.FaultCount} |");
        foreach (string fault in run.Faults)
        {
            Console.Error.WriteLine(fault);
        }

        Console.Error.WriteLine($"{run.Grader.Name}: {run.FaultCount} faults, {run.Seconds:F1} s");
        return run.FaultCount;
    }

    private static string? Value(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
}
