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
    private const ulong Round = 50_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        ulong count = ulong.Parse(Value(arguments, "--count") ?? "1000000", CultureInfo.InvariantCulture);
        ulong python = ulong.Parse(Value(arguments, "--python") ?? "2000", CultureInfo.InvariantCulture);
        string? only = Value(arguments, "--grader");
        FuzzGrader[] graders = [.. FuzzGraders.All().Where(grader => only is null || grader.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        var extra = new StringBuilder();
        long extraFaults = python > 0 && only is null ? await PythonAsync(extra, python).ConfigureAwait(false) : 0;
        FuzzRun[] total = await ManyAsync(graders, 0, 0).ConfigureAwait(false);
        await MonstersAsync(total).ConfigureAwait(false);

        // In rounds, each written down, so that a study that is stopped has a result for what it did.
        for (ulong done = 0; done < count;)
        {
            ulong next = Math.Min(count - done, Round);
            FuzzRun[] round = await ManyAsync(graders, done, next).ConfigureAwait(false);
            done += next;
            for (int i = 0; i < total.Length; i++)
            {
                total[i].Merge(round[i]);
            }

            string text = Page(arguments, total, extra.ToString(), extraFaults, done, count);
            if (Value(arguments, "--out") is { } path)
            {
                await File.WriteAllTextAsync(path, text).ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync($"{done:N0} answers: {total.Sum(run => run.FaultCount) + extraFaults} faults").ConfigureAwait(false);
            if (done == count)
            {
                Console.WriteLine(text);
            }
        }

        foreach (string fault in total.SelectMany(run => run.Faults))
        {
            await Console.Error.WriteLineAsync(fault).ConfigureAwait(false);
        }

        return total.Sum(run => run.FaultCount) + extraFaults == 0 ? 0 : 1;
    }

    private static string Page(string[] arguments, FuzzRun[] runs, string extra, long extraFaults, ulong done, ulong count)
    {
        var table = new StringBuilder();
        table.AppendLine("| grader | answers | graded | ungradable | failed | mean score | µs a grade | worst monster, ms | faults |").AppendLine("|---|---|---|---|---|---|---|---|---|");
        foreach (FuzzRun run in runs)
        {
            Report(table, run);
        }

        long faults = runs.Sum(run => run.FaultCount) + extraFaults;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Mutated answers through every grader

            Made by

            ```
            dotnet run -c Release --project benchmarks/RlvrSharp.Benchmarks -- fuzz {string.Join(' ', arguments)}
            ```

            {(done == count ? string.Empty : $"and stopped after {done:N0} answers. ")}Every grader gets the same answers (slow variants of a type every fifth or twentieth of them): {FuzzGraders.Seeds.Count} answers as models give them, with up to 7
            random edits each (pieces of JSON, halves of surrogate pairs, `1e400`, markup, any letter, cuts, repeats). Then come the *monsters*: 100,000 nested lists and objects, 50 MB in one text, lists of 10,000
            elements, NaN, `1e400`, a number of 100,000 digits, one key 10,000 times and the like. A *fault* is an exception, a score, precision or recall outside [0, 1], a grade that is not Graded
            without a reason, or a Failed grade. Judges, embeddings and services are faked inside the process; *score_model, nonsense* has a judge whose replies are mutated too, so its Failed grades are right.
            Times are those of one thread on a machine that other work shares.

            {table}{extra}
            {(faults == 0 ? "No fault." : $"**{faults} faults.**")}

            """);
    }

    private static async Task<FuzzRun[]> ManyAsync(IReadOnlyList<FuzzGrader> graders, ulong from, ulong count)
    {
        var chunks = new FuzzRun[Chunks][];
        await Parallel.ForAsync(0, Chunks, async (chunk, _) =>
        {
            ulong start = from + (count * (ulong)chunk / Chunks);
            ulong end = from + (count * (ulong)(chunk + 1) / Chunks);
            chunks[chunk] = await FuzzRun.RunAsync(graders, FuzzGraders.Seeds, Stream, start, end - start).ConfigureAwait(false);
        }).ConfigureAwait(false);
        FuzzRun[] runs = chunks[0];
        for (int i = 0; i < runs.Length; i++)
        {
            foreach (FuzzRun[] chunk in chunks.Skip(1))
            {
                runs[i].Merge(chunk[i]);
            }
        }

        return runs;
    }

    private static async Task MonstersAsync(FuzzRun[] runs)
    {
        foreach ((string what, string answer) in FuzzMonsters.All.Concat(FuzzMonsters.Huge))
        {
            foreach (FuzzRun run in runs)
            {
                await run.MonsterAsync(what, answer).ConfigureAwait(false);
            }
        }
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
            table.AppendLine(CultureInfo.InvariantCulture, $"| python | 0: {error.Message.Split('(')[0].Trim()} | | | | | | | |");
            return 0;
        }

        var row = new Problem("?") { Item = System.Text.Json.JsonElement.Parse($"{{\"reference\": {FuzzGraders.Gold}}}") };
        FuzzRun[] runs = await ManyAsync([new FuzzGrader("python", grader, row)], 0, count).ConfigureAwait(false);
        await MonstersAsync(runs).ConfigureAwait(false);
        Report(table, runs[0]);
        return runs[0].FaultCount;
    }

    private static void Report(StringBuilder table, FuzzRun run) => table.AppendLine(
        CultureInfo.InvariantCulture,
        $"| {run.Grader.Name} | {run.Answers:N0} | {run.Graded:N0} | {run.Ungradable:N0} | {run.Failed:N0} | {run.ScoreSum / Math.Max(1, run.Answers):F4} | {run.Seconds * 1e6 / Math.Max(1, run.Answers):F1} | {run.WorstMonster} | {run.FaultCount} |");

    private static string? Value(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
}
