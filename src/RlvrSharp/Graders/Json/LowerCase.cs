using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace RlvrSharp.Graders.Json;

/// <summary>Lower-casing by Unicode's full, culture-free rules, so that a final sigma and the dotted I come out as in Python.</summary>
internal static class LowerCase
{
    private const char Sigma = '\u03A3';
    private const char DottedI = '\u0130';

    // Unicode's word-break classes MidLetter, MidNumLet and Single_Quote.
    private static readonly FrozenSet<int> MidWord = new[]
    {
        0x27, 0x2E, 0x3A, 0xB7, 0x387, 0x55F, 0x5F4, 0x2018, 0x2019, 0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A,
    }.ToFrozenSet();

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
    private static bool IsFinal(string text, int at) => IsCasedBefore(text, at) && !IsCasedFrom(text, at + 1);

    private static bool IsCasedBefore(string text, int end)
    {
        while (Rune.DecodeLastFromUtf16(text.AsSpan(0, end), out Rune rune, out int length) == OperationStatus.Done)
        {
            if (!IsIgnorable(rune))
            {
                return IsCased(rune);
            }

            end -= length;
        }

        return false;
    }

    private static bool IsCasedFrom(string text, int start)
    {
        while (Rune.DecodeFromUtf16(text.AsSpan(start), out Rune rune, out int length) == OperationStatus.Done)
        {
            if (!IsIgnorable(rune))
            {
                return IsCased(rune);
            }

            start += length;
        }

        return false;
    }

    private static bool IsIgnorable(Rune rune) =>
        MidWord.Contains(rune.Value)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    // Besides letters with a case: ordinals, Roman numerals, and letters in circles and squares.
    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
