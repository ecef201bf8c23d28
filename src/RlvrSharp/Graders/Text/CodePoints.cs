namespace RlvrSharp.Graders.Text;

/// <summary>Texts as Unicode code points, which is what the reference packages count.</summary>
internal static class CodePoints
{
    /// <summary>The code points of a text; half a surrogate pair stands for itself.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>One number a code point.</returns>
    public static int[] Of(string text)
    {
        var points = new int[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                points[count++] = char.ConvertToUtf32(text[i], text[i + 1]);
                i++;
            }
            else
            {
                points[count++] = text[i];
            }
        }

        return count == points.Length ? points : points[..count];
    }

    /// <summary>The words between white space, without empty ones, as Python's <c>str.split()</c> gives them.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The words.</returns>
    public static List<string> Words(string text)
    {
        var words = new List<string>();
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || IsSpace(text[i]);
            if (space && start >= 0)
            {
                words.Add(text[start..i]);
                start = -1;
            }
            else if (!space && start < 0)
            {
                start = i;
            }
        }

        return words;
    }

    /// <summary>The words as code points.</summary>
    /// <param name="text">Code points.</param>
    /// <returns>The words.</returns>
    public static List<int[]> Words(int[] text)
    {
        var words = new List<int[]>();
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || (text[i] <= char.MaxValue && IsSpace((char)text[i]));
            if (space && start >= 0)
            {
                words.Add(text[start..i]);
                start = -1;
            }
            else if (!space && start < 0)
            {
                start = i;
            }
        }

        return words;
    }

    /// <summary>White space as Python has it: .NET's and the four information separators.</summary>
    /// <param name="letter">A UTF-16 unit.</param>
    /// <returns>Whether it separates words.</returns>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\u001C' and <= '\u001F';
}
