using System.Text.Json;
using System.Text.RegularExpressions;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>L13 and L14: what the source of a Python or C# grader shows.</summary>
internal static partial class SourceChecks
{
    public static IEnumerable<LintFinding> Run(IGrader grader)
    {
        foreach ((string path, IGrader node) in GradedNodes.All(grader))
        {
            if (SourceOf(node) is not { } source)
            {
                continue;
            }

            foreach (string word in Unsteady().Matches(source).Select(match => match.Value.Trim()).Distinct(StringComparer.Ordinal).Take(5))
            {
                yield return new LintFinding("L13", LintSeverity.Warning, null, $"{path} uses \"{word}\": a clock, chance, culture or the network makes the same answer score differently from run to run.",
                    "Compute the score from sample and item only; seed what must be random.");
            }

            if (RewardedFailure().IsMatch(source))
            {
                yield return new LintFinding("L14", LintSeverity.Warning, null, $"{path} returns a score above 0 where an exception was caught: an answer that breaks the grader gets rewarded.",
                    "Return 0 there, or let the exception out: it becomes a Failed grade.");
            }
        }
    }

    private static string? SourceOf(IGrader node)
    {
        if (node is not IJsonGrader { Type: "python" or "csharp" })
        {
            return null;
        }

        try
        {
            return JsonTexts.TryGet(GraderJson.Save(node), "source", out JsonElement source) && source.ValueKind == JsonValueKind.String ? JsonTexts.Read(source) : null;
        }
        catch (Exception error) when (error is RlvrException or NotSupportedException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\btime\.(time|perf_counter|monotonic)|\bdatetime\.(now|today|utcnow)|\bdate\.today|\brandom\.\w+|\bnp\.random|\bos\.urandom|\buuid\.uuid[14]|\bimport (requests|socket|urllib|http)|\blocale\.|\bDateTime(Offset)?\.(Utc)?Now|\bGuid\.NewGuid|\bnew Random\(|\bRandom\.Shared|\bEnvironment\.TickCount|\bStopwatch\.|\bHttpClient\b|\bCultureInfo\.CurrentCulture|\.ToLower\(\)|\.ToUpper\(\)", RegexOptions.CultureInvariant)]
    private static partial Regex Unsteady();

    [GeneratedRegex(@"(except[^\n]*:|catch\s*(\([^)]*\))?\s*\{)\s*(#[^\n]*\n\s*)?return\s+(\(?\s*)(1|0?\.0*[1-9]|[2-9])", RegexOptions.CultureInvariant)]
    private static partial Regex RewardedFailure();
}
