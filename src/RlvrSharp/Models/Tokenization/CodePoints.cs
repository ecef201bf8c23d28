using System.Globalization;
using System.Text;

namespace RlvrSharp.Models.Tokenization;

/// <summary>Unicode questions asked of whole code points, as tokenizers ask them; never by culture.</summary>
internal static class CodePoints
{
    private static readonly int[][] FoldGroups =
    [
        ['k', 'K', 0x212A], ['s', 'S', 0x17F], [0xE5, 0xC5, 0x212B], [0xDF, 0x1E9E], [0x3C9, 0x3A9, 0x2126], [0xB5, 0x3BC, 0x39C],
        [0x3B8, 0x398, 0x3D1, 0x3F4], [0x3C3, 0x3C2, 0x3A3], [0x3B2, 0x392, 0x3D0], [0x3B5, 0x395, 0x3F5], [0x3BA, 0x39A, 0x3F0],
        [0x3C0, 0x3A0, 0x3D6], [0x3C1, 0x3A1, 0x3F1], [0x3C6, 0x3A6, 0x3D5], [0x3B9, 0x399, 0x345, 0x1FBE], [0x1E61, 0x1E60, 0x1E9B],
        [0x1C4, 0x1C5, 0x1C6], [0x1C7, 0x1C8, 0x1C9], [0x1CA, 0x1CB, 0x1CC], [0x1F1, 0x1F2, 0x1F3],
    ];

    /// <summary>The code point that begins at a position, and its length in chars.</summary>
    public static int At(ReadOnlySpan<char> text, int position, out int length)
    {
        char first = text[position];
        if (char.IsHighSurrogate(first) && position + 1 < text.Length && char.IsLowSurrogate(text[position + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(first, text[position + 1]);
        }

        length = 1;
        return first;
    }

    /// <summary>The code point that ends at a position, and its length in chars.</summary>
    public static int Before(ReadOnlySpan<char> text, int position, out int length)
    {
        char last = text[position - 1];
        if (char.IsLowSurrogate(last) && position >= 2 && char.IsHighSurrogate(text[position - 2]))
        {
            length = 2;
            return char.ConvertToUtf32(text[position - 2], last);
        }

        length = 1;
        return last;
    }

    /// <summary>The property White_Space: the controls from tab to carriage return and U+0085 are in, U+200B and U+001C to U+001F are not.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint is (>= 9 and <= 13) or 32 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    public static UnicodeCategory Category(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint);

    /// <summary>N: decimal digits, letter numbers, other numbers.</summary>
    public static bool IsNumeric(int codePoint) => Category(codePoint) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>M: nonspacing, spacing and enclosing marks.</summary>
    public static bool IsMark(int codePoint) => Category(codePoint) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>ASCII punctuation and symbols, or P beyond ASCII.</summary>
    public static bool IsPunctuation(int codePoint) => codePoint < 128
        ? codePoint is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : Category(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>What regular expressions call a word character: Alphabetic, marks, decimal digits, connectors.</summary>
    public static bool IsWord(int codePoint) => Category(codePoint) switch
    {
        <= UnicodeCategory.OtherLetter => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };

    /// <summary>Oniguruma's <c>\w</c> outside brackets, which takes the numbers of Latin-1 in.</summary>
    public static bool IsPatternWord(int codePoint) => codePoint is 0xB2 or 0xB3 or 0xB9 or 0xBC or 0xBD or 0xBE || IsWord(codePoint);

    /// <summary>A word character, or a joiner that holds two together: what may not touch a token that is a single word.</summary>
    public static bool IsWordOrJoiner(int codePoint) => codePoint is 0x200C or 0x200D || IsWord(codePoint);

    /// <summary>The code points that a case-insensitive pattern takes for one another, itself included.</summary>
    public static IEnumerable<int> CaseVariants(int codePoint)
    {
        var variants = new HashSet<int> { codePoint };
        if (Rune.IsValid(codePoint))
        {
            variants.Add(Rune.ToLowerInvariant(new Rune(codePoint)).Value);
            variants.Add(Rune.ToUpperInvariant(new Rune(codePoint)).Value);
        }

        foreach (int[] group in FoldGroups)
        {
            if (group.Any(variants.Contains))
            {
                variants.UnionWith(group);
            }
        }

        return variants;
    }

    /// <summary>The text with every lone surrogate replaced by U+FFFD, as UTF-8 would have it.</summary>
    public static string WellFormed(ReadOnlySpan<char> text)
    {
        int bad = -1;
        for (int i = text.IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length;)
        {
            int codePoint = At(text, i, out int length);
            if (codePoint is >= 0xD800 and <= 0xDFFF)
            {
                bad = i;
                break;
            }

            int next = text[(i + length)..].IndexOfAnyInRange('\uD800', '\uDFFF');
            i = next < 0 ? text.Length : i + length + next;
        }

        if (bad < 0)
        {
            return text.ToString();
        }

        char[] copy = text.ToArray();
        for (int i = bad; i < copy.Length;)
        {
            if (At(copy, i, out int length) is >= 0xD800 and <= 0xDFFF)
            {
                copy[i] = '\uFFFD';
            }

            i += length;
        }

        return new string(copy);
    }
}
