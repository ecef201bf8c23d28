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
    public static string Write(ref KeyedRandom random, Profile profile, Split? split) => Join(ref random, profile, Sentences(ref random, profile, split));

    /// <summary>Writes some sentences of a biography, with the question after them.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="profile">The person.</param>
    /// <param name="told">The fields that are told.</param>
    /// <param name="distractors">How many sentences are told that do not belong in the answer.</param>
    /// <returns>The prompt.</returns>
    public static string Excerpt(ref KeyedRandom random, Profile profile, Fields told, int distractors)
    {
        (string, string)[] all = Sentences(ref random, profile, split: null);
        var parts = new List<(string, string)>();
        foreach ((int place, Fields field) in (ReadOnlySpan<(int, Fields)>)[(0, Fields.University), (2, Fields.ProgrammingLanguages), (4, Fields.Home)])
        {
            if (told.HasFlag(field))
            {
                parts.Add(all[place]);
            }
        }

        parts.AddRange(Draw.Several<(string, string)>(ref random, [all[1], all[3], all[5], all[6]], distractors));
        return Join(ref random, profile, [.. parts]);
    }

    private static string Join(ref KeyedRandom random, Profile profile, (string Template, string Value)[] parts)
    {
        random.Shuffle<(string, string)>(parts);
        return string.Join(' ', parts.Select((part, i) => Sentence(part.Template, part.Value, profile, named: i == 0))) + Question;
    }

    private static (string Template, string Value)[] Sentences(ref KeyedRandom random, Profile profile, Split? split) =>
        [
            (Draw.One<string>(ref random, Templates.University.Of(split)), profile.University),
            (Draw.One<string>(ref random, Templates.OtherUniversity.Of(split)), profile.OtherUniversity),
            (Draw.One<string>(ref random, Templates.Programming.Of(split)), Languages.Join(profile.ProgrammingLanguages)),
            (Draw.One<string>(ref random, Templates.DroppedLanguage.Of(split)), profile.DroppedLanguage),
            (Draw.One<string>(ref random, Templates.Home.Of(split)), profile.Home.ToString()),
            (Draw.One<string>(ref random, Templates.Birthplace.Of(split)), profile.Birthplace.ToString()),
            (Draw.One<string>(ref random, Templates.FormerCity.Of(split)), profile.FormerCity.ToString()),
        ];

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
