using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Telephone numbers: only digits, the country and an extension count.</summary>
internal sealed class PhoneFieldComparer(string? defaultCountry) : KeyFieldComparer("phone")
{
    private static readonly string[] ExtensionWords = ["extension", "ext", "x", "#"];

    // Italy, San Marino, the Ivory Coast, Gabon, Congo: the zero in front is part of the number and is dialled from abroad too.
    private static readonly string[] ZeroKeepers = ["39", "378", "225", "241", "242"];

    // Shorter ones are services, such as 110, which no zero in front leads to; and 12.5 is no telephone number.
    private const int ShortestDialled = 7;

    private protected override string Wants => "a telephone number such as +1 206 555 0100";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        ReadOnlySpan<char> text = value.Text.Trim();
        if (value.Kind is not (AnswerKind.String or AnswerKind.Number) || text.Length > 60)
        {
            return false;
        }

        text = text.StartsWith("tel:", StringComparison.OrdinalIgnoreCase) ? text[4..].TrimStart() : text;
        bool hasExtension = TrySplitExtension(ref text, out ReadOnlySpan<char> tail);
        bool international = text.Length > 0 && text[0] == '+';
        if (!IsOneNumber(text, international) || (value.Kind == AnswerKind.Number && text.IndexOfAnyExceptInRange('0', '9') >= 0))
        {
            return false;
        }

        text = international ? text[1..] : text;
        int start = key.Length;

        // A zero in parentheses is dialled within the country only: +49 (0)30 is +49 30 from anywhere else.
        int trunk = text.IndexOf("(0)");
        bool hasTrunk = trunk > 0 && (international || text.StartsWith("00"));
        if (!(hasTrunk ? TryDigits(text[..trunk], ref key) : TryDigits(text, ref key)))
        {
            return false;
        }

        if (hasTrunk)
        {
            ReadOnlySpan<char> country = key.Written[start..];
            if (KeepsZero(international ? country : country[2..]))
            {
                key.Append('0');
            }

            if (!TryDigits(text[(trunk + 3)..], ref key))
            {
                return false;
            }
        }

        if (!international && key.Written[start..].StartsWith("00"))
        {
            // The other way to dial abroad.
            string digits = key.Written[(start + 2)..].ToString();
            key.Truncate(start);
            key.Append(digits);
            international = true;
        }

        string number = key.Written[start..].ToString();
        if (number.Length is < 3 or > 15)
        {
            return false;
        }

        key.Truncate(start);
        if (international)
        {
            key.Append('+');
            key.Append(number);
        }
        else if (defaultCountry is not null)
        {
            string country = defaultCountry.TrimStart('+');
            key.Append('+');
            key.Append(country);
            key.Append(International(country, number));
        }
        else
        {
            key.Append(number);
        }

        if (hasExtension)
        {
            key.Append('x');
            key.Append(tail);
            return tail.Length > 0 && tail.IndexOfAnyExceptInRange('0', '9') < 0;
        }

        return true;
    }

    internal override IEnumerable<string> Validate() =>
        defaultCountry is null || (defaultCountry.Length is > 1 and <= 4 && defaultCountry[0] == '+' && defaultCountry.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0)
            ? []
            : [$"its default country is '{defaultCountry}': use a plus and the country's code, such as +1"];

    internal override void WriteParameters(JsonObject json)
    {
        if (defaultCountry is not null)
        {
            json["default_country"] = defaultCountry;
        }
    }

    /// <summary>A number as it is dialled within a country, without what is only dialled there: a zero or, in North America, the country's own 1.</summary>
    private static string International(string country, string number) =>
        country == "1" && number.Length == 11 && number[0] == '1' ? number[1..]
        : country == "7" && number.Length == 11 && number[0] == '8' ? number[1..]
        : number.StartsWith('0') && number.Length >= ShortestDialled && !KeepsZero(country) ? number[1..]
        : number;

    private static bool KeepsZero(ReadOnlySpan<char> country)
    {
        foreach (string keeper in ZeroKeepers)
        {
            if (country.SequenceEqual(keeper))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether marks between digits part one number: no decimals such as 12.5, no ranges such as 1234/35. A slash may stand behind the area code.</summary>
    private static bool IsOneNumber(ReadOnlySpan<char> text, bool international)
    {
        int digits = 0, sinceMark = 0, beforeSlash = -1;
        char mark = ' ';
        bool points = false, lone = false;
        foreach (char character in text.TrimEnd(". "))
        {
            if (char.IsAsciiDigit(character))
            {
                digits++;
                sinceMark++;
            }
            else if (character != ' ')
            {
                lone |= mark is '.' or ',' && sinceMark == 1;
                if (character == '/' && beforeSlash >= 0)
                {
                    return false;
                }

                beforeSlash = character == '/' ? digits : beforeSlash;
                (mark, sinceMark) = (character, 0);
                points |= character is '.' or ',' && digits > 0;
            }
        }

        lone |= mark is '.' or ',' && sinceMark == 1;
        int longest = international ? 9 : text.StartsWith("00") ? 10 : 6;
        return !(points && (lone || digits < ShortestDialled))
            && (beforeSlash < 0 || (beforeSlash <= longest && digits - beforeSlash >= 3));
    }

    private static bool TrySplitExtension(ref ReadOnlySpan<char> text, out ReadOnlySpan<char> tail)
    {
        foreach (string word in ExtensionWords)
        {
            int at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                tail = text[(at + word.Length)..].TrimStart(". :=").TrimEnd(".) ");
                text = text[..at].TrimEnd("; ");
                return true;
            }
        }

        tail = default;
        return false;
    }

    private static bool TryDigits(scoped ReadOnlySpan<char> text, ref KeyBuffer key)
    {
        int start = key.Length;
        foreach (char character in text)
        {
            if (char.IsAsciiDigit(character))
            {
                key.Append(character);
            }
            else if (!" -().,/\u00A0\u2010\u2011\u2013".Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return key.Length > start;
    }
}
