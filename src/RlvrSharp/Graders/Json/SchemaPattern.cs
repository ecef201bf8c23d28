using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>
/// The patterns of a JSON Schema are ECMAScript's: <c>$</c> is the very end, <c>\d</c>, <c>\w</c> and <c>\s</c> have its meaning, a letter is a code point,
/// and a backslash before a letter without meaning leaves that letter. Only <c>\p{…}</c> and <c>\b</c> keep the platform's meaning.
/// </summary>
internal sealed class SchemaPattern
{
    private readonly string pattern;
    private readonly StringBuilder result;
    private int at;

    private SchemaPattern(string pattern) => (this.pattern, result) = (pattern, new StringBuilder(pattern.Length + 16));

    /// <summary>The pattern as the platform reads it.</summary>
    /// <param name="pattern">An ECMAScript pattern.</param>
    /// <returns>A regular expression that takes time in proportion to the text, so that no answer can hang the gate.</returns>
    /// <exception cref="ArgumentException">It is no pattern.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex Compile(string pattern) => new(new SchemaPattern(pattern).Translate(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private string Translate()
    {
        while (at < pattern.Length)
        {
            char letter = pattern[at];
            if (letter == '[')
            {
                at++;
                Class();
            }
            else if (letter == '\\' && at + 1 < pattern.Length)
            {
                at++;
                Escape();
            }
            else if (char.IsSurrogatePair(pattern, at))
            {
                Letter(char.ConvertToUtf32(pattern, at));
                at += 2;
            }
            else
            {
                at++;
                result.Append(letter switch { '$' => "\\z", '.' => new CodePointSet().Add("\n\n\r\r\u2028\u2029").Write(negated: true), _ => letter.ToString() });
            }
        }

        return result.ToString();
    }

    /// <summary>A letter as such; one beyond the first 65,536 is a pair of units, and repeated as one.</summary>
    private void Letter(int letter)
    {
        if (letter > char.MaxValue)
        {
            string pair = char.ConvertFromUtf32(letter);
            result.Append(CultureInfo.InvariantCulture, $"(?:\\u{(int)pair[0]:X4}\\u{(int)pair[1]:X4})");
        }
        else
        {
            result.Append(CultureInfo.InvariantCulture, $"\\u{letter:X4}");
        }
    }

    private void Escape()
    {
        char escaped = pattern[at];
        var set = new CodePointSet();
        if (TryShorthand(set))
        {
            result.Append(set.Write(negated: false));
        }
        else if (escaped is 'b' or 'B' or (>= '1' and <= '9') || (escaped == 'k' && Follows('<')))
        {
            // Back references are refused when it is compiled, with the reason.
            at++;
            result.Append('\\').Append(escaped);
        }
        else
        {
            Letter(OneLetter());
        }
    }

    private bool Follows(char letter) => at + 1 < pattern.Length && pattern[at + 1] == letter;

    /// <summary>Reads the escape of a set of letters, such as the d of \d.</summary>
    private bool TryShorthand(CodePointSet set)
    {
        char escaped = pattern[at];
        string? ranges = escaped switch
        {
            'd' or 'D' => "09",
            'w' or 'W' => "09AZ__az",
            's' or 'S' => "\t\r  \u00A0\u00A0\u1680\u1680\u2000\u200A\u2028\u2029\u202F\u202F\u205F\u205F\u3000\u3000\uFEFF\uFEFF",
            _ => null,
        };
        if (ranges is not null)
        {
            at++;
            _ = char.IsAsciiLetterUpper(escaped) ? set.AddOthers(ranges) : set.Add(ranges);
            return true;
        }

        int end = escaped is 'p' or 'P' && Follows('{') ? pattern.IndexOf('}', at) : -1;
        if (end < 0)
        {
            return false;
        }

        set.AddCategory($"\\{pattern[at..(end + 1)]}");
        at = end + 1;
        return true;
    }

    /// <summary>Reads the escape of one letter.</summary>
    private int OneLetter()
    {
        if (char.IsSurrogatePair(pattern, at))
        {
            at += 2;
            return char.ConvertToUtf32(pattern, at - 2);
        }

        char escaped = pattern[at++];
        switch (escaped)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'v': return '\v';
            case 'f': return '\f';
            case '0': return '\0';
            case 'c' when at < pattern.Length && char.IsAsciiLetter(pattern[at]): return pattern[at++] % 32;
            case 'x' when TryHex(2, out int value): return value;
            case 'u' when at < pattern.Length && pattern[at] == '{': return Braced();
            case 'u' when TryHex(4, out int first):
                int back = at;
                if (char.IsHighSurrogate((char)first) && pattern.AsSpan(at).StartsWith("\\u"))
                {
                    at += 2;
                    if (TryHex(4, out int second) && char.IsLowSurrogate((char)second))
                    {
                        return char.ConvertToUtf32((char)first, (char)second);
                    }

                    at = back;
                }

                return first;
            default: return escaped;
        }
    }

    private int Braced()
    {
        int end = pattern.IndexOf('}', at);
        if (end < 0 || !int.TryParse(pattern.AsSpan((at + 1)..end), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || value is < 0 or > 0x10FFFF)
        {
            throw new ArgumentException("\\u{…} wants the number of a letter, up to 10FFFF");
        }

        at = end + 1;
        return value;
    }

    private bool TryHex(int digits, out int value)
    {
        value = 0;
        if (at + digits > pattern.Length || !int.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        at += digits;
        return true;
    }

    /// <summary>Reads what stands in brackets. There ] always closes, and a second [ is a letter like others.</summary>
    private void Class()
    {
        bool negated = at < pattern.Length && pattern[at] == '^';
        at += negated ? 1 : 0;
        var set = new CodePointSet();
        while (at < pattern.Length && pattern[at] != ']')
        {
            int first = Member(set);
            if (at + 1 >= pattern.Length || pattern[at] != '-' || pattern[at + 1] == ']')
            {
                continue;
            }

            at++;
            int last = Member(set);
            if (first >= 0 && last >= 0)
            {
                set.Add(first, last);
            }
            else
            {
                // Beside a set of letters a hyphen is one itself.
                set.Add('-', '-');
            }
        }

        if (at >= pattern.Length)
        {
            throw new ArgumentException("a [ is never closed");
        }

        at++;
        result.Append(set.Write(negated));
    }

    /// <summary>Adds one member of a class; returns it where it is one letter, else -1.</summary>
    private int Member(CodePointSet set)
    {
        int letter;
        if (pattern[at] == '\\' && at + 1 < pattern.Length)
        {
            at++;
            if (TryShorthand(set))
            {
                return -1;
            }

            bool isBackspace = pattern[at] == 'b';
            letter = OneLetter();
            letter = isBackspace ? '\b' : letter;
        }
        else
        {
            letter = char.IsSurrogatePair(pattern, at) ? char.ConvertToUtf32(pattern, at) : pattern[at];
            at += letter > char.MaxValue ? 2 : 1;
        }

        set.Add(letter, letter);
        return letter;
    }
}
