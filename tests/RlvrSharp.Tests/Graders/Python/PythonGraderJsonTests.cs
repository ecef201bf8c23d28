using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Python;

[Collection("Console")]
public sealed class PythonGraderJsonTests
{
    private static readonly PythonGraderOptions s_options = new() { Workers = 1, AllowUnisolated = true };

    [PythonFact]
    public async Task A_multi_grader_of_set_precision_and_recall_gives_F1()
    {
        string json = JsonSerializer.Serialize(new
        {
            type = "multi",
            name = "f1",
            graders = new
            {
                precision = new { type = "python", name = "precision", image_tag = "2025-05-08", source = Source("said") },
                recall = new { type = "python", name = "recall", image_tag = "2025-05-08", source = Source("wanted") },
            },
            calculate_output = "2 * precision * recall / max(precision + recall, 1e-9)",
        });
        var context = new GraderJsonContext().AddPython(s_options);
        IGrader grader = GraderJson.Parse(json, context);
        Assert.DoesNotContain(context.Warnings, warning => warning.Path.Contains("graders", StringComparison.Ordinal));
        try
        {
            foreach ((string text, double score) in new[] { ("[\"a\",\"b\"]", 1.0), ("[\"a\",\"b\",\"c\"]", 0.8), ("[]", 0.0), ("[\"b\",\"b\",\"x\"]", 0.5) })
            {
                GraderInput row = GraderInput.Parse(JsonSerializer.Serialize(new { item = new { codes = new[] { "a", "b" } }, sample = new { output_text = text } }), "row");
                Assert.Equal(score, (await grader.GradeAsync(row.Problem, row.Completion)).Score, 1e-12);
            }

            GraderInput broken = GraderInput.Parse("""{"item": {"codes": ["a"]}, "sample": {"output_text": "no json"}}""", "row");
            Grade failed = await grader.GradeAsync(broken.Problem, broken.Completion);
            Assert.Equal(GradeStatus.Failed, failed.Status);
            Assert.Contains("KeyError: 'output_json'", failed.Reason, StringComparison.Ordinal);

            // The service would have counted both parts as 0; the formula's value is then 0 too.
            Assert.Equal(0, failed.Metrics![RawScore.ContractMetricName]);
        }
        finally
        {
            foreach (KeyValuePair<string, IGrader> part in ((MultiGrader)grader).Parts)
            {
                await ((PythonGrader)part.Value).DisposeAsync();
            }
        }

        static string Source(string whole) =>
            $"def grade(sample, item):\n    said, wanted = set(sample['output_json']), set(item['codes'])\n    return len(said & wanted) / len({whole}) if {whole} else 0.0";
    }

    [Fact]
    public void Limits_in_the_JSON_stand_in_place_of_the_options_and_are_written_back()
    {
        IGrader grader = GraderJson.Parse("""{"type":"python","name":"p","source":"def grade(sample, item):\n    return 1","time_limit_seconds":120,"memory_limit_mb":4096}""");
        JsonElement json = GraderJson.Save(grader);
        Assert.Equal((120, 4096), (json.GetProperty("time_limit_seconds").GetDouble(), json.GetProperty("memory_limit_mb").GetDouble()));
        Assert.False(GraderJson.Save(GraderJson.Parse("""{"type":"python","name":"p","source":"def grade(sample, item):\n    return 1"}""")).TryGetProperty("time_limit_seconds", out _));
        var error = Assert.Throws<DataException>(() => GraderJson.Parse("""{"type":"python","name":"p","source":"x","time_limit_seconds":0,"memory_limit_mb":1}"""));
        Assert.Contains("time_limit_seconds: is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("memory_limit_mb: is 1", error.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task What_a_started_grader_runs_on_is_said()
    {
        IGrader grader = GraderJson.Parse("""{"type":"multi","name":"m","graders":{"a":{"type":"python","name":"a","source":"\ufeffdef grade(sample, item):\n    return 1"}},"calculate_output":"a"}""", new GraderJsonContext().AddPython(s_options));
        Assert.Empty(GraderLifetime.Environments(grader));
        await GraderLifetime.StartAsync(grader);
        KeyValuePair<string, PythonEnvironment> environment = Assert.Single(GraderLifetime.Environments(grader));
        Assert.Equal("m.a", environment.Key);
        Assert.NotEmpty(environment.Value.Description);
        await GraderLifetime.DisposeAsync(grader);
    }

    [PythonFact]
    public async Task A_number_beyond_the_range_reaches_the_formula()
    {
        IGrader grader = GraderJson.Parse(
            """{"type":"multi","name":"m","graders":{"points":{"type":"python","name":"points","source":"def grade(sample, item):\n    return item['n']"}},"calculate_output":"points / 10"}""",
            new GraderJsonContext().AddPython(s_options));
        await using var part = (PythonGrader)((MultiGrader)grader).Parts[0].Value;
        GraderInput row = GraderInput.Parse("""{"item": {"n": 7}, "sample": {"output_text": ""}}""", "row");
        Assert.Equal(0.7, (await grader.GradeAsync(row.Problem, row.Completion)).Score, 1e-15);
        Assert.Equal(1, (await part.GradeAsync(row.Problem, row.Completion)).Score);
    }

    [Fact]
    public void A_python_grader_goes_to_json_and_back()
    {
        const string json = """{"type":"python","name":"p","source":"def grade(sample, item):\n    return 1.0","image_tag":"2025-05-08"}""";
        IGrader grader = GraderJson.Parse(json);
        Assert.IsType<PythonGrader>(grader);
        Assert.Equal(json, GraderJson.Save(grader).GetRawText());
        Assert.Contains("source: is missing", Assert.Throws<DataException>(() => GraderJson.Parse("""{"type":"python","name":"p"}""")).Message, StringComparison.Ordinal);
        Assert.Contains("source: is empty", Assert.Throws<DataException>(() => GraderJson.Parse("""{"type":"python","name":"p","source":" "}""")).Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task An_answer_of_the_greatest_depth_arrives()
    {
        await using var grader = new PythonGrader("def grade(sample, item):\n    return float('output_json' in sample)", s_options);
        Assert.Equal(1, (await PythonGraderTests.Ask(grader, new string('[', 64) + new string(']', 64))).Score);
        Assert.Equal(0, (await PythonGraderTests.Ask(grader, new string('[', 65) + new string(']', 65))).Score);
        string deep = new string('[', 900) + new string(']', 900);
        using JsonDocument sample = JsonDocument.Parse($"{{\"output_text\": \"x\", \"output_json\": {deep}}}", new JsonDocumentOptions { MaxDepth = 1000 });
        Grade grade = await grader.GradeSampleAsync(sample.RootElement, default);
        Assert.Null(grade.Reason);
        Assert.Equal(1, grade.Score);
    }
}
