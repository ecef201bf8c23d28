using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RlvrSharp.Tests.Docs;

/// <summary>Finds the code blocks of a page, and compiles and runs a C# block as a program with the repository's root as its folder.</summary>
internal static class DocBlocks
{
    /// <summary>The blocks of a page in a language, with the line each begins at.</summary>
    public static IEnumerable<(int Line, string Text)> Of(string page, string language)
    {
        string[] lines = File.ReadAllLines(page);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimEnd() == "```" + language)
            {
                int end = Array.FindIndex(lines, i + 1, line => line.TrimEnd() == "```");
                yield return (i + 1, string.Join('\n', lines[(i + 1)..end]));
                i = end;
            }
        }
    }

    /// <summary>Compiles and runs the C# block that begins at a line of a page.</summary>
    public static async Task RunAsync(string root, string page, int line)
    {
        string source = Of(Path.Combine(root, page), "csharp").Single(block => block.Line == line).Text;
        byte[] assembly = Compile(source, page, line);
        TextWriter before = Console.Out;
        var output = new StringWriter();
        var context = new AssemblyLoadContext("docs", isCollectible: true);
        string folder = Directory.GetCurrentDirectory();
        try
        {
            Directory.SetCurrentDirectory(root);
            Console.SetOut(output);
            MethodInfo entry = context.LoadFromStream(new MemoryStream(assembly)).EntryPoint!;
            object? result = entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
            if (result is Task running)
            {
                await running.WaitAsync(TimeSpan.FromMinutes(2));
            }
        }
        finally
        {
            Console.SetOut(before);
            Directory.SetCurrentDirectory(folder);
            context.Unload();
        }
    }

    private static byte[] Compile(string source, string page, int line)
    {
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => path.EndsWith(".dll", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith("xunit", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Docs",
            [CSharpSyntaxTree.ParseText(Usings, options), CSharpSyntaxTree.ParseText(source, options)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.True(result.Success, $"{page}:{line} does not compile:\n" + string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return stream.ToArray();
    }
}
