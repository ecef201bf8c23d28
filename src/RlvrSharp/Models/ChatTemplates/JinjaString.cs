using System.Globalization;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>Strings as Python sees them: counted, cut and cased by code point, not by UTF-16 unit.</summary>
internal static class JinjaString
{
    /// <summary>White space, as Python's <c>str.isspace</c> has it.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>Appends one code point; a lone surrogate as it is.</summary>
    public static void Append(StringBuilder text, int codePoint)
    {
        if (codePoint > 0xFFFF)
        {
            text.Append(char.ConvertFromUtf32(codePoint));
        }
        else
        {
            text.Append((char)codePoint);
        }
    }

    /// <summary>Whether every character is one UTF-16 unit.</summary>
    public static bool IsFlat(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0;

    /// <summary>The number of code points.</summary>
    public static int Length(string text) => IsFlat(text) ? text.Length : CodePoints(text, 0, text.Length);

    /// <summary>The characters, each as a string.</summary>
    public static IEnumerable<string> Characters(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                yield return text.Substring(i++, 2);
            }
            else
            {
                yield return text[i].ToString();
            }
        }
    }

    /// <summary>The character at an index from 0, or null past the end.</summary>
    public static string? At(string text, int index)
    {
        if (IsFlat(text))
        {
            return index < text.Length && index >= 0 ? text[index].ToString() : null;
        }

        return index < 0 ? null : Characters(text).Skip(index).FirstOrDefault();
    }

    /// <summary>The code points between two places counted in UTF-16 units.</summary>
    public static int CodePoints(string text, int from, int to)
    {
        int count = 0;
        for (int i = from; i < to; i++)
        {
            if (!(char.IsLowSurrogate(text[i]) && i > from && char.IsHighSurrogate(text[i - 1])))
            {
                count++;
            }
        }

        return count;
    }

    /// <summary>Where the code point of an index begins, in UTF-16 units.</summary>
    public static int Offset(string text, int index)
    {
        if (IsFlat(text))
        {
            return Math.Min(index, text.Length);
        }

        int at = 0;
        for (; index > 0 && at < text.Length; index--)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        }

        return at;
    }

    /// <summary>Upper case, with the letters that become two.</summary>
    public static string Upper(string text)
    {
        string upper = text.ToUpperInvariant();
        if (upper.AsSpan().IndexOfAny("ßŉǰ") < 0 && upper.AsSpan().IndexOfAnyInRange('\uFB00', '\uFB06') < 0)
        {
            return upper;
        }

        var result = new StringBuilder();
        foreach (char c in upper)
        {
            result.Append(c switch
            {
                'ß' => "SS",
                'ŉ' => "ʼN",
                'ǰ' => "J\u030C",
                '\uFB00' => "FF",
                '\uFB01' => "FI",
                '\uFB02' => "FL",
                '\uFB03' => "FFI",
                '\uFB04' => "FFL",
                '\uFB05' or '\uFB06' => "ST",
                _ => c.ToString(),
            });
        }

        return result.ToString();
    }

    /// <summary>Lower case; a capital sigma at the end of a word becomes the final one.</summary>
    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        if (text.AsSpan().IndexOfAny('Σ', 'İ') < 0)
        {
            return lower;
        }

        var result = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == 'İ')
            {
                result.Append("i\u0307");
            }
            else if (text[i] == 'Σ')
            {
                bool final = i > 0 && char.IsLetter(text[i - 1]) && (i + 1 >= text.Length || !char.IsLetter(text[i + 1]));
                result.Append(final ? 'ς' : 'σ');
            }
            else
            {
                result.Append(lower[i]);
            }
        }

        return result.ToString();
    }

    /// <summary>First character up, the rest down.</summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        int first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        string head = Upper(text[..first]);
        head = head.Length > first ? head[..1] + Lower(head[1..]) : head;
        return head + Lower(text[first..]);
    }

    /// <summary>Python's <c>str.title</c>: every run of letters capitalized.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (char c in text)
        {
            bool cased = IsCased(c);
            result.Append(!cased ? c.ToString() : inWord ? Lower(c.ToString()) : Capitalize(c.ToString()));
            inWord = cased;
        }

        return result.ToString();
    }

    /// <summary>Whether a character has a case.</summary>
    public static bool IsCased(char c) =>
        CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    /// <summary>Strips white space (null) or the characters of a set from the ends.</summary>
    public static string Strip(string text, string? set, bool left, bool right)
    {
        if (set is not null && !IsFlat(set))
        {
            List<string> parts = [.. Characters(text)];
            HashSet<string> wanted = [.. Characters(set)];
            int first = 0;
            int last = parts.Count;
            while (left && first < last && wanted.Contains(parts[first]))
            {
                first++;
            }

            while (right && last > first && wanted.Contains(parts[last - 1]))
            {
                last--;
            }

            return string.Concat(parts.Skip(first).Take(last - first));
        }

        int start = 0;
        int end = text.Length;
        while (left && start < end && (set is null ? IsSpace(text[start]) : set.Contains(text[start], StringComparison.Ordinal)))
        {
            start++;
        }

        while (right && end > start && (set is null ? IsSpace(text[end - 1]) : set.Contains(text[end - 1], StringComparison.Ordinal)))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>The words between white space.</summary>
    public static List<string> SplitSpace(string text, int max)
    {
        List<string> parts = [];
        int at = 0;
        while (true)
        {
            while (at < text.Length && IsSpace(text[at]))
            {
                at++;
            }

            if (at >= text.Length)
            {
                return parts;
            }

            if (max >= 0 && parts.Count >= max)
            {
                parts.Add(text[at..]);
                return parts;
            }

            int start = at;
            while (at < text.Length && !IsSpace(text[at]))
            {
                at++;
            }

            parts.Add(text[start..at]);
        }
    }

    /// <summary>The words between white space, counted from the end.</summary>
    public static List<string> SplitSpaceFromEnd(string text, int max)
    {
        List<string> parts = [];
        int at = text.Length;
        while (true)
        {
            while (at > 0 && IsSpace(text[at - 1]))
            {
                at--;
            }

            if (at == 0)
            {
                break;
            }

            if (max >= 0 && parts.Count >= max)
            {
                parts.Add(text[..at]);
                break;
            }

            int end = at;
            while (at > 0 && !IsSpace(text[at - 1]))
            {
                at--;
            }

            parts.Add(text[at..end]);
        }

        parts.Reverse();
        return parts;
    }

    /// <summary>The parts between separators.</summary>
    public static List<string> Split(string text, string separator, int max, bool fromEnd)
    {
        List<string> parts = [];
        if (!fromEnd)
        {
            int start = 0;
            for (int at = text.IndexOf(separator, StringComparison.Ordinal); at >= 0 && (max < 0 || parts.Count < max); at = text.IndexOf(separator, start, StringComparison.Ordinal))
            {
                parts.Add(text[start..at]);
                start = at + separator.Length;
            }

            parts.Add(text[start..]);
            return parts;
        }

        int end = text.Length;
        while (max < 0 || parts.Count < max)
        {
            int at = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    /// <summary>The lines, without (or with) what ends them.</summary>
    public static List<string> SplitLines(string text, bool keepEnds)
    {
        List<string> lines = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029')
            {
                int end = text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? i + 2 : i + 1;
                lines.Add(text[start..(keepEnds ? end : i)]);
                start = end;
                i = end - 1;
            }
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary>Replaces, at most a number of times (all, where it is negative).</summary>
    public static string Replace(string text, string old, string with, int max)
    {
        if (max == 0)
        {
            return text;
        }

        if (old.Length > 0 && max < 0)
        {
            return text.Replace(old, with, StringComparison.Ordinal);
        }

        var result = new StringBuilder();
        if (old.Length == 0)
        {
            int done = 0;
            foreach (string character in Characters(text))
            {
                result.Append(max < 0 || done++ < max ? with : string.Empty).Append(character);
            }

            return result.Append(max < 0 || done < max ? with : string.Empty).ToString();
        }

        int start = 0;
        for (int at = text.IndexOf(old, StringComparison.Ordinal); at >= 0 && max-- > 0; at = text.IndexOf(old, start, StringComparison.Ordinal))
        {
            result.Append(text, start, at - start).Append(with);
            start = at + old.Length;
        }

        return result.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>How often a text occurs, without overlap.</summary>
    public static int Count(string text, string wanted)
    {
        if (wanted.Length == 0)
        {
            return Length(text) + 1;
        }

        int count = 0;
        for (int at = text.IndexOf(wanted, StringComparison.Ordinal); at >= 0; at = text.IndexOf(wanted, at + wanted.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    /// <summary>Compares by code point.</summary>
    public static int Compare(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        int at = left.AsSpan(0, length).CommonPrefixLength(right.AsSpan(0, length));
        if (at == length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // Surrogates stand for code points above all others, though their units sort below U+E000.
        bool highLeft = char.IsSurrogate(left[at]);
        bool highRight = char.IsSurrogate(right[at]);
        return highLeft == highRight ? left[at].CompareTo(right[at]) : highLeft ? 1 : -1;
    }
}
