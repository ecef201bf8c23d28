using System.Text.Json;

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
        // What needs TorchSharp is run by the tests that have it.
        foreach (string page in Pages().Where(page => Path.GetFileName(page) != "torch.md"))
        {
            foreach ((int line, _) in DocBlocks.Of(page, "csharp"))
            {
                blocks.Add(Path.GetRelativePath(Root, page), line);
            }
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(CSharpBlocks))]
    public Task The_block_compiles_and_runs(string page, int line) => DocBlocks.RunAsync(Root, page, line);

    [Fact]
    public void The_pages_hold_blocks_and_every_json_block_is_json()
    {
        Assert.True(CSharpBlocks().Count >= 5, "few C# blocks were found: does the search still work?");
        foreach (string page in Pages())
        {
            foreach ((int line, string text) in DocBlocks.Of(page, "json"))
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
}
