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
        return text.Length <= 100 && DateTime.TryParseExact(text, formats, Format, Styles, out value);
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
