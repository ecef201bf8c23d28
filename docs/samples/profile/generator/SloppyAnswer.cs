using System.Globalization;

namespace RlvrSharp.Samples.Profile;

/// <summary>
/// Answers as a careless person would write them. Each slip happens by itself, so that every field is right more often than any one wrong
/// value, while a whole answer is rarely right.
/// </summary>
internal static class SloppyAnswer
{
    /// <summary>The chance of taking a city the person does not live in.</summary>
    public const double WrongCity = 0.60;

    /// <summary>The chance of leaving languages out, or of taking the dropped one in.</summary>
    public const double WrongLanguages = 0.55;

    /// <summary>The chance of taking a university the person did not study at.</summary>
    public const double WrongUniversity = 0.50;

    /// <summary>The chance of leaving one field out.</summary>
    public const double FieldLeftOut = 0.25;

    /// <summary>The chance of a key that nobody asked for.</summary>
    public const double ExtraKey = 0.25;

    /// <summary>The chance of something that is not JSON.</summary>
    public const double BrokenForm = 0.25;

    /// <summary>Writes one.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="profile">The person.</param>
    /// <returns>A text that is meant to be a JSON object.</returns>
    public static string Write(ref KeyedRandom random, Profile profile)
    {
        Profile told = profile with
        {
            University = Draw.Chance(ref random, WrongUniversity) ? profile.OtherUniversity : profile.University,
            ProgrammingLanguages = Draw.Chance(ref random, WrongLanguages) ? OtherLanguages(ref random, profile) : profile.ProgrammingLanguages,
            Home = Draw.Chance(ref random, WrongCity) ? Draw.One<City>(ref random, [profile.Birthplace, profile.FormerCity]) : profile.Home,
        };
        var fields = new List<(string Key, string Value)>
        {
            ("university", Quote(told.University)),
            ("programming_languages", $"[{string.Join(',', told.ProgrammingLanguages.Select(Quote))}]"),
            ("city", Quote(told.Home.Name)),
            ("state", Quote(told.Home.State)),
        };
        if (Draw.Chance(ref random, FieldLeftOut))
        {
            fields.RemoveAt(random.NextInt32(fields.Count));
        }

        if (Draw.Chance(ref random, ExtraKey))
        {
            fields.Insert(random.NextInt32(fields.Count + 1), Draw.One<(string, string)>(
                ref random,
                [("born", Quote(profile.Birthplace.Name)), ("name", Quote(profile.First.Name)), ("country", Quote("US")), ("hobby", Quote("chess")), ("age", Age(ref random))]));
        }

        string json = $"{{{string.Join(',', fields.Select(field => $"\"{field.Key}\":{field.Value}"))}}}";
        return Draw.Chance(ref random, BrokenForm) ? Break(ref random, json, told) : json;
    }

    private static string[] OtherLanguages(ref KeyedRandom random, Profile profile)
    {
        string[] all = profile.ProgrammingLanguages;
        int left = random.NextInt32(all.Length);
        string[] fewer = [.. all.Where((_, i) => i != left)];
        return random.NextInt32(3) switch
        {
            0 => fewer,
            1 => [.. fewer, profile.DroppedLanguage],
            _ => [.. all, profile.DroppedLanguage],
        };
    }

    // Cut short, single quotes, a missing bracket, or a sentence instead of JSON.
    private static string Break(ref KeyedRandom random, string json, Profile told) => random.NextInt32(4) switch
    {
        0 => json[..^1],
        1 => json.Replace('"', '\''),
        2 => json.Replace("]", "", StringComparison.Ordinal),
        _ => $"{Languages.Join(told.ProgrammingLanguages)}, {told.University}, {told.Home}",
    };

    private static string Age(ref KeyedRandom random) => (25 + random.NextInt32(40)).ToString(CultureInfo.InvariantCulture);

    private static string Quote(string text) => $"\"{text}\"";
}
