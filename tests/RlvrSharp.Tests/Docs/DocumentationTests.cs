using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RlvrSharp.Tests.Docs;

/// <summary>
/// Every C# block of README.md and of the pages under docs/ is a whole program: it is compiled and run, with the repository's root as
/// its folder. A block that only shows a part of something does not belong in the docs.
/// </summary>
[Collection("Console")]
public class DocumentationTests
{
    private static readonly string Root = Repository.Root;

    public static TheoryData<string, int> CSharpBlocks()
    {
        var blocks = new TheoryData<string, int>();
        foreach (string page in Pages())
        {
            foreach ((int line, _) in Blocks(page, "csharp"))
            {
                blocks.Add(Path.GetRelativePath(Root, page), line);
            }
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(CSharpBlocks))]
    public async Task The_block_compiles_and_runs(string page, int line)
    {
        string source = Blocks(Path.Combine(Root, page), "csharp").Single(block => block.Line == line).Text;
        byte[] assembly = Compile(source, page, line);
        TextWriter before = Console.Out;
        var output = new StringWriter();
        var context = new AssemblyLoadContext("docs", isCollectible: true);
        string folder = Directory.GetCurrentDirectory();
        try
        {
            Directory.SetCurrentDirectory(Root);
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

    [Fact]
    public void The_pages_hold_blocks_and_every_json_block_is_json()
    {
        Assert.True(CSharpBlocks().Count >= 5, "few C# blocks were found: does the search still work?");
        foreach (string page in Pages())
        {
            foreach ((int line, string text) in Blocks(page, "json"))
            {
                Exception? error = Record.Exception(() => JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).Dispose());
                Assert.True(error is null, $"{page}:{line}: {error?.Message}");
            }
        }
    }

    [Fact]
    public void Every_link_between_pages_leads_somewhere()
    {
        foreach (string page in Pages())
        {
            foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(page), @"\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)"))
            {
                string target = Path.GetFullPath(link.Groups[1].Value, Path.GetDirectoryName(page)!);
                Assert.True(File.Exists(target) || Directory.Exists(target), $"{Path.GetRelativePath(Root, page)} links to {link.Groups[1].Value}, which is not there");
            }
        }
    }

    private static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Root, "README.md")).Order(StringComparer.Ordinal);

    private static IEnumerable<(int Line, string Text)> Blocks(string page, string language)
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
