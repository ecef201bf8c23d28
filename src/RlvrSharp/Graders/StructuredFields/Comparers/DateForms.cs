using System.Globalization;

namespace RlvrSharp.Graders;

/// <summary>Reads dates and times in declared formats only, with a calendar that no setting of the machine can change.</summary>
internal static class DateForms
{
    public static readonly DateTimeFormatInfo Format = MakeFormat();

    // NoCurrentDateDefault: otherwise a format without a year would read the clock.
    // AdjustToUniversal: otherwise one with an offset would be moved into the machine's time zone.
    private const DateTimeStyles Styles =
        DateTimeStyles.NoCurrentDateDefault | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite;

    private const DateTimeStyles OffsetStyles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite;

    public static bool TryRead(ReadOnlySpan<char> text, string[] formats, out DateTime value)
    {
        value = default;

        // The longest name of a month or day is far shorter; a novel need not be tried against every format.
        if (text.Length > 100)
        {
            return false;
        }

        if (DateTime.TryParseExact(text, formats, Format, Styles, out value) && System.Array.TrueForAll(formats, DateFormat.HasYear))
        {
            value = AsWritten(text, formats, value);
            return true;
        }

        // A month and a day without a year would read the clock, so they are given one: 4, a leap year. Each format in turn, the first that fits.
        foreach (string format in formats)
        {
            bool read = DateFormat.HasYear(format)
                ? DateTime.TryParseExact(text, format, Format, Styles, out value)
                : DateTime.TryParseExact(string.Concat("0004|", text.Trim()), "yyyy'|'" + format, Format, Styles, out value);
            if (read)
            {
                value = AsWritten(text, [format], value);
                return true;
            }
        }

        return false;
    }

    /// <summary>The day that stands there: an offset behind it says where that day is, and makes no other of it.</summary>
    private static DateTime AsWritten(ReadOnlySpan<char> text, string[] formats, DateTime read) =>
        read.Kind == DateTimeKind.Utc && DateTimeOffset.TryParseExact(text, formats, Format, OffsetStyles, out DateTimeOffset local) ? local.DateTime : read;

    public static IEnumerable<string> Validate(IReadOnlyList<string> formats)
    {
        if (formats.Count == 0)
        {
            yield return "it has no formats: name at least one, such as yyyy-MM-dd";
        }

        foreach (string format in formats)
        {
            if (FindFault(format) is { } fault)
            {
                string wayOut = DateFormat.Nearest(format) is { } nearest ? $" (did you mean {nearest}?)" : ": use one such as yyyy-MM-dd";
                yield return $"'{format}' is not a format dates can be read in, since {fault}{wayOut}";
            }
        }
    }

    /// <summary>Why dates cannot be read in a format, or null: a date must come back from it as it was written.</summary>
    public static string? FindFault(string format)
    {
        if (DateFormat.DateParts(format, out string fault) is not { } parts)
        {
            return fault;
        }

        try
        {
            var sample = new DateTime(2001, 11, 22, 13, 14, 15, DateTimeKind.Utc);
            bool same = TryRead(sample.ToString(format, Format), [format], out DateTime read)
                && ((parts & 1) == 0 || read.Year == sample.Year)
                && ((parts & 2) == 0 || read.Month == sample.Month)
                && ((parts & 4) == 0 || read.Day == sample.Day);
            return same ? null : "what it writes it cannot read";
        }
        catch (FormatException)
        {
            return "it is not well formed";
        }
    }

    private static DateTimeFormatInfo MakeFormat()
    {
        var format = (DateTimeFormatInfo)DateTimeFormatInfo.InvariantInfo.Clone();
        format.Calendar = new GregorianCalendar(GregorianCalendarTypes.Localized) { TwoDigitYearMax = 2049 };
        return DateTimeFormatInfo.ReadOnly(format);
    }
}
