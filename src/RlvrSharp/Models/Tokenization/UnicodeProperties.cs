using System.Globalization;

namespace RlvrSharp.Models.Tokenization;

/// <summary>The properties that patterns name in <c>\p{…}</c>: general categories, a few derived ones and the scripts seen in tokenizers.</summary>
internal static class UnicodeProperties
{
    private static readonly string[] Short = ["lu", "ll", "lt", "lm", "lo", "mn", "mc", "me", "nd", "nl", "no", "zs", "zl", "zp", "cc", "cf", "cs", "co", "pc", "pd", "ps", "pe", "pi", "pf", "po", "sm", "sc", "sk", "so", "cn"];

    private static readonly Dictionary<string, string> Long = new(StringComparer.Ordinal)
    {
        ["letter"] = "l", ["uppercaseletter"] = "lu", ["lowercaseletter"] = "ll", ["titlecaseletter"] = "lt", ["modifierletter"] = "lm", ["otherletter"] = "lo",
        ["mark"] = "m", ["combiningmark"] = "m", ["nonspacingmark"] = "mn", ["spacingmark"] = "mc", ["enclosingmark"] = "me",
        ["number"] = "n", ["decimalnumber"] = "nd", ["digit"] = "nd", ["letternumber"] = "nl", ["othernumber"] = "no",
        ["separator"] = "z", ["spaceseparator"] = "zs", ["lineseparator"] = "zl", ["paragraphseparator"] = "zp",
        ["other"] = "c", ["control"] = "cc", ["cntrl"] = "cc", ["format"] = "cf", ["surrogate"] = "cs", ["privateuse"] = "co", ["unassigned"] = "cn",
        ["punctuation"] = "p", ["connectorpunctuation"] = "pc", ["dashpunctuation"] = "pd", ["openpunctuation"] = "ps", ["closepunctuation"] = "pe",
        ["initialpunctuation"] = "pi", ["finalpunctuation"] = "pf", ["otherpunctuation"] = "po",
        ["symbol"] = "s", ["mathsymbol"] = "sm", ["currencysymbol"] = "sc", ["modifiersymbol"] = "sk", ["othersymbol"] = "so",
    };

    // Block-wise ranges of the scripts (Unicode 16, Scripts.txt), as pairs of first and last.
    private static readonly Dictionary<string, int[]> Scripts = new(StringComparer.Ordinal)
    {
        ["han"] = [0x2E80, 0x2E99, 0x2E9B, 0x2EF3, 0x2F00, 0x2FD5, 0x3005, 0x3005, 0x3007, 0x3007, 0x3021, 0x3029, 0x3038, 0x303B, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFA6D, 0xFA70, 0xFAD9, 0x16FE2, 0x16FE3, 0x16FF0, 0x16FF1, 0x20000, 0x2A6DF, 0x2A700, 0x2B739, 0x2B740, 0x2B81D, 0x2B820, 0x2CEA1, 0x2CEB0, 0x2EBE0, 0x2EBF0, 0x2EE5D, 0x2F800, 0x2FA1D, 0x30000, 0x3134A, 0x31350, 0x323AF],
        ["hiragana"] = [0x3041, 0x3096, 0x309D, 0x309F, 0x1B001, 0x1B11F, 0x1B132, 0x1B132, 0x1B150, 0x1B152, 0x1F200, 0x1F200],
        ["katakana"] = [0x30A1, 0x30FA, 0x30FD, 0x30FF, 0x31F0, 0x31FF, 0x32D0, 0x32FE, 0x3300, 0x3357, 0xFF66, 0xFF6F, 0xFF71, 0xFF9D, 0x1AFF0, 0x1AFF3, 0x1AFF5, 0x1AFFB, 0x1AFFD, 0x1AFFE, 0x1B000, 0x1B000, 0x1B120, 0x1B122, 0x1B155, 0x1B155, 0x1B164, 0x1B167],
        ["hangul"] = [0x1100, 0x11FF, 0x302E, 0x302F, 0x3131, 0x318E, 0x3200, 0x321E, 0x3260, 0x327E, 0xA960, 0xA97C, 0xAC00, 0xD7A3, 0xD7B0, 0xD7C6, 0xD7CB, 0xD7FB, 0xFFA0, 0xFFBE, 0xFFC2, 0xFFC7, 0xFFCA, 0xFFCF, 0xFFD2, 0xFFD7, 0xFFDA, 0xFFDC],
        ["latin"] = [0x41, 0x5A, 0x61, 0x7A, 0xAA, 0xAA, 0xBA, 0xBA, 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2B8, 0x2E0, 0x2E4, 0x1D00, 0x1D25, 0x1D2C, 0x1D5C, 0x1D62, 0x1D65, 0x1D6B, 0x1D77, 0x1D79, 0x1DBE, 0x1E00, 0x1EFF, 0x2071, 0x2071, 0x207F, 0x207F, 0x2090, 0x209C, 0x212A, 0x212B, 0x2132, 0x2132, 0x214E, 0x214E, 0x2160, 0x2188, 0x2C60, 0x2C7F, 0xA722, 0xA787, 0xA78B, 0xA7CD, 0xA7D0, 0xA7D1, 0xA7D3, 0xA7D3, 0xA7D5, 0xA7DC, 0xA7F2, 0xA7FF, 0xAB30, 0xAB5A, 0xAB5C, 0xAB64, 0xAB66, 0xAB69, 0xFB00, 0xFB06, 0xFF21, 0xFF3A, 0xFF41, 0xFF5A, 0x10780, 0x10785, 0x10787, 0x107B0, 0x107B2, 0x107BA, 0x1DF00, 0x1DF1E, 0x1DF25, 0x1DF2A],
        ["cyrillic"] = [0x400, 0x484, 0x487, 0x52F, 0x1C80, 0x1C8A, 0x1D2B, 0x1D2B, 0x1D78, 0x1D78, 0x2DE0, 0x2DFF, 0xA640, 0xA69F, 0xFE2E, 0xFE2F, 0x1E030, 0x1E06D, 0x1E08F, 0x1E08F],
        ["greek"] = [0x370, 0x373, 0x375, 0x377, 0x37A, 0x37D, 0x37F, 0x37F, 0x384, 0x384, 0x386, 0x386, 0x388, 0x38A, 0x38C, 0x38C, 0x38E, 0x3A1, 0x3A3, 0x3E1, 0x3F0, 0x3FF, 0x1D26, 0x1D2A, 0x1D5D, 0x1D61, 0x1D66, 0x1D6A, 0x1DBF, 0x1DBF, 0x1F00, 0x1F15, 0x1F18, 0x1F1D, 0x1F20, 0x1F45, 0x1F48, 0x1F4D, 0x1F50, 0x1F57, 0x1F59, 0x1F59, 0x1F5B, 0x1F5B, 0x1F5D, 0x1F5D, 0x1F5F, 0x1F7D, 0x1F80, 0x1FB4, 0x1FB6, 0x1FC4, 0x1FC6, 0x1FD3, 0x1FD6, 0x1FDB, 0x1FDD, 0x1FEF, 0x1FF2, 0x1FF4, 0x1FF6, 0x1FFE, 0x2126, 0x2126, 0xAB65, 0xAB65, 0x10140, 0x1018E, 0x101A0, 0x101A0, 0x1D200, 0x1D245],
        ["thai"] = [0xE01, 0xE3A, 0xE40, 0xE5B],
    };

    /// <summary>The question that a property name stands for, or null for a name that is not known.</summary>
    public static Func<int, bool>? Find(string name)
    {
        string key = new([.. name.Where(character => character is not ('_' or '-' or ' ')).Select(char.ToLowerInvariant)]);
        foreach (string prefix in (string[])["generalcategory=", "gc=", "script=", "sc="])
        {
            key = key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : key;
        }

        key = Long.GetValueOrDefault(key, key);
        int mask = 0;
        for (int category = 0; category < Short.Length; category++)
        {
            if (Short[category] == key || (key.Length == 1 && Short[category][0] == key[0]) || (key is "l&" or "lc" && category < 3))
            {
                mask |= 1 << category;
            }
        }

        if (mask != 0)
        {
            return codePoint => (mask >> (int)CodePoints.Category(codePoint) & 1) != 0;
        }

        if (Scripts.TryGetValue(key, out int[]? ranges))
        {
            return codePoint => InRanges(codePoint, ranges) && CodePoints.Category(codePoint) != UnicodeCategory.OtherNotAssigned;
        }

        return key switch
        {
            "any" => _ => true,
            "ascii" => codePoint => codePoint < 128,
            "alphabetic" or "alpha" => IsAlphabetic,
            "alnum" => codePoint => IsAlphabetic(codePoint) || CodePoints.Category(codePoint) == UnicodeCategory.DecimalDigitNumber,
            "upper" or "uppercase" => IsUppercase,
            "lower" or "lowercase" => IsLowercase,
            "whitespace" or "space" => CodePoints.IsWhiteSpace,
            "blank" => codePoint => codePoint == '\t' || CodePoints.Category(codePoint) == UnicodeCategory.SpaceSeparator,
            "word" => CodePoints.IsPatternWord,
            "punct" => Find("p"),
            "graph" => codePoint => !CodePoints.IsWhiteSpace(codePoint) && CodePoints.Category(codePoint) is not (UnicodeCategory.Control or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate),
            "print" => codePoint => CodePoints.Category(codePoint) is not (UnicodeCategory.Control or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator),
            "xdigit" => codePoint => codePoint < 128 && char.IsAsciiHexDigit((char)codePoint),
            _ => null,
        };
    }

    /// <summary>The question that a bracketed name such as <c>[:punct:]</c> stands for; two differ from <c>\p{…}</c>.</summary>
    public static Func<int, bool>? FindBracketed(string name) => name switch
    {
        "word" => CodePoints.IsWord,
        "punct" => codePoint => CodePoints.Category(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherSymbol,
        _ => Find(name),
    };

    // Of the marks, the vowel signs count as letters; .NET does not say which they are, but nearly all spacing marks are.
    private static bool IsAlphabetic(int codePoint) => CodePoints.Category(codePoint) switch
    {
        <= UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.SpacingCombiningMark => true,
        UnicodeCategory.OtherSymbol => CodePoints.IsWord(codePoint),
        _ => codePoint == 0x345,
    };

    private static bool IsUppercase(int codePoint) => CodePoints.Category(codePoint) == UnicodeCategory.UppercaseLetter
        || codePoint is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static bool IsLowercase(int codePoint) => CodePoints.Category(codePoint) == UnicodeCategory.LowercaseLetter
        || codePoint is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345 or 0x37A or (>= 0x1D2C and <= 0x1D6A) or 0x1D78
            or (>= 0x1D9B and <= 0x1DBF) or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C) or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9);

    private static bool InRanges(int codePoint, int[] ranges)
    {
        for (int i = 0; i < ranges.Length; i += 2)
        {
            if (codePoint >= ranges[i] && codePoint <= ranges[i + 1])
            {
                return true;
            }
        }

        return false;
    }
}
