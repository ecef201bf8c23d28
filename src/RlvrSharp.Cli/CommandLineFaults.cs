using System.CommandLine;
using System.Text.RegularExpressions;

namespace RlvrSharp.Cli;

/// <summary>What is wrong with a command line, in words a user can act on.</summary>
internal static partial class CommandLineFaults
{
    public static IReadOnlyList<string> Find(string[] args, ParseResult parsed)
    {
        List<string> faults = [.. EmptyValues(args)];
        return faults.Count > 0 ? faults : [.. parsed.Errors.Select(error => TypeName().Replace(error.Message, match => $"but must be {Words(match)}"))];
    }

    // What a script writes where a variable is not set. A text to be answered may be empty; a path may not.
    private static IEnumerable<string> EmptyValues(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = i == 0 ? "The first argument" : args[i - 1];
            if (args[i].Length == 0 && name is not ("--prompt" or "--system"))
            {
                yield return $"{name} is {(i == 0 ? "" : "followed by ")}an empty text: give a value (is a variable of your script unset?).";
            }
            else if (args[i].StartsWith("--", StringComparison.Ordinal) && args[i].EndsWith('=') && args[i] is not ("--prompt=" or "--system="))
            {
                yield return $"{args[i]} has no value: give one (is a variable of your script unset?).";
            }
        }
    }

    private static string Words(Match match)
    {
        string type = match.Groups["type"].Value;
        return type switch
        {
            _ when type.Contains("UInt64", StringComparison.Ordinal) => "a whole number, 0 or more.",
            _ when type.Contains("Int32", StringComparison.Ordinal) => "a whole number.",
            _ when type.Contains("Double", StringComparison.Ordinal) => "a number.",
            _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false.",
            _ => $"a {type[(type.LastIndexOf('.') + 1)..].Trim(']', '\'')}.",
        };
    }

    [GeneratedRegex(@"as expected type '(?<type>[^']*)'\.?")]
    private static partial Regex TypeName();
}
