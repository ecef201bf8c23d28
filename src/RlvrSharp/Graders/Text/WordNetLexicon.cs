using System.IO.Compression;
using System.Text;

namespace RlvrSharp.Graders.Text;

/// <summary>WordNet's nouns, verbs, adjectives or adverbs: which words stand in which synonym sets, and how forms lead to words.</summary>
internal sealed class WordNetLexicon
{
    /// <summary>The name of the embedded file; docs/decisions/0024 says how it is made and what it holds.</summary>
    private const string Resource = "RlvrSharp.Graders.Text.wordnet-3.0.txt.br";

    // Endings and what takes their place: nouns, verbs, adjectives, adverbs (WordNet's morphy).
    private static readonly (string Ending, string Instead)[][] Rules =
    [
        [("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")],
        [("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")],
        [("er", ""), ("est", ""), ("er", "e"), ("est", "e")],
        [],
    ];

    private readonly (string Ending, string Instead)[] rules;
    private readonly List<string[]> sets = [];
    private readonly Dictionary<string, List<int>> index = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> irregular = new(StringComparer.Ordinal);

    private WordNetLexicon(TextReader reader, (string Ending, string Instead)[] rules)
    {
        this.rules = rules;
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            string[] names = line.Split(' ');
            foreach (string name in names)
            {
                string key = name.ToLowerInvariant();
                if (!index.TryGetValue(key, out List<int>? places))
                {
                    index.Add(key, places = new List<int>(1));
                }

                places.Add(sets.Count);
            }

            // An expression stands there only to be found by a form of it.
            sets.Add(Array.FindAll(names, name => !name.Contains('_', StringComparison.Ordinal)));
        }

        while (reader.ReadLine() is { Length: > 0 } line)
        {
            string[] forms = line.Split(' ');
            irregular[forms[0]] = forms[1..];
        }
    }

    /// <summary>The four parts of speech of the embedded file.</summary>
    public static WordNetLexicon[] ReadEmbedded()
    {
        using Stream packed = typeof(WordNetLexicon).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly has no resource {Resource}.");
        using var unpacked = new BrotliStream(packed, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.ASCII);
        return [.. Rules.Select(rules => new WordNetLexicon(reader, rules))];
    }

    /// <summary>Adds every word of every set that the form belongs to.</summary>
    /// <param name="form">A form, in lower case.</param>
    /// <param name="synonyms">Takes the words.</param>
    public void AddSynonyms(string form, HashSet<string> synonyms)
    {
        foreach (string word in Words(form))
        {
            foreach (int set in index[word])
            {
                synonyms.UnionWith(sets[set]);
            }
        }
    }

    // As NLTK does it: an irregular form has only its listed words beside itself; otherwise the rules are applied once, and again only while nothing is found.
    private List<string> Words(string form)
    {
        if (irregular.TryGetValue(form, out string[]? listed))
        {
            return Known([form, .. listed]);
        }

        List<string> forms = ApplyRules([form]);
        List<string> known = Known([form, .. forms]);
        while (known.Count == 0 && forms.Count > 0)
        {
            forms = ApplyRules(forms);
            known = Known(forms);
        }

        return known;
    }

    private List<string> ApplyRules(List<string> forms)
    {
        var changed = new List<string>();
        foreach (string form in forms)
        {
            foreach ((string ending, string instead) in rules)
            {
                if (form.EndsWith(ending, StringComparison.Ordinal))
                {
                    changed.Add(string.Concat(form.AsSpan(0, form.Length - ending.Length), instead));
                }
            }
        }

        return [.. changed.Distinct(StringComparer.Ordinal)];
    }

    private List<string> Known(List<string> forms) => forms.FindAll(index.ContainsKey);
}
