using RlvrSharp.Scripting;
using RlvrSharp.Tests.Graders.Python;

namespace RlvrSharp.Tests.Graders.Scripting;

public sealed class DocExamplesTests
{
    [IsolatedPythonFact]
    public async Task The_example_of_the_python_page_runs()
    {
        string[] lines = await DocExamples.RunAsync(Assert.Single(DocExamples.Blocks("python.md")));
        Assert.Matches(@"^Python 3\.\d+\.\d+, isolated ", lines[0]);
        Assert.Equal("Graded 0.5", lines[1]);
    }

    [Fact]
    public async Task The_examples_of_the_script_page_run()
    {
        string[] blocks = DocExamples.Blocks("csharp-scripts.md");
        Assert.Equal(3, blocks.Length);
        Assert.Equal(["Graded 1"], await DocExamples.RunAsync(blocks[0]));
        using var members = new CSharpScriptGrader(blocks[1]);
        Assert.Equal(1, (await members.GradeAsync(new Problem("?"), Completion.FromText("may"))).Score);
        using var type = new CSharpScriptGrader(blocks[2]);
        Assert.Equal(1, (await type.GradeAsync(new Problem("?"), Completion.FromText("short"))).Score);
        using var expression = new CSharpScriptGrader("Math.Min(1, sample.GetProperty(\"output_text\").GetString()!.Length / 100.0)");
        Assert.Equal(0.05, (await expression.GradeAsync(new Problem("?"), Completion.FromText("12345"))).Score);
    }
}
