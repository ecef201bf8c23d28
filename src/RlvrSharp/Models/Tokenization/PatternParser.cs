using System.Globalization;

namespace RlvrSharp.Models.Tokenization;

/// <summary>
/// Reads the regular expressions of tokenizer.json (Oniguruma's dialect) over code points: sets, groups, alternatives, greedy, lazy and
/// possessive repeats, look-around, atomic groups, inline case-insensitivity. Captures are plain groups; back-references are refused.
/// </summary>
internal sealed class PatternParser
{
    private readonly string pattern;
    private int at;
    private bool ignoreCase;
    private int depth;

    private PatternParser(string pattern) => this.pattern = pattern;

    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.ReadChoice();
        return parser.at == pattern.Length ? node : throw parser.Fault("a closing parenthesis without its opening one");
    }

    /// <summary>A code point, or its case variants.</summary>
    private PatternNode.OneOf Literal(int codePoint)
    {
        int[] variants = ignoreCase ? [.. CodePoints.CaseVariants(codePoint)] : [codePoint];
        return new PatternNode.OneOf(new CodePointSet(candidate => Array.IndexOf(variants, candidate) >= 0));
    }

    private PatternNode.OneOf Set(Func<int, bool> contains)
    {
        bool fold = ignoreCase;
        return new PatternNode.OneOf(new CodePointSet(fold ? codePoint => CodePoints.CaseVariants(codePoint).Any(contains) : contains));
    }

    private PatternNode ReadChoice()
    {
        if (++depth > 100)
        {
            throw Fault("more than 100 nested groups");
        }

        bool outer = ignoreCase;
        List<PatternNode> items = [ReadSequence()];
        while (at < pattern.Length && pattern[at] == '|')
        {
            at++;
            items.Add(ReadSequence());
        }

        ignoreCase = outer;
        depth--;
        return items.Count == 1 ? items[0] : new PatternNode.Choice(items);
    }

    private PatternNode ReadSequence()
    {
        List<PatternNode> items = [];
        while (at < pattern.Length && pattern[at] is not ('|' or ')'))
        {
            if (ReadAtom() is { } atom)
            {
                items.Add(ReadRepeats(atom));
            }
        }

        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    private PatternNode ReadRepeats(PatternNode item)
    {
        while (at < pattern.Length)
        {
            int start = at;
            int minimum, maximum;
            bool interval = false;
            switch (pattern[at++])
            {
                case '*':
                    (minimum, maximum) = (0, -1);
                    break;
                case '+':
                    (minimum, maximum) = (1, -1);
                    break;
                case '?':
                    (minimum, maximum) = (0, 1);
                    break;
                case '{' when TryInterval(out minimum, out maximum):
                    interval = true;
                    break;
                default:
                    at = start;
                    return item;
            }

            bool lazy = Take('?');
            item = new PatternNode.Repeat(item, minimum, maximum, lazy);

            // A plus after an interval repeats it; after the other signs it forbids the way back.
            if (!lazy && !interval && Take('+'))
            {
                item = new PatternNode.Atomic(item);
            }
        }

        return item;
    }

    private bool TryInterval(out int minimum, out int maximum)
    {
        int start = at;
        bool low = TryNumber(out minimum);
        maximum = minimum;
        bool comma = Take(',');
        if (comma && !TryNumber(out maximum))
        {
            maximum = -1;
        }

        if (Take('}') && (low || (comma && maximum >= 0)))
        {
            minimum = low ? minimum : 0;
            return maximum < 0 || maximum >= minimum ? true : throw Fault($"a repeat from {minimum} to {maximum}");
        }

        at = start;
        (minimum, maximum) = (0, 0);
        return false;
    }

    private bool TryNumber(out int number)
    {
        number = 0;
        int start = at;
        while (at < pattern.Length && char.IsAsciiDigit(pattern[at]))
        {
            number = (number * 10) + (pattern[at++] - '0');
            if (number > 1000)
            {
                throw Fault("a repeat of more than 1000");
            }
        }

        return at > start;
    }

    /// <summary>One atom, or null for a switch such as <c>(?i)</c> that takes nothing.</summary>
    private PatternNode? ReadAtom()
    {
        switch (pattern[at])
        {
            case '(':
                at++;
                return ReadGroup();
            case '[':
                at++;
                return Set(ReadClass());
            case '.':
                at++;
                return new PatternNode.OneOf(new CodePointSet(codePoint => codePoint != '\n'));
            case '^' or '$':
                return new PatternNode.Place(pattern[at++]);
            case '\\':
                at++;
                return ReadEscape();
            case '*' or '+' or '?':
                throw Fault($"\"{pattern[at]}\" with nothing to repeat");
            default:
                int codePoint = CodePoints.At(pattern, at, out int length);
                at += length;
                return Literal(codePoint);
        }
    }

    private PatternNode? ReadGroup()
    {
        if (!Take('?'))
        {
            return Close(ReadChoice());
        }

        if (Take(':'))
        {
            return Close(ReadChoice());
        }

        if (Take('>'))
        {
            return new PatternNode.Atomic(Close(ReadChoice()));
        }

        if (Take('#'))
        {
            at = pattern.IndexOf(')', at) is >= 0 and var end ? end + 1 : throw Fault("a comment without an end");
            return null;
        }

        bool behind = at + 1 < pattern.Length && pattern[at] == '<' && pattern[at + 1] is '=' or '!';
        at += behind ? 1 : 0;
        if (at < pattern.Length && pattern[at] is '=' or '!')
        {
            bool negative = pattern[at++] == '!';
            return new PatternNode.Look(Close(ReadChoice()), behind, negative);
        }

        if (Take('<') || (Take('P') && Take('<')))
        {
            at = pattern.IndexOf('>', at) is >= 0 and var end ? end + 1 : throw Fault("a group name without an end");
            return Close(ReadChoice());
        }

        bool on = true;
        bool fold = ignoreCase;
        for (; at < pattern.Length && pattern[at] is 'i' or '-' or 'u' or 's' or 'm' or 'x'; at++)
        {
            switch (pattern[at])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    fold = on;
                    break;
                case 'u':
                    break;
                default:
                    throw Fault($"the switch \"{pattern[at]}\"");
            }
        }

        if (Take(':'))
        {
            bool outer = ignoreCase;
            ignoreCase = fold;
            PatternNode node = Close(ReadChoice());
            ignoreCase = outer;
            return node;
        }

        if (Take(')'))
        {
            ignoreCase = fold; // to the end of the group; the caller restores it
            return null;
        }

        throw Fault("a kind of group that is not known");
    }

    private PatternNode Close(PatternNode node) => Take(')') ? node : throw Fault("a group without an end");

    private PatternNode ReadEscape()
    {
        if (at >= pattern.Length)
        {
            throw Fault("a backslash at the end");
        }

        char kind = pattern[at];
        if (kind is 'A' or 'z' or 'Z' or 'b' or 'B')
        {
            at++;
            return new PatternNode.Place(kind);
        }

        if (kind == 'R')
        {
            at++;
            return new PatternNode.Atomic(new PatternNode.Choice(
            [
                new PatternNode.Sequence([Literal('\r'), Literal('\n')]),
                new PatternNode.OneOf(new CodePointSet(codePoint => codePoint is (>= 10 and <= 13) or 0x85 or 0x2028 or 0x2029)),
            ]));
        }

        return TryClassEscape(inSet: false) is { } contains ? Set(contains) : Literal(ReadCodePointEscape());
    }

    /// <summary>The set of <c>\s \p{L}</c> and the like, or null.</summary>
    private Func<int, bool>? TryClassEscape(bool inSet)
    {
        Func<int, bool>? contains = pattern[at] switch
        {
            's' or 'S' => CodePoints.IsWhiteSpace,
            'd' or 'D' => codePoint => CodePoints.Category(codePoint) == UnicodeCategory.DecimalDigitNumber,
            'w' or 'W' => inSet ? CodePoints.IsWord : CodePoints.IsPatternWord,
            'h' or 'H' => codePoint => codePoint < 128 && char.IsAsciiHexDigit((char)codePoint),
            _ => null,
        };
        char kind = pattern[at];
        if (kind is 'p' or 'P')
        {
            at++;
            string name;
            if (Take('{'))
            {
                int end = pattern.IndexOf('}', at);
                name = end >= 0 ? pattern[at..end] : throw Fault("a property name without an end");
                at = end + 1;
            }
            else
            {
                name = at < pattern.Length ? pattern[at++].ToString() : throw Fault("a property without a name");
            }

            bool inverted = name.StartsWith('^');
            Func<int, bool> property = UnicodeProperties.Find(name.TrimStart('^')) ?? throw Fault($"the property \"{name}\"");
            return inverted != (kind == 'P') ? codePoint => !property(codePoint) : property;
        }

        if (contains is null)
        {
            return null;
        }

        at++;
        return char.IsUpper(kind) ? codePoint => !contains(codePoint) : contains;
    }

    private int ReadCodePointEscape()
    {
        char kind = pattern[at++];
        switch (kind)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case '0':
                return 0;
            case 'x' or 'u' or 'U' when Take('{'):
                int end = pattern.IndexOf('}', at);
                string digits = end >= 0 ? pattern[at..end] : throw Fault("a code point without an end");
                at = end + 1;
                return Hex(digits);
            case 'x' or 'u':
                int length = kind == 'x' ? 2 : 4;
                string fixedDigits = at + length <= pattern.Length ? pattern.Substring(at, length) : throw Fault("a code point that is cut off");
                at += length;
                return Hex(fixedDigits);
            default:
                if (char.IsAsciiLetterOrDigit(kind))
                {
                    throw Fault($"the escape \"\\{kind}\"");
                }

                at--;
                int codePoint = CodePoints.At(pattern, at, out int size);
                at += size;
                return codePoint;
        }
    }

    private int Hex(string digits) => int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && value is >= 0 and <= 0x10FFFF
        ? value
        : throw Fault($"the code point \"{digits}\"");

    /// <summary>A bracketed set after its opening bracket.</summary>
    private Func<int, bool> ReadClass()
    {
        if (++depth > 100)
        {
            throw Fault("more than 100 nested sets");
        }

        bool negative = Take('^');
        List<Func<int, bool>> union = [];
        Func<int, bool>? intersection = null;
        bool first = true;
        while (true)
        {
            if (at >= pattern.Length)
            {
                throw Fault("a set without an end");
            }

            if (pattern[at] == ']' && !first)
            {
                at++;
                break;
            }

            first = false;
            if (pattern[at] == '&' && at + 1 < pattern.Length && pattern[at + 1] == '&')
            {
                at += 2;
                intersection = And(intersection, Or(union));
                union = [];
                continue;
            }

            ReadClassItem(union);
        }

        depth--;
        Func<int, bool> result = And(intersection, Or(union));
        return negative ? codePoint => !result(codePoint) : result;

        static Func<int, bool> Or(List<Func<int, bool>> parts)
        {
            Func<int, bool>[] all = [.. parts];
            return codePoint => Array.Exists(all, part => part(codePoint));
        }

        static Func<int, bool> And(Func<int, bool>? left, Func<int, bool> right) => left is null ? right : codePoint => left(codePoint) && right(codePoint);
    }

    private void ReadClassItem(List<Func<int, bool>> union)
    {
        if (pattern[at] == '[')
        {
            at++;
            if (at < pattern.Length && pattern[at] == ':' && pattern.IndexOf(":]", at + 1, StringComparison.Ordinal) is >= 0 and var end)
            {
                string name = pattern[(at + 1)..end];
                Func<int, bool> property = UnicodeProperties.FindBracketed(name.TrimStart('^')) ?? throw Fault($"the set \"[:{name}:]\"");
                union.Add(name.StartsWith('^') ? codePoint => !property(codePoint) : property);
                at = end + 2;
                return;
            }

            union.Add(ReadClass());
            return;
        }

        if (pattern[at] == '\\' && at + 1 < pattern.Length)
        {
            at++;
            if (TryClassEscape(inSet: true) is { } contains)
            {
                union.Add(contains);
                return;
            }

            at--;
        }

        int low = ReadClassCodePoint();
        int high = low;
        if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] is not (']' or '['))
        {
            int dash = at++;
            if (pattern[at] == '\\' && at + 1 < pattern.Length && pattern[at + 1] is 's' or 'S' or 'd' or 'D' or 'w' or 'W' or 'h' or 'H' or 'p' or 'P')
            {
                at = dash; // such as [a-\s]: the dash is one of the set
            }
            else
            {
                high = ReadClassCodePoint();
                if (high < low)
                {
                    throw Fault("a range that ends before it begins");
                }
            }
        }

        union.Add(codePoint => codePoint >= low && codePoint <= high);
    }

    private int ReadClassCodePoint()
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length)
        {
            at++;
            if (pattern[at] == 'b')
            {
                at++;
                return '\b';
            }

            return ReadCodePointEscape();
        }

        int codePoint = CodePoints.At(pattern, at, out int length);
        at += length;
        return codePoint;
    }

    private bool Take(char character)
    {
        if (at < pattern.Length && pattern[at] == character)
        {
            at++;
            return true;
        }

        return false;
    }

    private CheckpointException Fault(string what) => new($"The pattern {pattern} has {what} at position {at}, which is not supported.");
}
