using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Lint;

/// <summary>Which names of modules a Python source uses, whatever it calls them.</summary>
internal static partial class PythonNames
{
    /// <summary>Clocks, chance, culture and the network.</summary>
    /// <param name="code">Source without comments and texts.</param>
    /// <returns>Full names, such as <c>random.random</c>.</returns>
    public static IEnumerable<string> Unsteady(string code)
    {
        Dictionary<string, string> known = Imports(code);
        foreach (string module in known.Values.Where(module => Network().IsMatch(module)))
        {
            yield return "import " + module;
        }

        string[] used = [.. Chain().Matches(code).Select(match => FullName(match, known)).OfType<string>()];
        bool seeded = used.Any(name => name is "random.seed()" or "numpy.random.seed()");
        foreach (string name in used)
        {
            string bare = name.TrimEnd('(', ')');
            if (Unsteadily().IsMatch(bare) && !(seeded && Chance().IsMatch(bare)))
            {
                yield return bare;
            }
            else if (name is "random.Random" or "numpy.random.default_rng" or "numpy.random.RandomState")
            {
                yield return bare + " without a seed";
            }
        }
    }

    // Local names and what they stand for: "import numpy as np", "from random import choice as pick".
    private static Dictionary<string, string> Imports(string code)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match match in Import().Matches(code))
        {
            string module = match.Groups["from"].Value;
            foreach (string part in match.Groups["names"].Value.Split(','))
            {
                string[] words = part.Split([' ', '\t', '(', ')', '\r', '\n', '\\'], StringSplitOptions.RemoveEmptyEntries);
                if (words.Length == 0)
                {
                    continue;
                }

                string full = module.Length == 0 ? words[0] : words[0] == "*" ? module : $"{module}.{words[0]}";

                // "import urllib.request" binds "urllib", and what is used of it is seen where it is used; the module itself counts for the network.
                known[words is [_, "as", var alias] ? alias : words[0]] = full;
            }
        }

        return known;
    }

    // A call with arguments ends with "()": Random(0) is seeded, Random() is not.
    private static string? FullName(Match match, Dictionary<string, string> known)
    {
        if (!known.TryGetValue(match.Groups[1].Value, out string? full))
        {
            return null;
        }

        return full + string.Concat(match.Groups[2].Value.Where(letter => !char.IsWhiteSpace(letter))) + (match.Groups[3].Success ? "()" : string.Empty);
    }

    [GeneratedRegex(@"(?:^|(?<=[;:\n]))[ \t]*(?:from[ \t]+(?<from>[\w.]+)[ \t]+)?import[ \t]+(?<names>\([^)]*\)|[^\n;]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Import();

    [GeneratedRegex(@"(?<![\w.])([A-Za-z_]\w*)((?:\s*\.\s*\w+)*)(\s*\(\s*[^\s)])?", RegexOptions.CultureInvariant)]
    private static partial Regex Chain();

    [GeneratedRegex(@"^(socket|ssl|requests|httpx|aiohttp|urllib3|urllib\.request|http\.client|ftplib|smtplib|poplib|imaplib|telnetlib|websockets?|openai|anthropic|boto3)(\.|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex Network();

    [GeneratedRegex(@"^(time\.(time|perf_counter|monotonic|process_time|thread_time|clock_gettime|localtime|gmtime|ctime)(_ns)?|datetime(\.datetime|\.date)?\.(now|utcnow|today)|random\.(?!Random\z|seed\z|getstate\z|setstate\z)\w+|numpy\.random\.(?!seed\z|default_rng\z|RandomState\z|Generator\z|PCG64\z)\w+|secrets\.\w+|uuid\.uuid[14]|os\.(urandom|getrandom|times)|locale\.\w+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Unsteadily();

    [GeneratedRegex(@"^(numpy\.)?random\.(?!SystemRandom)", RegexOptions.CultureInvariant)]
    private static partial Regex Chance();
}
