using System.Globalization;

namespace RlvrSharp.Graders;

/// <summary>Why a text is not a usable JSON value.</summary>
internal enum AnswerFault
{
    None,
    UnexpectedEnd,
    UnexpectedCharacter,
    BadNumber,
    BadEscape,
    ControlCharacter,
    LoneSurrogate,
    DuplicateKey,
    TooDeep,
    TextAfterValue,
}

internal sealed partial class AnswerTree
{
    /// <summary>Parses one JSON value that fills a range of a text, white space aside. Node 0 is then the value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where the range begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="maxDepth">How many lists and objects may lie within each other.</param>
    /// <param name="emptyIsAbsent">Whether an empty or blank string counts as null.</param>
    /// <param name="mayTrail">Whether anything may follow the value.</param>
    /// <param name="position">Where parsing stopped: after the value, or at the fault.</param>
    public AnswerFault Parse(string text, int start, int end, int maxDepth, bool emptyIsAbsent, bool mayTrail, out int position)
    {
        source = text;
        nodeCount = 0;
        decodedLength = 0;
        int depth = 0;
        position = start;
        int nameStart = 0, nameLength = 0;
        bool nameDecoded = false;
        AnswerFault fault;
        ReadOnlySpan<char> all = text.AsSpan(0, end);
        while (true)
        {
            position = SkipWhite(all, position);
            if (position == end)
            {
                return AnswerFault.UnexpectedEnd;
            }

            int index = AddNode();
            ref AnswerNode node = ref nodes[index];
            node.NameStart = nameStart;
            node.NameLength = nameLength;
            node.NameDecoded = nameDecoded;
            node.Start = position;
            switch (all[position])
            {
                case '{':
                case '[':
                    if (depth == maxDepth)
                    {
                        return AnswerFault.TooDeep;
                    }

                    bool isObject = all[position] == '{';
                    node.Kind = isObject ? AnswerKind.Object : AnswerKind.List;
                    if (depth == open.Length)
                    {
                        Array.Resize(ref open, open.Length * 2);
                    }

                    open[depth++] = index;
                    position = SkipWhite(all, position + 1);
                    if (position < end && all[position] == (isObject ? '}' : ']'))
                    {
                        break;
                    }

                    (nameStart, nameLength, nameDecoded) = (0, 0, false);
                    if (isObject && (fault = ReadName(all, ref position, out nameStart, out nameLength, out nameDecoded)) != AnswerFault.None)
                    {
                        return fault;
                    }

                    continue;
                case '"':
                    node.Kind = AnswerKind.String;
                    fault = ReadString(all, ref position, out int textStart, out int textLength, out bool textDecoded);
                    if (fault != AnswerFault.None)
                    {
                        return fault;
                    }

                    node.Start = textStart;
                    node.Length = textLength;
                    node.TextDecoded = textDecoded;
                    node.HasValue = !emptyIsAbsent || !Text(index).IsWhiteSpace();
                    break;
                case 't':
                    node.Kind = AnswerKind.True;
                    node.HasValue = true;
                    fault = ReadLiteral(all, "true", ref position);
                    if (fault != AnswerFault.None)
                    {
                        return fault;
                    }

                    node.Length = 4;
                    break;
                case 'f':
                    node.Kind = AnswerKind.False;
                    node.HasValue = true;
                    fault = ReadLiteral(all, "false", ref position);
                    if (fault != AnswerFault.None)
                    {
                        return fault;
                    }

                    node.Length = 5;
                    break;
                case 'n':
                    node.Kind = AnswerKind.Null;
                    fault = ReadLiteral(all, "null", ref position);
                    if (fault != AnswerFault.None)
                    {
                        return fault;
                    }

                    node.Length = 4;
                    break;
                case '-' or (>= '0' and <= '9'):
                    node.Kind = AnswerKind.Number;
                    node.HasValue = true;
                    fault = ReadNumber(all, ref position);
                    if (fault != AnswerFault.None)
                    {
                        return fault;
                    }

                    node.Length = position - node.Start;
                    break;
                default:
                    return AnswerFault.UnexpectedCharacter;
            }

            bool opened = node.Kind >= AnswerKind.List;
            if (!opened)
            {
                node.End = nodeCount;
                AddToParent(depth, node.HasValue);
            }

            // Close what ends here, until a comma brings the next value.
            while (true)
            {
                if (depth == 0)
                {
                    position = SkipWhite(all, position);
                    return position == end || mayTrail ? AnswerFault.None : AnswerFault.TextAfterValue;
                }

                position = SkipWhite(all, position);
                if (position == end)
                {
                    return AnswerFault.UnexpectedEnd;
                }

                int parentIndex = open[depth - 1];
                bool inObject = nodes[parentIndex].Kind == AnswerKind.Object;
                char character = all[position];
                if (character == ',' && !opened)
                {
                    position = SkipWhite(all, position + 1);
                    (nameStart, nameLength, nameDecoded) = (0, 0, false);
                    if (inObject && (fault = ReadName(all, ref position, out nameStart, out nameLength, out nameDecoded)) != AnswerFault.None)
                    {
                        return fault;
                    }

                    break;
                }

                if (character != (inObject ? '}' : ']'))
                {
                    return AnswerFault.UnexpectedCharacter;
                }

                position++;
                ref AnswerNode parent = ref nodes[parentIndex];
                parent.End = nodeCount;
                parent.Length = position - parent.Start;
                if (inObject && HasDuplicateNames(parentIndex))
                {
                    return AnswerFault.DuplicateKey;
                }

                depth--;
                AddToParent(depth, parent.HasValue);
                opened = false;
            }
        }
    }

    /// <summary>Says what a fault is, to a person.</summary>
    public static string Describe(AnswerFault fault, string text, int position, int maxDepth)
    {
        string at = position.ToString(CultureInfo.InvariantCulture);
        return fault switch
        {
            AnswerFault.UnexpectedEnd => $"it ends at character {at}, in the middle of a value",
            AnswerFault.BadNumber => $"the number at character {at} is malformed",
            AnswerFault.BadEscape => $"the escape at character {at} is malformed",
            AnswerFault.ControlCharacter => $"a string has a raw control character at character {at}",
            AnswerFault.LoneSurrogate => $"a string has half a surrogate pair at character {at}",
            AnswerFault.DuplicateKey => $"the object that ends at character {at} has a key twice",
            AnswerFault.TooDeep => $"it is nested deeper than {maxDepth.ToString(CultureInfo.InvariantCulture)} levels at character {at}",
            AnswerFault.TextAfterValue => $"more text follows the value at character {at}",
            _ => position < text.Length && !char.IsSurrogate(text[position]) && !char.IsControl(text[position])
                ? $"'{text[position]}' at character {at} is not expected there"
                : $"the text at character {at} is not expected there",
        };
    }

    private static int SkipWhite(ReadOnlySpan<char> text, int position)
    {
        while ((uint)position < (uint)text.Length && text[position] is ' ' or '\n' or '\r' or '\t')
        {
            position++;
        }

        return position;
    }

    private static AnswerFault ReadLiteral(ReadOnlySpan<char> text, string literal, ref int position)
    {
        if (!text[position..].StartsWith(literal, StringComparison.Ordinal))
        {
            return AnswerFault.UnexpectedCharacter;
        }

        position += literal.Length;
        return AnswerFault.None;
    }

    private static AnswerFault ReadNumber(ReadOnlySpan<char> text, ref int position)
    {
        int at = position;
        if (text[at] == '-')
        {
            at++;
        }

        int digits = CountDigits(text, at);
        if (digits == 0 || (digits > 1 && text[at] == '0'))
        {
            return AnswerFault.BadNumber;
        }

        at += digits;
        if (at < text.Length && text[at] == '.')
        {
            digits = CountDigits(text, at + 1);
            if (digits == 0)
            {
                return AnswerFault.BadNumber;
            }

            at += digits + 1;
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            if (at < text.Length && text[at] is '+' or '-')
            {
                at++;
            }

            digits = CountDigits(text, at);
            if (digits == 0)
            {
                return AnswerFault.BadNumber;
            }

            at += digits;
        }

        position = at;
        return AnswerFault.None;
    }

    private static int CountDigits(ReadOnlySpan<char> text, int position)
    {
        int start = position;
        while ((uint)position < (uint)text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return position - start;
    }

    private void AddToParent(int depth, bool hasValue)
    {
        if (depth > 0)
        {
            ref AnswerNode parent = ref nodes[open[depth - 1]];
            parent.Count++;
            parent.HasValue |= hasValue;
        }
    }

    private AnswerFault ReadName(ReadOnlySpan<char> text, ref int position, out int start, out int length, out bool isDecoded)
    {
        (start, length, isDecoded) = (0, 0, false);
        if (position == text.Length)
        {
            return AnswerFault.UnexpectedEnd;
        }

        if (text[position] != '"')
        {
            return AnswerFault.UnexpectedCharacter;
        }

        AnswerFault fault = ReadString(text, ref position, out start, out length, out isDecoded);
        if (fault != AnswerFault.None)
        {
            return fault;
        }

        position = SkipWhite(text, position);
        if (position == text.Length)
        {
            return AnswerFault.UnexpectedEnd;
        }

        if (text[position] != ':')
        {
            return AnswerFault.UnexpectedCharacter;
        }

        position++;
        return AnswerFault.None;
    }

    /// <summary>Reads a string whose opening quote is at the position; afterwards the position is behind the closing one.</summary>
    private AnswerFault ReadString(ReadOnlySpan<char> text, ref int position, out int start, out int length, out bool isDecoded)
    {
        start = position + 1;
        length = 0;
        isDecoded = false;
        int plain = start;
        int decodedStart = decodedLength;
        int at = start;
        while ((uint)at < (uint)text.Length)
        {
            char character = text[at];
            if (character == '"')
            {
                if (isDecoded)
                {
                    AppendDecoded(text[plain..at]);
                    start = decodedStart;
                    length = decodedLength - decodedStart;
                }
                else
                {
                    length = at - start;
                }

                position = at + 1;
                return AnswerFault.None;
            }

            if (character == '\\')
            {
                isDecoded = true;
                AppendDecoded(text[plain..at]);
                AnswerFault fault = ReadEscape(text, ref at);
                if (fault != AnswerFault.None)
                {
                    position = at;
                    return fault;
                }

                plain = at;
                continue;
            }

            if (character < ' ')
            {
                position = at;
                return AnswerFault.ControlCharacter;
            }

            if (char.IsSurrogate(character))
            {
                if (char.IsLowSurrogate(character) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]))
                {
                    position = at;
                    return AnswerFault.LoneSurrogate;
                }

                at++;
            }

            at++;
        }

        position = text.Length;
        return AnswerFault.UnexpectedEnd;
    }

    private AnswerFault ReadEscape(ReadOnlySpan<char> text, ref int position)
    {
        if (position + 1 >= text.Length)
        {
            return AnswerFault.UnexpectedEnd;
        }

        char simple = text[position + 1] switch
        {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => '\0',
        };
        if (simple != '\0')
        {
            AppendDecoded([simple]);
            position += 2;
            return AnswerFault.None;
        }

        if (!TryReadUnit(text, position, out char unit))
        {
            return AnswerFault.BadEscape;
        }

        if (!char.IsSurrogate(unit))
        {
            AppendDecoded([unit]);
            position += 6;
            return AnswerFault.None;
        }

        if (char.IsLowSurrogate(unit) || !TryReadUnit(text, position + 6, out char second) || !char.IsLowSurrogate(second))
        {
            return AnswerFault.LoneSurrogate;
        }

        AppendDecoded([unit, second]);
        position += 12;
        return AnswerFault.None;
    }

    private static bool TryReadUnit(ReadOnlySpan<char> text, int position, out char unit)
    {
        unit = '\0';
        if (position + 6 > text.Length || text[position] != '\\' || text[position + 1] != 'u')
        {
            return false;
        }

        int value = 0;
        for (int i = position + 2; i < position + 6; i++)
        {
            if (!char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }

            value = (value * 16) + Convert.ToInt32(text[i] <= '9' ? text[i] - '0' : (text[i] | 0x20) - 'a' + 10);
        }

        unit = (char)value;
        return true;
    }
}
