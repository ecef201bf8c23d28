using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RlvrSharp.Tests.Graders.Scripting;

/// <summary>Compiles and runs the C# of a page.</summary>
internal static class DocExamples
{
    /// <summary>The code blocks of a page, dedented.</summary>
    public static string[] Blocks(string page)
    {
        string path = Path.Combine(Repository.Root, "docs", "graders", page);
        var blocks = new List<string>();
        List<string>? block = null;
        int indent = 0;
        foreach (string line in File.ReadLines(path))
        {
            if (block is null && line.TrimStart().StartsWith("```csharp", StringComparison.Ordinal))
            {
                indent = line.Length - line.TrimStart().Length;
                block = [];
            }
            else if (block is not null && line.TrimStart() == "```")
            {
                blocks.Add(string.Join('\n', block));
                block = null;
            }
            else
            {
                block?.Add(line.Length >= indent ? line[indent..] : line);
            }
        }

        return [.. blocks];
    }

    /// <summary>Runs top-level statements and gives what they print.</summary>
    public static async Task<string[]> RunAsync(string code)
    {
        const string usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Text.Json; global using System.Threading.Tasks;";
        const string output = "static class Output { public static readonly System.Collections.Concurrent.ConcurrentQueue<string> Lines = new(); public static void WriteLine(string text) => Lines.Enqueue(text); }";
        var compilation = CSharpCompilation.Create(
            "Example" + Guid.NewGuid().ToString("N"),
            [CSharpSyntaxTree.ParseText(usings), CSharpSyntaxTree.ParseText(output), CSharpSyntaxTree.ParseText(code.Replace("Console.WriteLine(", "Output.WriteLine(", StringComparison.Ordinal))],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        Assert.Empty(compilation.Emit(image).Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error).Select(one => one.ToString()));
        Assembly assembly = Assembly.Load(image.ToArray());
        MethodInfo main = assembly.GetType("Program")!.GetMethod("<Main>$", BindingFlags.NonPublic | BindingFlags.Static)!;
        if (main.Invoke(null, [Array.Empty<string>()]) is Task task)
        {
            await task;
        }

        return [.. (System.Collections.Concurrent.ConcurrentQueue<string>)assembly.GetType("Output")!.GetField("Lines")!.GetValue(null)!];
    }
}
