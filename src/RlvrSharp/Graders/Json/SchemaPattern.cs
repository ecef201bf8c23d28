using System.Text;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>The patterns of a JSON Schema are ECMAScript's: <c>$</c> is the very end, <c>\d</c> and <c>\w</c> know ASCII only.</summary>
internal static class SchemaPattern
{
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
        for (int i = 0; i < pattern.Length; i++)
        {
            char letter = pattern[i];
            if (letter == '\\' && i + 1 < pattern.Length)
            {
                char escaped = pattern[++i];
                result.Append(escaped switch
                {
                    'd' => inClass ? "0-9" : "[0-9]",
                    'D' when !inClass => "[^0-9]",
                    'w' => inClass ? "A-Za-z0-9_" : "[A-Za-z0-9_]",
                    'W' when !inClass => "[^A-Za-z0-9_]",
                    _ => $"\\{escaped}",
                });
                continue;
            }

            // Only the first [ opens; within a class it is a letter like others.
            result.Append(letter switch
            {
                '$' when !inClass => "\\z",
                '[' when inClass => "\\[",
                _ => letter.ToString(),
            });
            inClass = letter == ']' ? false : inClass || letter == '[';
        }

        return result.ToString();
    }
}
