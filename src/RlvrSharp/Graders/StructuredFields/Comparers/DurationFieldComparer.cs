using System.Globalization;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Lengths of time: ISO 8601 (PT1H30M), clock form (1:30:00), words (1 h 30 min), or a number in a declared unit.</summary>
internal sealed class DurationFieldComparer(string unit) : KeyFieldComparer("duration")
{
    private const string Forms = "PT1H30M, 1:30:00, 1h 30min, or a number";

    private protected override string Wants => "a duration such as " + Forms;

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        decimal seconds;
        if (value.Kind == AnswerKind.Number)
        {
            if (!NumberText.TryDecimal(value.Text, out decimal number) || Math.Abs(number) > 1e15m)
            {
                return false;
            }

            seconds = number * SecondsOf(unit);
        }
        else if (value.Kind != AnswerKind.String || value.Text.Length > 100 || !TryRead(value.Text.Trim(), out seconds))
        {
            return false;
        }

        Span<char> digits = stackalloc char[64];
        _ = seconds.TryFormat(digits, out int written, "0.############", CultureInfo.InvariantCulture);
        key.Append(digits[..written]);
        return true;
    }

    internal override IEnumerable<string> Validate() =>
        SecondsOf(unit) == 0 ? [$"its unit is '{unit}': use seconds, minutes, hours or days"] : [];

    internal override void WriteParameters(JsonObject json)
    {
        if (unit != "seconds")
        {
            json["unit"] = unit;
        }
    }

    private static bool TryRead(ReadOnlySpan<char> text, out decimal seconds)
    {
        if (text.Length > 1 && text[0] is '-' or '\u2212')
        {
            bool read = TryMagnitude(text[1..].TrimStart(), out seconds);
            seconds = -seconds;
            return read;
        }

        return TryMagnitude(text, out seconds);
    }

    private static bool TryMagnitude(ReadOnlySpan<char> text, out decimal seconds)
    {
        if (text.Length > 0 && text[0] is 'P' or 'p')
        {
            return TryIso(text[1..], out seconds);
        }

        return text.Contains(':') ? TryClock(text, out seconds) : TryWords(text, out seconds);
    }

    private static bool TryIso(ReadOnlySpan<char> text, out decimal seconds)
    {
        // ISO 8601 has either sign for decimals.
        text = text.Contains(',') ? text.ToString().Replace(',', '.') : text;
        seconds = 0;
        bool inTime = false, any = false;
        while (text.Length > 0)
        {
            if (text[0] is 'T' or 't' && !inTime)
            {
                inTime = true;
                text = text[1..];
                continue;
            }

            if (!TryNumber(ref text, out decimal number) || text.Length == 0)
            {
                return false;
            }

            // Years and months have no fixed length, so they are not durations that can be compared.
            decimal factor = (char.ToUpperInvariant(text[0]), inTime) switch
            {
                ('W', false) => 604_800,
                ('D', false) => 86_400,
                ('H', true) => 3600,
                ('M', true) => 60,
                ('S', true) => 1,
                _ => 0,
            };
            if (factor == 0)
            {
                return false;
            }

            seconds += number * factor;
            any = true;
            text = text[1..];
        }

        return any;
    }

    private static bool TryClock(ReadOnlySpan<char> text, out decimal seconds)
    {
        seconds = 0;
        Span<Range> parts = stackalloc Range[4];
        int count = text.Split(parts, ':');
        if (count is not (2 or 3))
        {
            return false;
        }

        // Two parts are hours and minutes.
        decimal factor = 3600;
        for (int i = 0; i < count; i++, factor /= 60)
        {
            ReadOnlySpan<char> part = text[parts[i]];
            if (!TryNumber(ref part, out decimal number) || part.Length > 0 || (i > 0 && number >= 60) || (i < count - 1 && number != decimal.Truncate(number)))
            {
                return false;
            }

            seconds += number * factor;
        }

        return true;
    }

    private static bool TryWords(ReadOnlySpan<char> text, out decimal seconds)
    {
        seconds = 0;
        bool any = false;
        while (text.Length > 0)
        {
            if (!TryNumber(ref text, out decimal number))
            {
                return false;
            }

            text = text.TrimStart();
            int length = 0;
            while (length < text.Length && char.IsAsciiLetter(text[length]))
            {
                length++;
            }

            decimal factor = SecondsOf(text[..length]);
            if (factor == 0)
            {
                return false;
            }

            seconds += number * factor;
            any = true;
            text = text[length..].TrimStart();
            text = text.Length > 1 && text[0] == ',' ? text[1..].TrimStart() : text;
            text = text.StartsWith("and ", StringComparison.OrdinalIgnoreCase) ? text[4..].TrimStart() : text;
        }

        return any;
    }

    private static bool TryNumber(ref ReadOnlySpan<char> text, out decimal number)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.'))
        {
            length++;
        }

        bool read = decimal.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number <= 1e15m;
        text = text[length..];
        return read;
    }

    private static decimal SecondsOf(ReadOnlySpan<char> word) => word.ToString().ToUpperInvariant() switch
    {
        "S" or "SEC" or "SECS" or "SECOND" or "SECONDS" => 1,
        "M" or "MIN" or "MINS" or "MINUTE" or "MINUTES" => 60,
        "H" or "HR" or "HRS" or "HOUR" or "HOURS" => 3600,
        "D" or "DAY" or "DAYS" => 86_400,
        "W" or "WEEK" or "WEEKS" => 604_800,
        _ => 0,
    };
}
