using System.Globalization;
using System.Text;

namespace RlvrSharp.Graders.Json;

/// <summary>Lower-casing by Unicode's full, culture-free rules, so that a final sigma and the dotted I come out as in Python.</summary>
internal static class LowerCase
{
    private const char Sigma = '\u03A3';
    private const char DottedI = '\u0130';

    /// <summary>The text in lower case.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The lower-cased text.</returns>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAny(Sigma, DottedI))
        {
            return text.ToLowerInvariant();
        }

        var builder = new StringBuilder(text.Length + 4);
        int i = 0;
        foreach (char letter in text)
        {
            if (letter == DottedI)
            {
                builder.Append("i\u0307");
            }
            else if (letter == Sigma)
            {
                builder.Append(IsFinal(text, i) ? '\u03C2' : '\u03C3');
            }
            else
            {
                builder.Append(letter);
            }

            i++;
        }

        return builder.ToString().ToLowerInvariant();
    }

    // Final: a cased letter stands before it and none follows, looking through marks and apostrophes.
    private static bool IsFinal(string text, int at)
    {
        int before = at - 1;
        while (before >= 0 && IsIgnorable(text, before))
        {
            before--;
        }

        if (before < 0 || !IsCased(text, before))
        {
            return false;
        }

        int after = at + 1;
        while (after < text.Length && IsIgnorable(text, after))
        {
            after++;
        }

        return after >= text.Length || !IsCased(text, after);
    }

    private static bool IsIgnorable(string text, int at) =>
        text[at] is '\'' or '.' or ':' or '^' or '`' or '\u00A8' or '\u00AF' or '\u00B4' or '\u00B7' or '\u00B8' or '\u0387' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
        || CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static bool IsCased(string text, int at)
    {
        if (char.IsLowSurrogate(text[at]) && at > 0 && char.IsHighSurrogate(text[at - 1]))
        {
            at--;
        }

        return CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;
    }
}
