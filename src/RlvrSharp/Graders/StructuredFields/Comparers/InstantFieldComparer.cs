using System.Globalization;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Points in time in declared formats, equal within a tolerance. A time without an offset is taken as UTC.</summary>
internal sealed class InstantFieldComparer(TimeSpan tolerance, string[] formats) : FieldComparer("date_time")
{
    /// <summary>The forms of ISO 8601 in use: with T or a space, with or without seconds, fractions and offset.</summary>
    public static readonly string[] Iso =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK",
    ];

    internal override object Prepare(AnswerValue expected) => TryRead(expected, out DateTimeOffset instant)
        ? instant
        : throw new FieldValueFault($"is {Show(expected)}, but the comparer 'date_time' wants a time in the form {string.Join(" or ", formats.Take(3))}");

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred) =>
        TryRead(actual, out DateTimeOffset instant) && (instant - (DateTimeOffset)prepared).Duration() <= tolerance ? 1 : 0;

    internal override IEnumerable<string> Validate()
    {
        if (tolerance < TimeSpan.Zero)
        {
            yield return $"its tolerance is {tolerance.ToString("c", CultureInfo.InvariantCulture)}: use 0 or more";
        }

        foreach (string format in formats.Where(format => DateForms.FindFault(format) is null && !DateFormat.HasYear(format)))
        {
            yield return $"the format '{format}' has no year, so it names no point in time: add yyyy";
        }

        foreach (string problem in DateForms.Validate(formats))
        {
            yield return problem;
        }
    }

    internal override void WriteParameters(JsonObject json)
    {
        if (tolerance > TimeSpan.Zero)
        {
            json["tolerance_seconds"] = tolerance.TotalSeconds;
        }

        if (!formats.AsSpan().SequenceEqual(Iso))
        {
            DateFieldComparer.WriteFormats(json, formats);
        }
    }

    private bool TryRead(AnswerValue value, out DateTimeOffset instant)
    {
        instant = default;
        if (value.Kind != AnswerKind.String || value.Text.Length > 100)
        {
            return false;
        }

        return TryParse(value.Text, out instant) || (ReferenceEquals(formats, Iso) && TryParse(Plain(value.Text), out instant));
    }

    /// <summary>ISO 8601 in the forms that .NET does not read: t and z in small letters, a comma before the fraction, more digits than ticks have.</summary>
    private static string Plain(ReadOnlySpan<char> text)
    {
        string plain = text.ToString().Replace('t', 'T').Replace('z', 'Z').Replace(',', '.');
        int point = plain.IndexOf('.', StringComparison.Ordinal);
        int end = point + 1;
        while (point >= 0 && end < plain.Length && char.IsAsciiDigit(plain[end]))
        {
            end++;
        }

        return point >= 0 && end - point > 8 ? plain.Remove(point + 8, end - point - 8) : plain;
    }

    private bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset instant) => DateTimeOffset.TryParseExact(
        text, formats, DateForms.Format, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite, out instant);
}
