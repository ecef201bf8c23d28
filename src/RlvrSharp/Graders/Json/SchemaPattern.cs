using System.Text;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>The patterns of a JSON Schema are ECMAScript's: <c>$</c> is the very end, <c>\d</c> and <c>\w</c> know ASCII only, and a letter is a code point.</summary>
internal static class SchemaPattern
{
    // A letter beyond the first 65,536 is one letter, though it takes two UTF-16 units.
    private const string AllBut = "(?:[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|[^\\uD800-\\uDFFF";

    /// <summary>The pattern as the platform reads it.</summary>
    /// <param name="pattern">An ECMAScript pattern.</param>
    /// <returns>A regular expression that takes time in proportion to the text, so that no answer can hang the gate.</returns>
    /// <exception cref="ArgumentException">It is no pattern.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex Compile(string pattern) => new(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 16);
        bool inClass = false;
        bool negated = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char letter = pattern[i];
            if (letter == '\\' && i + 1 < pattern.Length)
            {
                char escaped = pattern[++i];
                result.Append((escaped, inClass) switch
                {
                    ('d', _) => inClass ? "0-9" : "[0-9]",
                    ('w', _) => inClass ? "A-Za-z0-9_" : "[A-Za-z0-9_]",
                    ('D', false) => $"{AllBut}0-9])",
                    ('W', false) => $"{AllBut}A-Za-z0-9_])",
                    ('S', false) => $"{AllBut}\\s])",
                    _ => $"\\{escaped}",
                });
            }
            else if (inClass)
            {
                // Only the first [ opens; within a class it is a letter like others.
                inClass = letter != ']';
                result.Append((letter, negated) switch { ('[', _) => "\\[", (']', true) => "])", _ => letter.ToString() });
            }
            else
            {
                inClass = letter == '[';
                negated = inClass && i + 1 < pattern.Length && pattern[i + 1] == '^';
                i += negated ? 1 : 0;
                result.Append(letter switch { '$' => "\\z", '.' => $"{AllBut}\\n\\r\\u2028\\u2029])", '[' when negated => AllBut, _ => letter.ToString() });
            }
        }

        return result.ToString();
    }
}
