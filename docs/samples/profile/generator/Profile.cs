namespace RlvrSharp.Samples.Profile;

/// <summary>One invented person: what the answer should say, and what it should not.</summary>
internal sealed record Profile
{
    /// <summary>The first name.</summary>
    public required FirstName First { get; init; }

    /// <summary>The last name.</summary>
    public required string Last { get; init; }

    /// <summary>Where the person studied.</summary>
    public required string University { get; init; }

    /// <summary>The languages the person writes, in the order of the sentence.</summary>
    public required string[] ProgrammingLanguages { get; init; }

    /// <summary>Where the person lives.</summary>
    public required City Home { get; init; }

    /// <summary>A university the person did not study at.</summary>
    public required string OtherUniversity { get; init; }

    /// <summary>A language the person does not write.</summary>
    public required string DroppedLanguage { get; init; }

    /// <summary>Where the person was born.</summary>
    public required City Birthplace { get; init; }

    /// <summary>Where the person lived before.</summary>
    public required City FormerCity { get; init; }

    /// <summary>Draws a person.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="split">Whose values; null for all that pretraining may see.</param>
    /// <returns>The person.</returns>
    public static Profile Next(ref KeyedRandom random, Split? split)
    {
        string[] universities = Draw.Several<string>(ref random, Places.Universities.Of(split), 2);
        City[] cities = Draw.Several<City>(ref random, Places.Cities.Of(split), 3);
        string[] languages = Draw.Several<string>(ref random, Languages.All, 3 + random.NextInt32(2));
        return new Profile
        {
            First = Draw.One<FirstName>(ref random, Names.First.Of(split)),
            Last = Draw.One<string>(ref random, Names.Last.Of(split)),
            University = universities[0],
            OtherUniversity = universities[1],
            ProgrammingLanguages = languages[1..],
            DroppedLanguage = languages[0],
            Home = cities[0],
            Birthplace = cities[1],
            FormerCity = cities[2],
        };
    }

    /// <summary>The right answer, in the one form that training shows: one line, no spaces between the parts.</summary>
    /// <param name="fields">Which fields to tell.</param>
    /// <returns>A JSON object.</returns>
    public string Answer(Fields fields = Fields.All)
    {
        var parts = new List<string>();
        if (fields.HasFlag(Fields.University))
        {
            parts.Add($"\"university\":\"{University}\"");
        }

        if (fields.HasFlag(Fields.ProgrammingLanguages))
        {
            parts.Add($"\"programming_languages\":[\"{string.Join("\",\"", ProgrammingLanguages)}\"]");
        }

        if (fields.HasFlag(Fields.Home))
        {
            parts.Add($"\"city\":\"{Home.Name}\",\"state\":\"{Home.State}\"");
        }

        return $"{{{string.Join(',', parts)}}}";
    }
}
