using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using RlvrSharp.Graders;

namespace RlvrSharp.Benchmarks;

/// <summary>
/// Grades of the four-field, six-value profile of docs/graders/structured-field.md, against a plain reading of the definition on System.Text.Json's tree. One
/// operation is one grade, so 1 µs is a million grades a second on one core.
/// </summary>
[MemoryDiagnoser]
public class FieldGraderBenchmarks
{
    private const string Reference = """{"university":"University of Washington","programming_languages":["Python","C++","Rust"],"city":"Seattle","state":"WA"}""";

    private readonly StructuredFieldGrader grader = new();
    private readonly StructuredFieldGrader untraced = new(new StructuredFieldGraderOptions { Trace = false });
    private readonly JsonObject reference = (JsonObject)JsonNode.Parse(Reference)!;
    private string answer = "";

    public enum Answer
    {
        Right,
        HalfRight,
        NotJson,
    }

    [ParamsAllValues]
    public Answer Kind { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        answer = Kind switch
        {
            Answer.Right => """{"university": "University of Washington", "programming_languages": ["Rust", "Python", "C++"], "city": "Seattle", "state": "WA"}""",
            Answer.HalfRight => """{"university": "university of washington", "programming_languages": ["Python", "Go", "Java"], "city": "Boston", "motto": "lux"}""",
            _ => """The university is "University of Washington" in Seattle, WA.""",
        };
        if (Oracle() != Traced())
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The grader says {Traced()} and the oracle {Oracle()}."));
        }
    }

    [Benchmark(Baseline = true)]
    public double Oracle()
    {
        JsonObject? given;
        try
        {
            given = JsonNode.Parse(answer) as JsonObject;
        }
        catch (JsonException)
        {
            return 0;
        }

        if (given is null)
        {
            return 0;
        }

        double matched = 0, predicted = 0, expected = 0;
        foreach ((string key, JsonNode? value) in reference)
        {
            expected++;
            JsonNode? other = given[key];
            if (value is JsonArray list && other is JsonArray others)
            {
                List<string> free = [.. list.Select(Fold)];
                predicted += (double)others.Count / list.Count;
                matched += (double)others.Count(item => free.Remove(Fold(item))) / list.Count;
            }
            else if (other is not null)
            {
                predicted++;
                matched += Fold(value) == Fold(other) ? 1 : 0;
            }
        }

        predicted += given.Count(pair => pair.Value is not null && !reference.ContainsKey(pair.Key));
        return predicted + expected > 0 ? Math.Round(2 * matched / (predicted + expected), 12) : 1;
    }

    [Benchmark]
    public double Traced() => Math.Round(grader.Grade(answer, Reference).Score, 12);

    [Benchmark]
    public double Untraced() => Math.Round(untraced.Grade(answer, Reference).Score, 12);

    private static string Fold(JsonNode? node) =>
        string.Join(' ', node!.ToString().Normalize().ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>Invoices with so many line items, in reverse order: what optimal pairing costs.</summary>
[MemoryDiagnoser]
public class FieldAlignmentBenchmarks
{
    private readonly StructuredFieldGrader grader = new();
    private string reference = "";
    private string answer = "";

    [Params(2, 16, 64, 256)]
    public int Items { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        string[] items = [.. Enumerable.Range(0, Items).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{{\"sku\":\"S-{i}\",\"qty\":{1 + (i % 5)},\"price\":{9.5 + i}}}"))];
        reference = $$"""{"vendor":"Acme","items":[{{string.Join(",", items)}}]}""";
        answer = $$"""{"vendor":"Acme","items":[{{string.Join(",", items.Reverse())}}]}""";
        if (Pair() != 1)
        {
            throw new InvalidOperationException("Order changed the score.");
        }
    }

    [Benchmark]
    public double Pair() => grader.Grade(answer, reference).Score;
}
