namespace RlvrSharp.Samples.Profile;

/// <summary>One document of pretraining.</summary>
/// <param name="Prompt">The part that is read.</param>
/// <param name="Answer">The part that is written, without the end token.</param>
/// <param name="Kind">What kind of document it is.</param>
internal sealed record Document(string Prompt, string Answer, DocumentKind Kind);

/// <summary>Kinds of pretraining documents.</summary>
internal enum DocumentKind
{
    /// <summary>A row of words, to be said again as a JSON list.</summary>
    List,

    /// <summary>Some sentences of a biography, with the fields they tell.</summary>
    Excerpt,

    /// <summary>A biography with the right answer.</summary>
    Right,

    /// <summary>A biography with a careless answer.</summary>
    Sloppy,
}

/// <summary>
/// The texts the base model learns from. At first half of them are copying exercises, for a model that never learned to copy answers by
/// heart and later finds ways to score without reading. The rest are biographies: nearly all answered rightly in the first part of the
/// time, mostly carelessly afterwards, so that the finished model knows the right answer and seldom gives it whole.
/// </summary>
internal static class Corpus
{
    /// <summary>Until this share of the time, answers are mostly right.</summary>
    public const double CarefulUntil = 0.60;

    /// <summary>The share of right answers until then.</summary>
    public const double RightAtFirst = 0.95;

    /// <summary>The share of right answers afterwards.</summary>
    public const double RightLater = 0.42;

    /// <summary>The share of copying exercises at the beginning; it falls evenly to <see cref="CopyingAtLast"/>.</summary>
    public const double CopyingAtFirst = 0.20;

    /// <summary>The share of copying exercises at the end.</summary>
    public const double CopyingAtLast = 0.05;

    /// <summary>The share of excerpts among biographies at the beginning; it falls evenly to nothing at <see cref="CarefulUntil"/>.</summary>
    public const double ExcerptsAtFirst = 0.95;

    private static readonly string[] Words =
    [
        .. Places.Cities.Of(null).Select(city => city.Name), .. Places.Cities.Of(null).Select(city => city.State).Distinct(),
        .. Places.Universities.Of(null), .. Languages.All, .. Names.First.Of(null).Select(name => name.Name), .. Names.Last.Of(null),
    ];

    /// <summary>Writes one document.</summary>
    /// <param name="seed">Which corpus.</param>
    /// <param name="index">Which document of it.</param>
    /// <param name="time">How far pretraining is, from 0 to 1.</param>
    /// <returns>The document.</returns>
    public static Document Next(ulong seed, ulong index, double time)
    {
        var random = new KeyedRandom(KeyedRandom.Key(0x434F52505553, seed, index));
        if (Draw.Chance(ref random, CopyingAtFirst + ((CopyingAtLast - CopyingAtFirst) * time)))
        {
            return WordList(ref random);
        }

        Profile profile = Profile.Next(ref random, split: null);
        if (Draw.Chance(ref random, ExcerptsAtFirst * Math.Max(0, 1 - (time / CarefulUntil))))
        {
            return Excerpt(ref random, profile);
        }

        string prompt = Biography.Write(ref random, profile, split: null);
        return Draw.Chance(ref random, time < CarefulUntil ? RightAtFirst : RightLater)
            ? new Document(prompt, profile.Answer(), DocumentKind.Right)
            : new Document(prompt, SloppyAnswer.Write(ref random, profile), DocumentKind.Sloppy);
    }

    // Words come in the form that texts have them, after a space, and go out in the form that answers have them, after a quotation mark:
    // for a byte-level tokenizer these are different tokens, so this is where copying is learned.
    private static Document WordList(ref KeyedRandom random)
    {
        string[] words = Draw.Several<string>(ref random, Words, 4 + random.NextInt32(9));
        return new Document($"Words: {string.Join(", ", words)}.\nList:", $"[\"{string.Join("\",\"", words)}\"]", DocumentKind.List);
    }

    // A few sentences and the fields they tell: the same reading as in a whole biography, with less to confuse.
    private static Document Excerpt(ref KeyedRandom random, Profile profile)
    {
        Fields told = (Fields)(1 + random.NextInt32((int)Fields.All));
        string prompt = Biography.Excerpt(ref random, profile, told, random.NextInt32(3));
        return new Document(prompt, profile.Answer(told), DocumentKind.Excerpt);
    }
}
