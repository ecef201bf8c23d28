using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Telephone numbers: only digits, the country and an extension count.</summary>
internal sealed class PhoneFieldComparer(string? defaultCountry) : KeyFieldComparer("phone")
{
    private protected override string Wants => "a telephone number such as +1 206 555 0100";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        ReadOnlySpan<char> text = value.Text.Trim();
        if (value.Kind is not (AnswerKind.String or AnswerKind.Number) || text.Length > 60)
        {
            return false;
        }

        int extension = text.IndexOf("ext", StringComparison.OrdinalIgnoreCase);
        extension = extension < 0 ? text.IndexOf('x') : extension;
        ReadOnlySpan<char> tail = extension < 0 ? "" : text[extension..].TrimStart("extEXT. :");
        text = extension < 0 ? text : text[..extension];
        bool international = text.Length > 0 && text[0] == '+';
        text = international ? text[1..] : text;
        int start = key.Length;
        if (!TryDigits(text, ref key))
        {
            return false;
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
            // A number for use within the country may begin with a zero or, in North America, with the country's own 1.
            string country = defaultCountry.TrimStart('+');
            string national = number.StartsWith('0') ? number[1..]
                : country == "1" && number.Length == 11 && number[0] == '1' ? number[1..]
                : number;
            key.Append('+');
            key.Append(country);
            key.Append(national);
        }
        else
        {
            key.Append(number);
        }

        if (extension >= 0)
        {
            key.Append('x');
            return TryDigits(tail, ref key);
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

    private static bool TryDigits(ReadOnlySpan<char> text, ref KeyBuffer key)
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
