using System.Globalization;

namespace RlvrSharp.Graders;

/// <summary>Reads dates and times in declared formats only, with a calendar that no setting of the machine can change.</summary>
internal static class DateForms
{
    public static readonly DateTimeFormatInfo Format = MakeFormat();

    // NoCurrentDateDefault: otherwise a format without a year would read the clock.
    private const DateTimeStyles Styles =
        DateTimeStyles.NoCurrentDateDefault | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite;

    public static bool TryRead(ReadOnlySpan<char> text, string[] formats, out DateTime value)
    {
        value = default;

        // The longest name of a month or day is far shorter; a novel need not be tried against every format.
        if (text.Length > 100)
        {
            return false;
        }

        if (DateTime.TryParseExact(text, formats, Format, Styles, out value) && System.Array.TrueForAll(formats, HasYear))
        {
            return true;
        }

        // A month and a day without a year would read the clock, so they are given one: 4, a leap year. Each format in turn, the first that fits.
        foreach (string format in formats)
        {
            bool read = HasYear(format)
                ? DateTime.TryParseExact(text, format, Format, Styles, out value)
                : DateTime.TryParseExact(string.Concat("0004|", text.Trim()), "yyyy'|'" + format, Format, Styles, out value);
            if (read)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a format says the year, outside of quoted text.</summary>
    public static bool HasYear(string format)
    {
        char quote = '\0';
        for (int i = 0; i < format.Length; i++)
        {
            char character = format[i];
            if (quote != '\0')
            {
                quote = character == quote ? '\0' : quote;
            }
            else if (character == '\\')
            {
                i++;
            }
            else if (character is '\'' or '"')
            {
                quote = character;
            }
            else if (character == 'y')
            {
                return true;
            }
        }

        return false;
    }

    public static IEnumerable<string> Validate(IReadOnlyList<string> formats)
    {
        if (formats.Count == 0)
        {
            yield return "it has no formats: name at least one, such as yyyy-MM-dd";
        }

        foreach (string format in formats)
        {
            bool readable;
            try
            {
                string text = new DateTime(2001, 11, 22, 13, 14, 15, DateTimeKind.Utc).ToString(format, Format);
                readable = format.Length >= 2 && TryRead(text, [format], out _);
            }
            catch (FormatException)
            {
                readable = false;
            }

            if (!readable)
            {
                yield return $"'{format}' is not a format dates can be read in: use one such as yyyy-MM-dd";
            }
        }
    }

    private static DateTimeFormatInfo MakeFormat()
    {
        var format = (DateTimeFormatInfo)DateTimeFormatInfo.InvariantInfo.Clone();
        format.Calendar = new GregorianCalendar(GregorianCalendarTypes.Localized) { TwoDigitYearMax = 2049 };
        return DateTimeFormatInfo.ReadOnly(format);
    }
}
