using System.Text;

namespace RlvrSharp.Graders.Lint;

/// <summary>Source text without what does not run.</summary>
internal static class SourceText
{
    /// <summary>The source with comments and the insides of texts blanked out; lines and columns stay.</summary>
    /// <param name="source">Python or C#.</param>
    /// <param name="python">Which of the two.</param>
    /// <returns>Text of the same length.</returns>
    public static string CodeOnly(string source, bool python)
    {
        var code = new StringBuilder(source);
        int at = 0;
        while (at < source.Length)
        {
            int end = python ? PythonEnd(source, at) : CSharpEnd(source, at);
            if (end == at)
            {
                at++;
                continue;
            }

            for (int i = at; i < end; i++)
            {
                code[i] = source[i] is '\n' or '\r' ? source[i] : ' ';
            }

            at = end;
        }

        return code.ToString();
    }

    /// <summary>Where the bracket that opens at a place is closed, or the end of the text.</summary>
    /// <param name="code">What <see cref="CodeOnly"/> gave.</param>
    /// <param name="open">The place of the opening bracket.</param>
    /// <returns>The place of the closing one.</returns>
    public static int Close(string code, int open)
    {
        (char one, char other) = code[open] == '{' ? ('{', '}') : ('(', ')');
        int depth = 0;
        for (int i = open; i < code.Length; i++)
        {
            depth += code[i] == one ? 1 : code[i] == other ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return code.Length;
    }

    // The end of a comment or text that begins at a place; the place itself where none does.
    private static int PythonEnd(string text, int at)
    {
        if (text[at] == '#')
        {
            return LineEnd(text, at);
        }

        if (text[at] is not ('"' or '\''))
        {
            return at;
        }

        string three = new(text[at], 3);
        return string.CompareOrdinal(text, at, three, 0, 3) == 0 ? Ended(text, at + 3, three, escapes: true) : Quoted(text, at + 1, text[at]);
    }

    private static int CSharpEnd(string text, int at)
    {
        if (string.CompareOrdinal(text, at, "//", 0, 2) == 0)
        {
            return LineEnd(text, at);
        }

        if (string.CompareOrdinal(text, at, "/*", 0, 2) == 0)
        {
            return Ended(text, at + 2, "*/", escapes: false);
        }

        if (text[at] == '\'')
        {
            return Quoted(text, at + 1, '\'');
        }

        if (text[at] != '"')
        {
            return at;
        }

        int quotes = 1;
        while (at + quotes < text.Length && text[at + quotes] == '"')
        {
            quotes++;
        }

        bool verbatim = at > 0 && (text[at - 1] == '@' || (at > 1 && text[at - 1] == '$' && text[at - 2] == '@'));
        return quotes >= 3 && !verbatim ? Ended(text, at + quotes, new string('"', quotes), escapes: false)
            : verbatim ? Verbatim(text, at + 1)
            : Quoted(text, at + 1, '"');
    }

    private static int LineEnd(string text, int at) => text.IndexOf('\n', at) is var end and >= 0 ? end : text.Length;

    private static int Ended(string text, int from, string mark, bool escapes)
    {
        for (int i = from; i < text.Length; i++)
        {
            if (escapes && text[i] == '\\')
            {
                i++;
            }
            else if (string.CompareOrdinal(text, i, mark, 0, mark.Length) == 0)
            {
                return i + mark.Length;
            }
        }

        return text.Length;
    }

    private static int Quoted(string text, int from, char mark)
    {
        for (int i = from; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == mark)
            {
                return i + 1;
            }
        }

        return LineEnd(text, from);
    }

    private static int Verbatim(string text, int from)
    {
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == '"' && (i + 1 == text.Length || text[++i] != '"'))
            {
                return Math.Min(i, text.Length);
            }
        }

        return text.Length;
    }
}
