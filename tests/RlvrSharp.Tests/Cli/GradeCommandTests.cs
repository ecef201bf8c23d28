using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Tests.Graders;
using RlvrSharp.Tests.Graders.Judges;
using RlvrSharp.Tests.Graders.Python;

namespace RlvrSharp.Tests.Cli;

/// <summary>The line format of <c>rlvr grade</c>, on graders in the outside contract's form.</summary>
public sealed class GradeCommandTests : IDisposable
{
    private static readonly string[] Keys = ["status", "score", "precision", "recall", "fields", "error"];
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-grade-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Every_line_has_the_six_keys_in_order_whatever_becomes_of_the_row()
    {
        JsonNode[] lines = await GradeAsync(
            """{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_json.code}}", "reference": "{{item.code}}"}""",
            """{"item": {"code": 7}, "sample": {"output_text": "{\"code\": 7}"}}""",
            """{"item": {"code": 7}, "sample": {"output_text": "{\"code\": 8}"}}""",
            """{"item": {"code": 7}, "sample": {"output_text": "seven"}}""",
            """{"item": {}, "sample": {"output_text": "{\"code\": 7}"}}""",
            """{"item": {"code": 7}, "sample": {"output_text": "{\"code\": null, \"code\": 7}"}}""",
            """{"item": {"code": "\ud800"}, "sample": {"output_text": "{\"code\": \"\ud800\"}"}}""");

        Assert.All(lines, line => Assert.Equal(Keys, line.AsObject().Select(pair => pair.Key)));
        Assert.Equal(["graded", "graded", "ungradable", "failed", "ungradable"], lines.Take(5).Select(line => (string?)line["status"]));
        Assert.Equal([1.0, 0.0, 0.0, null, 0.0], lines.Take(5).Select(line => (double?)line["score"]));
        Assert.Equal([true, true, false, false, false], lines.Take(5).Select(line => line["error"] is null));
        Assert.Contains("invalid_variable_error", (string?)lines[3]["error"], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.Empty(line["fields"]!.AsArray()));
    }

    [Fact]
    public async Task A_formula_beyond_one_is_cut_and_its_own_number_stands_beside_it()
    {
        JsonNode[] lines = await GradeAsync(
            """
            {"type": "multi", "name": "m", "calculate_output": "3 * a - b", "graders": {
              "a": {"type": "string_check", "name": "a", "operation": "like", "input": "{{sample.output_text}}", "reference": "x"},
              "b": {"type": "string_check", "name": "b", "operation": "ilike", "input": "{{sample.output_text}}", "reference": "Y"}}}
            """,
            Row("x"), Row("xy"), Row("y"), Row(""));
        Assert.Equal([1.0, 1.0, 0.0, 0.0], lines.Select(line => (double?)line["score"]));
        Assert.Equal([3.0, 2.0, -1.0, 0.0], lines.Select(line => (double?)line["raw_score"]));
        Assert.All(lines, line => Assert.Equal([.. Keys, "raw_score"], line.AsObject().Select(pair => pair.Key)));
    }

    [Fact]
    public async Task Fields_of_a_structured_grader_inside_a_formula_keep_their_trace()
    {
        JsonNode[] lines = await GradeAsync(
            """
            {"type": "multi", "name": "m", "calculate_output": "gate(ok, f)", "graders": {
              "f": {"type": "structured_field", "name": "f", "reference": "{{item.reference}}"},
              "ok": {"type": "string_check", "name": "ok", "operation": "ne", "input": "{{sample.output_text}}", "reference": ""}}}
            """,
            """{"item": {"reference": {"a": 1, "b": ["x", "y"]}}, "sample": {"output_text": "{\"a\": 1, \"b\": [\"y\"], \"c\": 0}"}}""");
        Assert.Equal(2.0 / 3, (double)lines[0]["score"]!, 12);
        Assert.Equal((0.6, 0.75), (Math.Round((double)lines[0]["precision"]!, 12), (double)lines[0]["recall"]!));
        JsonNode field = lines[0]["fields"]!.AsArray().First(field => (string?)field!["path"] == "a")!;
        Assert.Equal(["path", "expected", "actual", "matched", "weight"], field.AsObject().Select(pair => pair.Key));
    }

    [Fact]
    public async Task Judges_of_a_contract_file_ask_the_service_that_the_environment_names_and_their_tokens_are_told()
    {
        using var service = new Loopback((_, body) => (200, Loopback.Completion(body.Contains("good", StringComparison.Ordinal) ? "{\"steps\": [], \"result\": 8}" : "no idea")));
        string graderFile = Path.Combine(root, "grader.json");
        string rowsFile = Path.Combine(root, "rows.jsonl");
        File.WriteAllText(graderFile, """{"type": "score_model", "name": "quality", "model": "m", "range": [0, 10], "input": [{"role": "user", "content": "{{sample.output_text}}"}]}""");
        File.WriteAllLines(rowsFile, [Row("good"), Row("good")]);
        var environment = new Dictionary<string, string> { ["OPENAI_BASE_URL"] = service.Url.ToString(), ["OPENAI_API_KEY"] = "secret" };
        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile], environment: environment);
        Assert.True(exit == 0, error);
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Equal(0.8, (double)JsonNode.Parse(line)!["score"]!, 12));
        Assert.Contains("quality: 1 requests, 1 answers from memory, 11 tokens in, 7 out", error, StringComparison.Ordinal);
        Assert.Equal("Bearer secret", service.Authorization);
    }

    [Theory]
    [InlineData("""{"method": {"type": "reinforcement", "reinforcement": {}}}""", "has no method.reinforcement.grader")]
    [InlineData("""{"type": "strng_check"}""", "did you mean \"string_check\"")]
    [InlineData("""{"type": "string_check", "name": "c", "operation": "eq", "input": "{{itm.a}}", "reference": "b"}""", "namespaces item and sample")]
    public async Task A_grader_that_cannot_be_used_ends_with_2_and_not_one_line_of_output(string grader, string part)
    {
        string graderFile = Path.Combine(root, "grader.json");
        string rowsFile = Path.Combine(root, "rows.jsonl");
        File.WriteAllText(graderFile, grader);
        File.WriteAllText(rowsFile, Row("x"));
        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile]);
        Assert.Equal((2, string.Empty), (exit, output));
        Assert.Contains(part, error, StringComparison.Ordinal);
    }

    [IsolatedPythonFact]
    public async Task The_precision_and_recall_grader_of_the_contract_runs_with_its_python_parts()
    {
        const string Shared = "def grade(sample, item):\n    entries = sample[\"output_json\"].get(\"level1\") or []\n    said = {entry[\"code\"] for entry in entries if isinstance(entry, dict)}\n    wanted = set(item[\"reference_answer\"])\n    return len(said & wanted) / len({0}) if {0} else 0.0\n";
        JsonElement[] rows = [.. Golden.Rows("openai_graders.jsonl").Where(row => row.Text("kind") == "eurovoc")];
        JsonNode grader = JsonNode.Parse(rows[0].GetProperty("grader").GetRawText())!;
        grader["graders"]!["precision"]!["source"] = Shared.Replace("{0}", "said", StringComparison.Ordinal);
        grader["graders"]!["recall"]!["source"] = Shared.Replace("{0}", "wanted", StringComparison.Ordinal);

        JsonNode[] lines = await GradeAsync(grader.ToJsonString(), [.. rows.Select(row => JsonSerializer.Serialize(new { item = row.GetProperty("item"), sample = row.GetProperty("sample") }))]);

        Assert.Equal(rows.Length, lines.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].TryGetProperty("python_errors", out _))
            {
                // The service counts a failed part as 0; here it is no score, and it says whose fault it was.
                Assert.Equal(("failed", null), ((string?)lines[i]["status"], (double?)lines[i]["score"]));
                Assert.Contains("AttributeError", (string?)lines[i]["error"], StringComparison.Ordinal);
                Assert.Equal(rows[i].GetProperty("expected").GetDouble(), (double)lines[i]["contract_score"]!, 12);
                continue;
            }

            Assert.True((string?)lines[i]["status"] == "graded", $"{rows[i].GetProperty("id")}: {lines[i]["error"]}");
            Assert.Equal(rows[i].GetProperty("expected").GetDouble(), (double)lines[i]["score"]!, 12);
            Assert.Equal(rows[i].GetProperty("expected_parts").GetProperty("precision").GetDouble(), (double)lines[i]["precision"]!, 12);
            Assert.Equal(rows[i].GetProperty("expected_parts").GetProperty("recall").GetDouble(), (double)lines[i]["recall"]!, 12);
        }
    }

    [Fact]
    public async Task A_report_over_all_rows_is_written_beside_the_lines()
    {
        string graderFile = Path.Combine(root, "grader.json");
        string rowsFile = Path.Combine(root, "rows.jsonl");
        File.WriteAllText(graderFile, """{"type": "structured_field", "name": "f"}""");
        string[] answers = ["""{"a": "x", "b": 1}""", """{"a": "y"}""", "no json"];
        File.WriteAllLines(rowsFile, answers.Select(answer => JsonSerializer.Serialize(new { item = new { reference = new { a = "x", b = 1 } }, sample = new { output_text = answer } })));

        (int exit, _, string error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile, "--report", Path.Combine(root, "report.json")]);
        Assert.True(exit == 0, error);
        JsonNode report = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "report.json")))!;
        Assert.Equal((3, 1), ((int)report["rows"]!, (int)report["ungradable"]!));
        Assert.Equal(1.0 / 3, (double)report["score"]!["mean"]!, 12);
        JsonNode a = report["fields"]![0]!;
        Assert.Equal(("a", 1, 1, 1, 0), ((string?)a["field"], (int)a["correct"]!, (int)a["wrong"]!, (int)a["missing"]!, (int)a["invented"]!));
        Assert.Equal(0.5, (double)a["micro"]!["precision"]!["mean"]!, 12);
        Assert.Equal(1.0 / 3, (double)a["macro"]!["f"]!["mean"]!, 12);
        Assert.Equal(["x", "x"], a["confusions"]!.AsArray().Select(confusion => (string?)confusion!["expected"]));

        foreach (string path in (string[])[root, Path.Combine(root, "nowhere", "report.json")])
        {
            (exit, string lines, error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile, "--report", path]);
            Assert.Equal(2, exit);
            Assert.Contains("cannot be written", error, StringComparison.Ordinal);
            Assert.Empty(lines);
        }

        File.WriteAllText(graderFile, """{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}", "reference": "x"}""");
        (_, _, error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile, "--report", Path.Combine(root, "report.txt")]);
        Assert.Contains("no fields", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(root, "*.tmp"));
    }

    [Fact]
    public async Task The_fields_of_references_are_told_and_declared()
    {
        string rowsFile = Path.Combine(root, "train.jsonl");
        File.WriteAllLines(rowsFile, Enumerable.Range(0, 3).Select(i =>
            JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = "q" } }, reference = new { day = $"2024-01-0{i + 1}", items = new[] { new { n = i } } } })));

        (int exit, string table, string error) = await CommandLine.RunAsync(["fields", rowsFile]);
        Assert.True(exit == 0, error);
        Assert.Contains("looks like dates", table, StringComparison.Ordinal);
        (_, string json, _) = await CommandLine.RunAsync(["fields", rowsFile, "--json"]);
        Assert.Equal("number", (string?)JsonNode.Parse(json)!["fields"]!["items[].n"]);
        Assert.Equal([1.0], (await GradeAsync(json, """{"item": {"reference": {"day": "2024-01-01", "items": [{"n": 0}]}}, "sample": {"output_text": "{\"day\": \"2024-01-01\", \"items\": [{\"n\": 0}]}"}}""")).Select(line => (double?)line["score"]));

        File.WriteAllLines(rowsFile, ["""{"messages": [{"role": "user", "content": "q"}]}"""]);
        (exit, _, error) = await CommandLine.RunAsync(["fields", rowsFile]);
        Assert.Equal(2, exit);
        Assert.Contains("has no reference", error, StringComparison.Ordinal);

        File.WriteAllLines(rowsFile, ["""{"messages": [{"role": "user", "content": "q"}], "reference": {"a": 1}}""", """{"messages": [{"role": "user", "content": "q"}], "reference": "plain"}"""]);
        (exit, _, error) = await CommandLine.RunAsync(["fields", rowsFile]);
        Assert.Equal(2, exit);
        Assert.Contains("train.jsonl:2: Reference 2 is not one JSON object", error, StringComparison.Ordinal);
    }

    private static string Row(string text) => JsonSerializer.Serialize(new { item = new { }, sample = new { output_text = text } });

    private async Task<JsonNode[]> GradeAsync(string grader, params string[] rows)
    {
        string graderFile = Path.Combine(root, "grader.json");
        string rowsFile = Path.Combine(root, "rows.jsonl");
        File.WriteAllText(graderFile, grader);
        File.WriteAllLines(rowsFile, rows);
        (int exit, string output, string error) = await CommandLine.RunAsync(["grade", "--grader", graderFile, rowsFile]);
        Assert.True(exit == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }
}
