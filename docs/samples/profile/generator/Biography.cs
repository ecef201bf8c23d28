namespace RlvrSharp.Samples.Profile;

/// <summary>Tells a person's life in seven short sentences, in random order.</summary>
internal static class Biography
{
    /// <summary>What asks for the answer, after the biography.</summary>
    public const string Question = "\nProfile:";

    /// <summary>Writes a biography with the question after it.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="profile">The person.</param>
    /// <param name="split">Whose sentences; null for all that pretraining may see.</param>
    /// <returns>The prompt.</returns>
    public static string Write(ref KeyedRandom random, Profile profile, Split? split)
    {
        (string Template, string Value)[] parts =
        [
            (Draw.One<string>(ref random, Sentences.University.Of(split)), profile.University),
            (Draw.One<string>(ref random, Sentences.OtherUniversity.Of(split)), profile.OtherUniversity),
            (Draw.One<string>(ref random, Sentences.Programming.Of(split)), Languages.Join(profile.ProgrammingLanguages)),
            (Draw.One<string>(ref random, Sentences.DroppedLanguage.Of(split)), profile.DroppedLanguage),
            (Draw.One<string>(ref random, Sentences.Home.Of(split)), profile.Home.ToString()),
            (Draw.One<string>(ref random, Sentences.Birthplace.Of(split)), profile.Birthplace.ToString()),
            (Draw.One<string>(ref random, Sentences.FormerCity.Of(split)), profile.FormerCity.ToString()),
        ];
        random.Shuffle<(string, string)>(parts);
        return string.Join(' ', parts.Select((part, i) => Sentence(part.Template, part.Value, profile, named: i == 0))) + Question;
    }

    /// <summary>Fills one sentence in.</summary>
    /// <param name="template">The sentence with its places to fill.</param>
    /// <param name="value">The university, city or languages.</param>
    /// <param name="profile">The person.</param>
    /// <param name="named">Whether to say the name, as the first sentence does, rather than a pronoun.</param>
    /// <returns>The sentence.</returns>
    public static string Sentence(string template, string value, Profile profile, bool named)
    {
        bool she = profile.First.Female;
        string name = $"{profile.First.Name} {profile.Last}";
        return template
            .Replace("{Who}", named ? name : she ? "She" : "He", StringComparison.Ordinal)
            .Replace("{who}", named ? name : she ? "she" : "he", StringComparison.Ordinal)
            .Replace("{whom}", named ? name : she ? "her" : "him", StringComparison.Ordinal)
            .Replace("{Whose}", named ? $"{name}'s" : she ? "Her" : "His", StringComparison.Ordinal)
            .Replace("{x}", value, StringComparison.Ordinal);
    }
}
