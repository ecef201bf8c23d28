using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>The synonyms of WordNet 3.0 (Princeton University), as NLTK's METEOR takes them from it.</summary>
/// <remarks>
/// The words of all its synonym sets and its lists of irregular forms come with the package (0.4 MB); meanings, examples and expressions of more
/// than one word do not. They are read at the first use. Thread-safe.
/// </remarks>
public static class WordNet
{
    // The longest word in WordNet has 34 letters. A word like this is no word, and taking its endings off one by one would take long.
    private const int LongestForm = 100;

    private static readonly Lazy<WordNetLexicon[]> Lexicons = new(WordNetLexicon.ReadEmbedded);

    /// <summary>All single words that share a synonym set with a word or with one of its base forms.</summary>
    /// <param name="word">The word, in any case. Inflected forms are looked up by WordNet's rules (<c>mice</c>: <c>mouse</c>; <c>begun</c>: <c>begin</c>).</param>
    /// <returns>The words as WordNet spells them (<c>Einstein</c>), with its own ones; empty when it doesn't know the word.</returns>
    public static IReadOnlySet<string> SynonymsOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var synonyms = new HashSet<string>(StringComparer.Ordinal);
        string form = LowerCase.Of(word);
        if (form.Length > LongestForm)
        {
            return synonyms;
        }

        foreach (WordNetLexicon lexicon in Lexicons.Value)
        {
            lexicon.AddSynonyms(form, synonyms);
        }

        return synonyms;
    }
}
