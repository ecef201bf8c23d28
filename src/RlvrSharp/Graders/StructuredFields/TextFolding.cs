using System.Text;

namespace RlvrSharp.Graders;

/// <summary>Which differences between two texts do not count.</summary>
[Flags]
internal enum TextFoldings
{
    None = 0,
    Case = 1,
    Punctuation = 2,
    Articles = 4,
    Compatibility = 8,
}

/// <summary>
/// Writes a text so that texts that should count as equal become equal, character by character: Unicode normal form C (or KC), white
/// space trimmed and each run of it one space, and what else is asked for. Everything is ordinal: no culture has a say.
/// </summary>
internal static class TextFolding
{
    /// <summary>Whether every surrogate has its partner; texts without that cannot be normalised.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (++i == text.Length || !char.IsSurrogatePair(text[i - 1], text[i])))
            {
                return false;
            }
        }

        return true;
    }

    public static string Fold(string text, TextFoldings foldings)
    {
        var key = new KeyBuffer(stackalloc char[128]);
        Fold(text, foldings, ref key);
        string folded = key.Written.ToString();
        key.Dispose();
        return folded;
    }

    public static void Fold(ReadOnlySpan<char> text, TextFoldings foldings, ref KeyBuffer key)
    {
        int start = key.Length;
        if (Ascii.IsValid(text))
        {
            FoldAscii(text, foldings, ref key);
        }
        else
        {
            NormalizationForm form = (foldings & TextFoldings.Compatibility) != 0 ? NormalizationForm.FormKC : NormalizationForm.FormC;
            FoldRunes(text.ToString().Normalize(form), foldings, ref key);
        }

        if (key.Length > start && key.Written[^1] == ' ')
        {
            key.Truncate(key.Length - 1);
        }

        if ((foldings & TextFoldings.Articles) != 0)
        {
            DropArticles(start, ref key);
        }
    }

    private static void FoldAscii(ReadOnlySpan<char> text, TextFoldings foldings, ref KeyBuffer key)
    {
        int start = key.Length;
        bool lower = (foldings & TextFoldings.Case) != 0;
        bool dropPunctuation = (foldings & TextFoldings.Punctuation) != 0;
        foreach (char character in text)
        {
            if (character is ' ' or (>= '\t' and <= '\r'))
            {
                AppendSpace(start, ref key);
            }
            else if (!dropPunctuation || !char.IsPunctuation(character))
            {
                key.Append(lower && char.IsAsciiLetterUpper(character) ? (char)(character | 0x20) : character);
            }
        }
    }

    private static void FoldRunes(string text, TextFoldings foldings, ref KeyBuffer key)
    {
        int start = key.Length;
        bool fold = (foldings & TextFoldings.Case) != 0;
        bool dropPunctuation = (foldings & TextFoldings.Punctuation) != 0;
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                AppendSpace(start, ref key);
            }
            else if (!dropPunctuation || !Rune.IsPunctuation(rune))
            {
                if (fold && Expand(rune.Value) is { } expansion)
                {
                    key.Append(expansion);
                }
                else
                {
                    // Up and down again folds what only one direction would miss, such as the two small sigmas.
                    Rune folded = fold ? Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)) : rune;
                    key.Append(units[..folded.EncodeToUtf16(units)]);
                }
            }
        }
    }

    /// <summary>The letters that Unicode's full case folding makes longer and that occur in ordinary text.</summary>
    private static string? Expand(int value) => value switch
    {
        0x00DF or 0x1E9E => "ss",
        0x0130 => "i\u0307",
        0x0149 => "\u02BCn",
        0x01F0 => "j\u030C",
        0x0587 => "\u0565\u0582",
        0xFB00 => "ff",
        0xFB01 => "fi",
        0xFB02 => "fl",
        0xFB03 => "ffi",
        0xFB04 => "ffl",
        0xFB05 or 0xFB06 => "st",
        _ => null,
    };

    private static void AppendSpace(int start, ref KeyBuffer key)
    {
        if (key.Length > start && key.Written[^1] != ' ')
        {
            key.Append(' ');
        }
    }

    private static void DropArticles(int start, ref KeyBuffer key)
    {
        string[] words = key.Written[start..].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        key.Truncate(start);
        foreach (string word in words)
        {
            if (word.ToUpperInvariant() is not ("A" or "AN" or "THE"))
            {
                if (key.Length > start)
                {
                    key.Append(' ');
                }

                key.Append(word);
            }
        }
    }
}
