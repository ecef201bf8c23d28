using System.Collections.Frozen;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>Porter's stemmer (1980) with the extensions that NLTK has on by default.</summary>
internal static class PorterStemmer
{
    private static readonly FrozenDictionary<string, string> Irregular = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["sky"] = "sky", ["skies"] = "sky", ["dying"] = "die", ["lying"] = "lie", ["tying"] = "tie", ["news"] = "news",
        ["innings"] = "inning", ["inning"] = "inning", ["outings"] = "outing", ["outing"] = "outing", ["cannings"] = "canning", ["canning"] = "canning",
        ["howe"] = "howe", ["proceed"] = "proceed", ["exceed"] = "exceed", ["succeed"] = "succeed",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly (string Suffix, string Replacement)[] Step2Rules =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"),
        ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"),
        ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ];

    private static readonly (string Suffix, string Replacement)[] Step3Rules =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] Step4Suffixes =
        ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"];

    /// <summary>The stem of a word.</summary>
    /// <param name="word">A word.</param>
    /// <returns>Its stem, in lower case.</returns>
    public static string Stem(string word)
    {
        string stem = LowerCase.Of(word);
        if (Irregular.TryGetValue(stem, out string? known))
        {
            return known;
        }

        if (stem.Length <= 2)
        {
            return stem;
        }

        stem = Step1B(Step1A(stem));
        if (stem.Length > 2 && Ends(stem, "y") && IsConsonant(stem, stem.Length - 2))
        {
            stem = stem[..^1] + "i";
        }

        return Step5(Step4(Step3(Step2(stem))));
    }

    private static bool Ends(string word, string suffix) => word.EndsWith(suffix, StringComparison.Ordinal);

    private static bool IsConsonant(ReadOnlySpan<char> word, int at)
    {
        // A y is a consonant at the beginning and after a vowel, so a run of them alternates from its first.
        int first = at;
        while (first > 0 && word[first] == 'y')
        {
            first--;
        }

        bool consonant = word[first] is not ('a' or 'e' or 'i' or 'o' or 'u');
        return (at - first) % 2 == 0 ? consonant : !consonant;
    }

    private static int Measure(ReadOnlySpan<char> stem)
    {
        int measure = 0;
        bool vowelBefore = false;
        bool consonant = false;
        for (int i = 0; i < stem.Length; i++)
        {
            consonant = stem[i] is not ('a' or 'e' or 'i' or 'o' or 'u') && (stem[i] != 'y' || i == 0 || !consonant);
            measure += consonant && vowelBefore ? 1 : 0;
            vowelBefore = !consonant;
        }

        return measure;
    }

    private static bool HasVowel(string stem)
    {
        for (int i = 0; i < stem.Length; i++)
        {
            if (!IsConsonant(stem, i))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsInConsonantVowelConsonant(string word) =>
        (word.Length >= 3 && IsConsonant(word, word.Length - 3) && !IsConsonant(word, word.Length - 2) && IsConsonant(word, word.Length - 1) && word[^1] is not ('w' or 'x' or 'y'))
        || (word.Length == 2 && !IsConsonant(word, 0) && IsConsonant(word, 1));

    private static string Step1A(string word)
    {
        if (Ends(word, "ies"))
        {
            return word.Length == 4 ? word[..^1] : word[..^2];
        }

        return Ends(word, "sses") ? word[..^2] : Ends(word, "ss") ? word : Ends(word, "s") ? word[..^1] : word;
    }

    private static string Step1B(string word)
    {
        if (Ends(word, "ied"))
        {
            return word.Length == 4 ? word[..^1] : word[..^2];
        }

        if (Ends(word, "eed"))
        {
            return Measure(word.AsSpan(0, word.Length - 3)) > 0 ? word[..^1] : word;
        }

        string? stem = Ends(word, "ed") && HasVowel(word[..^2]) ? word[..^2] : Ends(word, "ing") && HasVowel(word[..^3]) ? word[..^3] : null;
        if (stem is null)
        {
            return word;
        }

        if (Ends(stem, "at") || Ends(stem, "bl") || Ends(stem, "iz"))
        {
            return stem + "e";
        }

        if (stem.Length >= 2 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1))
        {
            return stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1];
        }

        return Measure(stem) == 1 && EndsInConsonantVowelConsonant(stem) ? stem + "e" : stem;
    }

    private static string Step2(string word)
    {
        while (Ends(word, "alli") && Measure(word.AsSpan(0, word.Length - 4)) > 0)
        {
            word = word[..^2];
        }

        foreach ((string suffix, string replacement) in Step2Rules)
        {
            if (Ends(word, suffix))
            {
                return Measure(word.AsSpan(0, word.Length - suffix.Length)) > 0 ? string.Concat(word.AsSpan(0, word.Length - suffix.Length), replacement) : word;
            }
        }

        return Ends(word, "logi") && Measure(word.AsSpan(0, word.Length - 3)) > 0 ? word[..^1] : word;
    }

    private static string Step3(string word)
    {
        foreach ((string suffix, string replacement) in Step3Rules)
        {
            if (Ends(word, suffix))
            {
                return Measure(word.AsSpan(0, word.Length - suffix.Length)) > 0 ? string.Concat(word.AsSpan(0, word.Length - suffix.Length), replacement) : word;
            }
        }

        return word;
    }

    private static string Step4(string word)
    {
        foreach (string suffix in Step4Suffixes)
        {
            if (Ends(word, suffix))
            {
                string stem = word[..^suffix.Length];
                return Measure(stem) > 1 && (suffix != "ion" || stem[^1] is 's' or 't') ? stem : word;
            }
        }

        return word;
    }

    private static string Step5(string word)
    {
        if (Ends(word, "e"))
        {
            string stem = word[..^1];
            int measure = Measure(stem);
            if (measure > 1 || (measure == 1 && !EndsInConsonantVowelConsonant(stem)))
            {
                word = stem;
            }
        }

        return Ends(word, "ll") && Measure(word.AsSpan(0, word.Length - 1)) > 1 ? word[..^1] : word;
    }
}
