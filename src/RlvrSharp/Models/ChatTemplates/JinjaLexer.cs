using System.Globalization;
using System.Numerics;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>
/// Cuts a template into tokens, with the white-space rules that chat templates are written for: the newline after a block or a comment
/// goes (trim_blocks), white space before a block or a comment that begins its line goes (lstrip_blocks), <c>-</c> strips all of it, <c>+</c> keeps it.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] LongOperators = ["//", "**", "==", "!=", ">=", "<="];

    private readonly string source;
    private readonly List<JinjaToken> tokens = [];
    private readonly List<int> lineStarts = [0];
    private int position;

    private JinjaLexer(string source)
    {
        this.source = source;
        for (int i = 0; i < source.Length; i++)
        {
            if (source[i] == '\n')
            {
                lineStarts.Add(i + 1);
            }
        }
    }

    /// <summary>Cuts a template.</summary>
    public static List<JinjaToken> Tokenize(string source)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.EndsWith('\n'))
        {
            text = text[..^1];
        }

        var lexer = new JinjaLexer(text);
        lexer.Run();
        return lexer.tokens;
    }

    private void Run()
    {
        bool lineStarting = true;
        while (position < source.Length)
        {
            int tag = FindTag(position);
            if (tag < 0)
            {
                AddData(position, source.Length);
                break;
            }

            char kind = source[tag + 1];
            char sign = tag + 2 < source.Length && source[tag + 2] is '-' or '+' ? source[tag + 2] : '\0';
            int end = tag;
            if (sign == '-')
            {
                while (end > position && JinjaString.IsSpace(source[end - 1]))
                {
                    end--;
                }
            }
            else if (sign != '+' && kind != '{')
            {
                int lineStart = source.LastIndexOf('\n', Math.Max(tag - 1, 0), Math.Max(tag - position, 0)) + 1;
                lineStart = Math.Max(lineStart, position);
                if ((lineStart > position || lineStarting) && lineStart < tag && SkipSpace(lineStart) >= tag)
                {
                    end = lineStart;
                }
            }

            AddData(position, end);
            position = tag + 2 + (sign == '\0' ? 0 : 1);
            switch (kind)
            {
                case '#':
                    SkipComment(tag);
                    break;
                case '{':
                    Add(JinjaTokenKind.OutputBegin, tag);
                    LexTag(tag, output: true);
                    break;
                default:
                    if (TryRaw(tag))
                    {
                        break;
                    }

                    Add(JinjaTokenKind.BlockBegin, tag);
                    LexTag(tag, output: false);
                    break;
            }

            lineStarting = position > 0 && source[position - 1] == '\n';
        }

        Add(JinjaTokenKind.End, source.Length);
    }

    private int FindTag(int from)
    {
        for (int i = source.IndexOf('{', from); i >= 0 && i + 1 < source.Length; i = source.IndexOf('{', i + 1))
        {
            if (source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void SkipComment(int tag)
    {
        int end = source.IndexOf("#}", position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("The comment has no end '#}'.", tag);
        }

        char sign = end > position ? source[end - 1] : '\0';
        position = end + 2;
        AfterTag(sign);
    }

    // What follows a block or a comment: '-' eats all white space, '+' nothing, otherwise one newline goes.
    private void AfterTag(char sign)
    {
        if (sign == '-')
        {
            while (position < source.Length && JinjaString.IsSpace(source[position]))
            {
                position++;
            }
        }
        else if (sign != '+' && position < source.Length && source[position] == '\n')
        {
            position++;
        }
    }

    private bool TryRaw(int tag)
    {
        int at = SkipSpace(position);
        if (!source.AsSpan(at).StartsWith("raw", StringComparison.Ordinal))
        {
            return false;
        }

        at = SkipSpace(at + 3);
        bool strip = at < source.Length && source[at] == '-';
        at += strip ? 1 : 0;
        if (!source.AsSpan(at).StartsWith("%}", StringComparison.Ordinal))
        {
            return false;
        }

        int start = strip ? SkipSpace(at + 2) : at + 2;
        for (int i = source.IndexOf("{%", start, StringComparison.Ordinal); i >= 0; i = source.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            int name = i + 2;
            char before = name < source.Length && source[name] is '-' or '+' ? source[name] : '\0';
            name = SkipSpace(name + (before == '\0' ? 0 : 1));
            if (!source.AsSpan(name).StartsWith("endraw", StringComparison.Ordinal))
            {
                continue;
            }

            int close = SkipSpace(name + 6);
            char after = close < source.Length && source[close] is '-' or '+' ? source[close] : '\0';
            close += after == '\0' ? 0 : 1;
            if (!source.AsSpan(close).StartsWith("%}", StringComparison.Ordinal))
            {
                continue;
            }

            int end = i;
            if (before == '-')
            {
                while (end > start && JinjaString.IsSpace(source[end - 1]))
                {
                    end--;
                }
            }
            else if (before != '+')
            {
                int lineStart = end;
                while (lineStart > start && source[lineStart - 1] != '\n' && JinjaString.IsSpace(source[lineStart - 1]))
                {
                    lineStart--;
                }

                if (lineStart > start && source[lineStart - 1] == '\n')
                {
                    end = lineStart;
                }
            }

            AddData(start, end);
            position = close + 2;
            AfterTag(after);
            return true;
        }

        throw Error("The raw block has no '{% endraw %}'.", tag);
    }

    private int SkipSpace(int at)
    {
        while (at < source.Length && JinjaString.IsSpace(source[at]))
        {
            at++;
        }

        return at;
    }

    private void LexTag(int tag, bool output)
    {
        var brackets = new Stack<char>();
        while (true)
        {
            position = SkipSpace(position);
            if (position >= source.Length)
            {
                throw Error(output ? "The output tag has no end '}}'." : "The block tag has no end '%}'.", tag);
            }

            if (brackets.Count == 0 && TryEnd(output))
            {
                return;
            }

            int start = position;
            char c = source[position];
            if (char.IsAsciiDigit(c))
            {
                LexNumber();
            }
            else if (c == '_' || char.IsLetter(c))
            {
                while (position < source.Length && (source[position] == '_' || char.IsLetterOrDigit(source[position])))
                {
                    position++;
                }

                Add(JinjaTokenKind.Name, start, source[start..position]);
            }
            else if (c is '\'' or '"')
            {
                LexString(c);
            }
            else
            {
                LexOperator(c, brackets);
            }
        }
    }

    private bool TryEnd(bool output)
    {
        ReadOnlySpan<char> rest = source.AsSpan(position);
        char sign = rest[0] == '-' || (rest[0] == '+' && !output) ? rest[0] : '\0';
        if (!rest[(sign == '\0' ? 0 : 1)..].StartsWith(output ? "}}" : "%}", StringComparison.Ordinal))
        {
            return false;
        }

        Add(output ? JinjaTokenKind.OutputEnd : JinjaTokenKind.BlockEnd, position);
        position += sign == '\0' ? 2 : 3;
        AfterTag(output && sign == '\0' ? '+' : sign);
        return true;
    }

    private void LexOperator(char c, Stack<char> brackets)
    {
        int start = position;
        foreach (string two in LongOperators)
        {
            if (source.AsSpan(position).StartsWith(two, StringComparison.Ordinal))
            {
                position += 2;
                Add(JinjaTokenKind.Operator, start, two);
                return;
            }
        }

        switch (c)
        {
            case '(':
                brackets.Push(')');
                break;
            case '[':
                brackets.Push(']');
                break;
            case '{':
                brackets.Push('}');
                break;
            case ')' or ']' or '}':
                if (brackets.Count == 0 || brackets.Pop() != c)
                {
                    throw Error($"'{c}' closes nothing here.", start);
                }

                break;
            case '+' or '-' or '/' or '*' or '%' or '~' or '<' or '>' or '=' or '.' or ':' or '|' or ',' or ';':
                break;
            default:
                throw Error($"The character '{c}' (U+{(int)c:X4}) means nothing in a tag.", start);
        }

        position++;
        Add(JinjaTokenKind.Operator, start, c.ToString());
    }

    private void LexNumber()
    {
        int start = position;
        if (source[position] == '0' && position + 1 < source.Length && "xXoObB".Contains(source[position + 1], StringComparison.Ordinal))
        {
            int radix = source[position + 1] is 'x' or 'X' ? 16 : source[position + 1] is 'o' or 'O' ? 8 : 2;
            position += 2;
            BigInteger value = 0;
            int digits = 0;
            for (; position < source.Length && (source[position] == '_' || char.IsAsciiHexDigit(source[position])); position++)
            {
                if (source[position] != '_')
                {
                    int digit = Convert.ToInt32(source[position].ToString(), 16);
                    if (digit >= radix || ++digits > 1000)
                    {
                        throw Error("This number is not a number of its base.", start);
                    }

                    value = (value * radix) + digit;
                }
            }

            Add(JinjaTokenKind.Integer, start, source[start..position], JinjaNumber.Normalize(value));
            return;
        }

        SkipDigits();
        bool isFloat = false;
        bool afterDot = start > 0 && source[start - 1] == '.';
        if (!afterDot && position + 1 < source.Length && source[position] == '.' && char.IsAsciiDigit(source[position + 1]))
        {
            isFloat = true;
            position++;
            SkipDigits();
        }

        if (!afterDot && position < source.Length && source[position] is 'e' or 'E')
        {
            int exponent = position + 1;
            if (exponent < source.Length && source[exponent] is '+' or '-')
            {
                exponent++;
            }

            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                isFloat = true;
                position = exponent;
                SkipDigits();
            }
        }

        string text = source[start..position];
        if (text.Length > 1000)
        {
            throw Error("This number has more than 1000 characters.", start);
        }

        string plain = text.Replace("_", string.Empty, StringComparison.Ordinal);
        if (isFloat)
        {
            Add(JinjaTokenKind.Float, start, text, double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        else
        {
            Add(JinjaTokenKind.Integer, start, text, JinjaNumber.Normalize(BigInteger.Parse(plain, NumberStyles.None, CultureInfo.InvariantCulture)));
        }
    }

    private void SkipDigits()
    {
        while (position < source.Length
            && (char.IsAsciiDigit(source[position]) || (source[position] == '_' && position + 1 < source.Length && char.IsAsciiDigit(source[position + 1]))))
        {
            position++;
        }
    }

    private void LexString(char quote)
    {
        int start = position++;
        var text = new StringBuilder();
        while (true)
        {
            if (position >= source.Length)
            {
                throw Error("The string has no closing quote.", start);
            }

            char c = source[position++];
            if (c == quote)
            {
                break;
            }

            if (c == '\\' && position < source.Length)
            {
                LexEscape(text, start);
            }
            else
            {
                text.Append(c);
            }
        }

        Add(JinjaTokenKind.Text, start, source[start..position], text.ToString());
    }

    private void LexEscape(StringBuilder text, int start)
    {
        char c = source[position++];
        switch (c)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                text.Append(c);
                break;
            case 'n':
                text.Append('\n');
                break;
            case 't':
                text.Append('\t');
                break;
            case 'r':
                text.Append('\r');
                break;
            case 'a':
                text.Append('\a');
                break;
            case 'b':
                text.Append('\b');
                break;
            case 'f':
                text.Append('\f');
                break;
            case 'v':
                text.Append('\v');
                break;
            case 'x' or 'u' or 'U':
                int count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (position + count > source.Length
                    || !uint.TryParse(source.AsSpan(position, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code) || code > 0x10FFFF)
                {
                    throw Error($"The escape '\\{c}' wants {count} hexadecimal digits of a character.", start);
                }

                position += count;
                JinjaString.Append(text, (int)code);
                break;
            case 'N':
                throw Error("The escape '\\N{…}' (characters by name) is not supported; write '\\u' with its number.", start);
            case >= '0' and <= '7':
                int value = c - '0';
                for (int i = 0; i < 2 && position < source.Length && source[position] is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + (source[position++] - '0');
                }

                text.Append((char)value);
                break;
            default:
                text.Append('\\').Append(c);
                break;
        }
    }

    private void AddData(int start, int end)
    {
        if (end > start)
        {
            Add(JinjaTokenKind.Data, start, source[start..end]);
        }
    }

    private void Add(JinjaTokenKind kind, int at, string text = "", object? value = null)
    {
        (int line, int column) = Where(at);
        tokens.Add(new JinjaToken(kind, text, value, line, column));
    }

    private JinjaException Error(string message, int at)
    {
        (int line, int column) = Where(at);
        return new JinjaException(message, line, column);
    }

    private (int Line, int Column) Where(int at)
    {
        int line = lineStarts.BinarySearch(at);
        line = line < 0 ? ~line - 1 : line;
        return (line + 1, at - lineStarts[line] + 1);
    }
}
