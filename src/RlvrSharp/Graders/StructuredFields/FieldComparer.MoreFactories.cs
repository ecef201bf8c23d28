namespace RlvrSharp.Graders;

public abstract partial class FieldComparer
{
    /// <summary>
    /// Amounts of money: a number, or a text with a number and perhaps a currency as three letters or a usual symbol. Where the reference names a currency, the
    /// answer must name the same; where it does not, any is fine.
    /// </summary>
    /// <param name="tolerance">The absolute tolerance; 0 or more.</param>
    /// <param name="decimalSeparator">A point or a comma; the other one separates thousands, in groups of exactly three.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Money(double tolerance = 0, char decimalSeparator = '.') => new MoneyFieldComparer(tolerance, decimalSeparator);

    /// <summary>Points in time, compared as such: 12:00+01:00 is 11:00Z. A time without an offset is UTC. No format means those of ISO 8601.</summary>
    /// <param name="formats">.NET date and time formats.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer DateTime(params string[] formats) => DateTime(TimeSpan.Zero, formats);

    /// <summary>Points in time that may differ by a tolerance.</summary>
    /// <param name="tolerance">The largest difference; 0 or more.</param>
    /// <param name="formats">.NET date and time formats.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer DateTime(TimeSpan tolerance, params string[] formats)
    {
        ArgumentNullException.ThrowIfNull(formats);
        return new InstantFieldComparer(tolerance, formats.Length == 0 ? InstantFieldComparer.Iso : [.. formats]);
    }

    /// <summary>Lengths of time, whatever form they are in: <c>PT1H30M</c>, <c>1:30:00</c>, <c>1 h 30 min</c>, <c>90 minutes</c>, or a number.</summary>
    /// <param name="unit">What a bare number counts: seconds, minutes, hours or days.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Duration(string unit = "seconds")
    {
        ArgumentNullException.ThrowIfNull(unit);
        return new DurationFieldComparer(unit);
    }

    /// <summary>
    /// Web addresses. The case of scheme and host, a default port, a fragment and a closing slash do not count; path and query do. Without a scheme, https is meant.
    /// </summary>
    /// <param name="ignoreScheme">Whether http and https are the same.</param>
    /// <param name="ignoreWww">Whether <c>www.</c> in front of the host does not count.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Url(bool ignoreScheme = false, bool ignoreWww = false) => new UrlFieldComparer(ignoreScheme, ignoreWww);

    /// <summary>Telephone numbers: spaces, dashes, dots and parentheses do not count, extensions do.</summary>
    /// <param name="defaultCountry">The country's code, such as <c>+1</c>, of numbers that do not say; null compares those as they are.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Phone(string? defaultCountry = null) => new PhoneFieldComparer(defaultCountry);

    /// <summary>Texts of a declared form, of which what the groups catch is compared. Matched without backtracking, so lookarounds and backreferences are not available.</summary>
    /// <param name="pattern">A .NET regular expression for the whole text.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Regex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new PatternFieldComparer(pattern);
    }

    /// <summary>The reference is itself a regular expression, and the whole answer must match it.</summary>
    /// <returns>The comparer.</returns>
    public static FieldComparer ReferenceRegex() => new ReferencePatternFieldComparer();

    /// <summary>
    /// Texts by edit distance: with similarity s = 1 − distance / longer length and threshold t, max(0, (s − t) / (1 − t)). For names and titles; never for
    /// identifiers, dates or amounts, where one character makes another thing.
    /// </summary>
    /// <param name="threshold">Where credit begins; 0.5 to below 1.</param>
    /// <param name="ignoreCase">Whether case does not count.</param>
    /// <param name="ignorePunctuation">Whether punctuation is left out.</param>
    /// <param name="ignoreArticles">Whether the words a, an and the are left out.</param>
    /// <param name="compatibility">Whether to use Unicode form KC.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Similarity(
        double threshold = 0.8, bool ignoreCase = true, bool ignorePunctuation = false, bool ignoreArticles = false, bool compatibility = false) =>
        new SimilarityFieldComparer(threshold, Foldings(ignoreCase, ignorePunctuation, ignoreArticles, compatibility));

    /// <summary>The reference lists the values that are accepted (or has just one), and the answer gives one of them.</summary>
    /// <param name="values">How each is compared; null as nothing declared is.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer OneOf(FieldComparer? values = null) => new OneOfFieldComparer(values ?? InferredComparer);
}
