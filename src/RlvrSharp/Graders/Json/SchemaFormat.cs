using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders.Json;

/// <summary>The formats that strict structured output knows.</summary>
internal static partial class SchemaFormat
{
    public static IReadOnlyCollection<string> Names { get; } = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

    public static bool Holds(string format, string text) => format switch
    {
        "date" => IsDate(text),
        "time" => Time().IsMatch(text),
        "date-time" => text.Length > 11 && text[10] is 'T' or 't' or ' ' && IsDate(text[..10]) && Time().IsMatch(text[11..]),
        "duration" => Duration().IsMatch(text) && text[^1] is not ('P' or 'T'),
        "email" => Email().IsMatch(text),
        "hostname" => text.Length <= 253 && Host().IsMatch(text),
        "ipv4" => IPv4().IsMatch(text) && IPAddress.TryParse(text, out IPAddress? four) && four.AddressFamily == AddressFamily.InterNetwork,
        "ipv6" => text.Contains(':', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(text, out IPAddress? six) && six.AddressFamily == AddressFamily.InterNetworkV6,
        "uuid" => Guid.TryParseExact(text, "D", out _),
        _ => true,
    };

    private static bool IsDate(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex("^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex("^P([0-9]+W|([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();

    [GeneratedRegex("^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Email();

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Host();

    [GeneratedRegex("^([0-9]{1,3}\\.){3}[0-9]{1,3}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IPv4();
}
