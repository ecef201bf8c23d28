using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders.Json;
using RlvrSharp.Scripting;

namespace RlvrSharp.Tests.Graders.Scripting;

public sealed class CSharpScriptGraderTests
{
    private const string Expression = """sample.GetProperty("output_text").GetString() == item.GetProperty("answer").GetString() ? 1 : 0""";

    private const string Statements = """
        string text = sample.GetProperty("output_text").GetString()!.Trim();
        if (text.Length == 0)
        {
            return 0;
        }

        bool Same(string other) => string.Equals(text, other, StringComparison.Ordinal);
        return Same(item.GetProperty("answer").GetString()!) ? 1.0 : 0.0;
        """;

    private const string Method = """
        using System.Collections.Frozen;

        private static readonly FrozenSet<string> Polite = new[] { "please", "thanks" }.ToFrozenSet();

        double Grade(JsonElement sample, JsonElement item)
        {
            string text = sample.GetProperty("output_text").GetString()!;
            return Bare(text) == item.GetProperty("answer").GetString() ? 1 : 0;
        }

        static string Bare(string text) => string.Join(' ', text.Split(' ').Where(word => !Polite.Contains(word)));
        """;

    private const string Class = """
        namespace Mine;

        sealed class AnswerGrader : IGrader
        {
            public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
                new(new Grade(completion.Text == problem.Item.GetProperty("answer").GetString() ? 1 : 0) { Reason = "compared" });
        }
        """;

    public static TheoryData<string> Forms => [Expression, "\n  " + Expression + "  // an answer", Statements, Method, "public static " + "double Grade(JsonElement sample, JsonElement item, CancellationToken stop) => stop.IsCancellationRequested ? 0 : " + Expression + ";", Class];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Every_form_of_source_is_a_grader(string source)
    {
        using var grader = new CSharpScriptGrader(source);
        Assert.Equal(1, (await Ask(grader, "Paris", """{"answer":"Paris"}""")).Score);
        Assert.Equal((GradeStatus.Graded, 0), Of(await Ask(grader, "London", """{"answer":"Paris"}""")));
    }

    [Theory]
    [InlineData("sample.GetProperty(\"output_text\").GetStrin()", "grader.csx(1,35): CS1061:")]
    [InlineData("\n\n   missing + 1", "grader.csx(3,4): CS0103: The name 'missing' does not exist in the current context")]
    [InlineData("int a = 1;\nreturn a + b;", "grader.csx(2,12): CS0103:")]
    [InlineData("using System.IO;\nusing No.Such;\n\ndouble Grade(JsonElement sample, JsonElement item)\n{\n    return \"x\";\n}", "grader.csx(6,12): CS0029: Cannot implicitly convert type 'string' to 'double'")]
    [InlineData("using No.Such;\ndouble Grade(JsonElement sample, JsonElement item) => 1;", "grader.csx(1,7): CS0246:")]
    [InlineData("class A : IGrader\n{\n}", "grader.csx(1,11): CS0535:")]
    [InlineData("sample.GetProperty(\"output_text\"", "grader.csx(1,")]
    [InlineData("true", "grader.csx(1,1): CS0029: Cannot implicitly convert type 'bool' to 'double'")]
    [InlineData("if (item.ValueKind == JsonValueKind.Null) return 1;", "CS0161:")]
    [InlineData("a + ; } }", "grader.csx(1,")]
    public void Compile_errors_have_line_and_column(string source, string expected)
    {
        var error = Assert.Throws<DataException>(() => new CSharpScriptGrader(source, new CSharpScriptGraderOptions { Name = "g" }));
        Assert.StartsWith("The C# grader 'g' does not compile:\n  ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_compile_errors_are_named_at_once()
    {
        string message = Assert.Throws<DataException>(() => new CSharpScriptGrader("int a = one;\nint b = two;\nreturn a + b;")).Message;
        Assert.Contains("(1,9)", message, StringComparison.Ordinal);
        Assert.Contains("(2,9)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("class A { }", "none of its classes implements IGrader")]
    [InlineData("static double Score(JsonElement s) => 1;\nstatic int Grade() => 1;", "it has no method double Grade(JsonElement sample, JsonElement item)")]
    [InlineData("abstract class B : IGrader { public abstract ValueTask<Grade> GradeAsync(Problem p, Completion c, CancellationToken t = default); public B(int x) { } } class C(int x) : B(x) { public override ValueTask<Grade> GradeAsync(Problem p, Completion c, CancellationToken t = default) => new(new Grade(1)); }", "its class C has no constructor without parameters")]
    public void A_source_without_a_grader_is_named(string source, string expected)
    {
        Assert.Contains(expected, Assert.Throws<DataException>(() => new CSharpScriptGrader(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_is_a_failed_grade_with_its_line()
    {
        using var grader = new CSharpScriptGrader("string text = sample.GetProperty(\"output_text\").GetString()!;\nint n = text.Length;\nreturn n > 3 ? throw new FormatException(\"too long\") : 0.5;", new CSharpScriptGraderOptions { Name = "g" });
        Grade grade = await Ask(grader, "long text", "{}");
        Assert.Equal("The C# grader 'g' threw FormatException at grader.csx:line 3: too long", grade.Reason);
        Assert.Equal(GradeStatus.Failed, grade.Status);
        Assert.IsType<FormatException>(grade.Error);
        Assert.Equal(0.5, (await Ask(grader, "ok", "{}")).Score);
    }

    [Fact]
    public async Task A_score_outside_the_range_fails_unless_clamping_is_asked_for()
    {
        using var strict = new CSharpScriptGrader("item.GetProperty(\"n\").GetDouble()");
        using var clamping = new CSharpScriptGrader("item.GetProperty(\"n\").GetDouble()", new CSharpScriptGraderOptions { ClampScores = true });
        Assert.Equal(0.25, (await Ask(strict, "", """{"n":0.25}""")).Score);
        Assert.Equal("The C# grader 'csharp' returned 7.5, but a score lies between 0 and 1: scale it there in the source, or set CSharpScriptGraderOptions.ClampScores.", (await Ask(strict, "", """{"n":7.5}""")).Reason);
        Grade clamped = await Ask(clamping, "", """{"n":7.5}""");
        Assert.Equal((1, 7.5), (clamped.Score, RawScore.Of(clamped)));
        using var nan = new CSharpScriptGrader("0.0 / 0", new CSharpScriptGraderOptions { ClampScores = true });
        Assert.Equal(GradeStatus.Failed, (await Ask(nan, "", "{}")).Status);
    }

    [Fact]
    public async Task A_call_that_takes_too_long_fails_and_is_told_to_stop()
    {
        using var grader = new CSharpScriptGrader(
            "if (sample.GetProperty(\"output_text\").GetString() == \"quick\") return 1;\ncancellationToken.WaitHandle.WaitOne(); return 0;",
            new CSharpScriptGraderOptions { TimeLimit = TimeSpan.FromSeconds(0.2) });
        Assert.Contains("did not return within 0.2 s", (await Ask(grader, "slow", "{}")).Reason, StringComparison.Ordinal);
        Assert.Equal(1, (await Ask(grader, "quick", "{}")).Score);
        using var stop = new CancellationTokenSource(20);
        using var patient = new CSharpScriptGrader("cancellationToken.WaitHandle.WaitOne(); return 0;");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await patient.GradeAsync(new Problem("?"), Completion.FromText(""), stop.Token));
    }

    [Fact]
    public async Task A_fault_in_a_static_field_is_named_itself()
    {
        using var grader = new CSharpScriptGrader("static readonly int N = int.Parse(\"zz\");\ndouble Grade(JsonElement sample, JsonElement item) => N;");
        Assert.Contains("threw FormatException at grader.csx:line 1", (await Ask(grader, "", "{}")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_keep_their_threads_do_not_starve_the_others()
    {
        using var end = new CancellationTokenSource();
        AppDomain.CurrentDomain.SetData("rlvr-test-end", end.Token.WaitHandle);
        using var grader = new CSharpScriptGrader(
            "if (sample.GetProperty(\"output_text\").GetString() == \"stuck\") ((WaitHandle)AppDomain.CurrentDomain.GetData(\"rlvr-test-end\")).WaitOne();\nreturn Thread.CurrentThread.IsThreadPoolThread ? 0.25 : 0.75;",
            new CSharpScriptGraderOptions { TimeLimit = TimeSpan.FromSeconds(2) });
        Assert.Equal(0.25, (await Ask(grader, "quick", "{}")).Score);
        Assert.Equal(GradeStatus.Failed, (await Ask(grader, "stuck", "{}")).Status);
        Assert.Equal(0.75, (await Ask(grader, "quick", "{}")).Score);
        end.Cancel();
    }

    [Fact]
    public void A_disposed_grader_is_unloaded()
    {
        WeakReference assembly = MakeAndDispose();
        for (int i = 0; assembly.IsAlive && i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(assembly.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference MakeAndDispose()
        {
            using var context = new ScriptScope(Class);
            return context.Assembly;
        }
    }

    [Fact]
    public void Bad_options_are_refused() =>
        Assert.Throws<OptionsValidationException>(() => new CSharpScriptGrader("1", new CSharpScriptGraderOptions { TimeLimit = TimeSpan.Zero }));

    [Fact]
    public async Task Grader_json_holds_csharp_and_its_numbers_reach_a_formula()
    {
        GraderJsonContext context = new GraderJsonContext().AddCSharp();
        IGrader grader = GraderJson.Parse(
            """{"type":"multi","name":"m","graders":{"points":{"type":"csharp","name":"points","source":"item.GetProperty(\"n\").GetInt32()"}},"calculate_output":"points / 10"}""", context);
        Assert.Contains(context.Warnings, warning => warning.Path == "$.graders.points.source" && warning.Text.Contains("all your rights", StringComparison.Ordinal));
        Assert.Equal(0.7, (await Ask(grader, "", """{"n":7}""")).Score, 1e-15);
        const string json = """{"type":"csharp","name":"c","source":"1.0 / 2"}""";
        Assert.Equal(json, GraderJson.Save(GraderJson.Parse(json, context)).GetRawText());
        string message = Assert.Throws<DataException>(() => GraderJson.Parse("""{"type":"csharp","name":"c","source":"one"}""", context)).Message;
        Assert.Contains("grader.csx(1,1): CS0103", message, StringComparison.Ordinal);
        Assert.Contains("source: is missing", Assert.Throws<DataException>(() => GraderJson.Parse("""{"type":"csharp","name":"c"}""", context)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_can_name_the_rows_it_cannot_use()
    {
        using var grader = new CSharpScriptGrader("""
            sealed class Picky : IGrader, IProblemRequirement
            {
                public string? FindFault(Problem problem) => problem.Reference is null ? "the row has no reference" : null;
                public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) => new(new Grade(1));
            }
            """);
        Assert.Equal("the row has no reference", grader.FindFault(new Problem("?")));
        Assert.Null(grader.FindFault(new Problem("?") { Reference = "x" }));
    }

    private static (GradeStatus Status, double Score) Of(Grade grade) => (grade.Status, grade.Score);

    private static async Task<Grade> Ask(IGrader grader, string text, string item)
    {
        using JsonDocument row = JsonDocument.Parse(item);
        return await grader.GradeAsync(new Problem("?") { Item = row.RootElement }, Completion.FromText(text));
    }

    /// <summary>A grader, and a weak hold on its code.</summary>
    private sealed class ScriptScope : IDisposable
    {
        private readonly CSharpScriptGrader _grader;

        public ScriptScope(string source)
        {
            _grader = new CSharpScriptGrader(source);
            Assembly = new WeakReference(AppDomain.CurrentDomain.GetAssemblies().Last(assembly => assembly.GetType("Mine.AnswerGrader") is not null));
        }

        public WeakReference Assembly { get; }

        public void Dispose() => _grader.Dispose();
    }
}
