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

            bool python = ((IJsonGrader)node).Type == "python";
            string code = SourceText.CodeOnly(source, python);
            foreach (string word in (python ? PythonNames.Unsteady(code) : UnsteadyCSharp(code)).Distinct(StringComparer.Ordinal).Take(5))
            {
                yield return new LintFinding("L13", LintSeverity.Warning, null, $"{path} uses \"{word}\": a clock, chance, culture or the network makes the same answer score differently from run to run.",
                    "Compute the score from sample and item only; seed what must be random, and name the culture (invariant) where texts become numbers.");
            }

            if ((python ? PythonCatches(code) : CSharpCatches(code)).Any(block => Rewards(block, code)))
            {
                yield return new LintFinding("L14", LintSeverity.Warning, null, $"{path} returns a score above 0 where an exception was caught: an answer that breaks the grader gets rewarded.",
                    "Return 0 there, or let the exception out: it becomes a Failed grade.");
            }
        }
    }

    /// <summary>Whether a grader's source never looks at the row, so that it can only judge the answer's form.</summary>
    /// <param name="node">A grader.</param>
    /// <returns>True where it is code that reads no item; false where that is not known.</returns>
    public static bool IgnoresItem(IGrader node)
    {
        if (SourceOf(node) is not { } source)
        {
            return false;
        }

        bool python = ((IJsonGrader)node).Type == "python";
        string code = SourceText.CodeOnly(source, python);
        Match signature = python ? PythonSignature().Match(code) : CSharpSignature().Match(code);
        string name = signature.Success ? signature.Groups["item"].Value : "item";
        return (python ? signature.Success : !code.Contains("IGrader", StringComparison.Ordinal))
            && Regex.Count(code, $@"\b{name}\b", RegexOptions.CultureInvariant) <= (signature.Success ? 1 : 0);
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

    private static IEnumerable<string> UnsteadyCSharp(string code)
    {
        foreach (Match match in Unsteady().Matches(code))
        {
            yield return match.Value.Trim().TrimEnd('(');
        }

        foreach (Match match in CulturedParse().Matches(code))
        {
            int open = match.Index + match.Length - 1;
            if (!code[open..SourceText.Close(code, open)].Contains("Invariant", StringComparison.Ordinal))
            {
                yield return match.Value.TrimEnd('(', ' ') + " without a culture";
            }
        }
    }

    // What stands below each "except", by its indentation, or behind its colon.
    private static IEnumerable<string> PythonCatches(string code)
    {
        string[] lines = code.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (Except().Match(lines[i]) is not { Success: true } head)
            {
                continue;
            }

            int end = i + 1;
            while (end < lines.Length && (string.IsNullOrWhiteSpace(lines[end]) || Indent(lines[end]) > Indent(lines[i])))
            {
                end++;
            }

            yield return string.Join('\n', [lines[i][(head.Index + head.Length)..], .. lines[(i + 1)..end]]);
        }

        static int Indent(string line) => line.Length - line.TrimStart().Length;
    }

    private static IEnumerable<string> CSharpCatches(string code)
    {
        foreach (Match head in Catch().Matches(code))
        {
            int open = head.Index + head.Length - 1;
            yield return code[open..SourceText.Close(code, open)];
        }
    }

    // A constant above 0 that is returned at once, or kept in a variable that is returned as it is.
    private static bool Rewards(string block, string code) =>
        RewardedReturn().IsMatch(block)
        || RewardedVariable().Matches(block).Any(match => Regex.IsMatch(code, $@"\breturn\s+(float\s*\(\s*)?{match.Groups[1].Value}\s*\)?\s*(;|\r?$)", RegexOptions.CultureInvariant | RegexOptions.Multiline));

    // A comma in the brackets of an annotation (dict[str, int]) ends no parameter.
    [GeneratedRegex(@"\bdef\s+grade\s*\(\s*\w+\s*(?::[^,\[\](){}]*(?:\[(?:[^\[\]]|(?<open>\[)|(?<-open>\]))*(?(open)(?!))\][^,\[\](){}]*)*)?,\s*(?<item>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex PythonSignature();

    [GeneratedRegex(@"\bGrade\s*\(\s*JsonElement\s+\w+\s*,\s*JsonElement\s+(?<item>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex CSharpSignature();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b|\bTimeProvider\.System\b|\bGuid\.(NewGuid|CreateVersion7)\b|\bnew\s+(System\.)?Random\s*\(\s*\)|\bRandom\.Shared\b|\bRandomNumberGenerator\b|\bEnvironment\.TickCount|\bStopwatch\.|\b(HttpClient|WebClient|TcpClient|UdpClient|Socket)\b|\bDns\.|\bCultureInfo\.Current(UI)?Culture\b|\bStringComparison\.CurrentCulture|\.ToLower\(\s*\)|\.ToUpper\(\s*\)", RegexOptions.CultureInvariant)]
    private static partial Regex Unsteady();

    [GeneratedRegex(@"\b(double|float|decimal|Double|Single|Decimal|DateTime|DateTimeOffset|DateOnly|TimeOnly)\.(Try)?Parse\s*\(", RegexOptions.CultureInvariant)]
    private static partial Regex CulturedParse();

    [GeneratedRegex(@"^\s*except\b[^:]*:", RegexOptions.CultureInvariant)]
    private static partial Regex Except();

    [GeneratedRegex(@"\bcatch\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{", RegexOptions.CultureInvariant)]
    private static partial Regex Catch();

    [GeneratedRegex(@"\breturn\s+(float\s*\(\s*|new\s+Grade\s*\(\s*|new\s*\(\s*)*\(?\s*(0*[1-9]\d*(\.\d*)?|0*\.0*[1-9]\d*)[dDfF]?\s*\)*\s*(;|\r?$)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex RewardedReturn();

    [GeneratedRegex(@"(?<![\w.])([A-Za-z_]\w*)\s*=\s*(0*[1-9]\d*(\.\d*)?|0*\.0*[1-9]\d*)[dDfF]?\s*(;|\r?$)", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex RewardedVariable();
}
