using RlvrSharp.Data;

namespace RlvrSharp.Tests.Data;

public class ProblemFileTests
{
    [Fact]
    public void A_row_keeps_its_messages_item_and_reference()
    {
        IReadOnlyList<Problem> problems = ProblemFile.Parse(
            """
            {"messages":[{"role":"developer","content":"Be short."},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"reference":{"x":1},"level":2,"tools":[]}

            {"reference":"text","messages":[{"role":"user","content":"q"}]}
            """,
            "dir/rows.jsonl");

        Assert.Equal(2, problems.Count);
        Assert.Equal([new PromptMessage("developer", "Be short."), new PromptMessage("user", "ab")], problems[0].Messages);
        Assert.Equal("{\"x\":1}", problems[0].Reference);
        Assert.Equal("{\"reference\":{\"x\":1},\"level\":2}", problems[0].Item.GetRawText());
        Assert.Equal("rows.jsonl:1", problems[0].Id);
        Assert.Equal("rows.jsonl:3", problems[1].Id);
        Assert.Equal("text", problems[1].Reference);
    }

    [Fact]
    public void A_line_separator_inside_a_text_does_not_end_the_row()
    {
        Problem problem = Assert.Single(ProblemFile.Parse("\uFEFF{\"messages\":[{\"role\":\"user\",\"content\":\"a\u2028b\u0085c\"}]}\r\n", "x.jsonl"));

        Assert.Equal("a\u2028b\u0085c", problem.Prompt);
        Assert.Null(problem.Reference);
    }

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]", "not JSON")]
    [InlineData("[1]", "a row is an object with messages")]
    [InlineData("{\"message\":[]}", "no messages (its keys: message)")]
    [InlineData("{\"messages\":[]}", "an empty array")]
    [InlineData("{\"messages\":\"q\"}", "a JSON string")]
    [InlineData("{\"messages\":[{\"content\":\"q\"}]}", "messages[0] has no role")]
    [InlineData("{\"messages\":[{\"role\":\"robot\",\"content\":\"q\"}]}", "\"robot\"")]
    [InlineData("{\"messages\":[{\"role\":\"user\"}]}", "no content")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "a JSON number")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", "content[0]")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "surrogate")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"a\":1,\"a\":2}", "not JSON")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"\\ud800\":2}", "surrogate")]
    public void A_bad_row_is_named_with_file_line_and_fault(string row, string fault)
    {
        string good = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}";

        var error = Assert.Throws<DataException>(() => ProblemFile.Parse(good + "\n\n" + row + "\n" + good, "rows.jsonl"));

        Assert.StartsWith("rows.jsonl:3: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_bad_rows_are_reported_together()
    {
        string text = string.Join('\n', Enumerable.Repeat("nope", 30));

        var error = Assert.Throws<DataException>(() => ProblemFile.Parse(text, "rows.jsonl"));

        Assert.Contains("rows.jsonl:20: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("and 10 more rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_empty_and_binary_files_are_refused_by_name()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Contains(path, Assert.Throws<DataException>(() => ProblemFile.Load(path)).Message, StringComparison.Ordinal);
        try
        {
            File.WriteAllText(path, "\n\n");
            Assert.Contains("no rows", Assert.Throws<DataException>(() => ProblemFile.Load(path)).Message, StringComparison.Ordinal);
            File.WriteAllBytes(path, [0x7B, 0xFF, 0xFE]);
            Assert.Contains("UTF-8", Assert.Throws<DataException>(() => ProblemFile.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_a_grader_needs_is_checked_row_by_row()
    {
        var needs = new NeedsReference();

        var error = Assert.Throws<DataException>(() => ProblemFile.Parse("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", "rows.jsonl", needs));

        Assert.Equal("rows.jsonl:1: no reference", error.Message);
    }

    private sealed class NeedsReference : IProblemRequirement
    {
        public string? FindFault(Problem problem) => problem.Reference is null ? "no reference" : null;
    }
}
