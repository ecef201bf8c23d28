using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>METEOR (Banerjee and Lavie, 2005) as NLTK 3.8 calculates it: equal words, then equal stems, then synonyms where there is a source of them.</summary>
internal static class Meteor
{
    /// <summary>METEOR with α = 0.9, β = 3, γ = 0.5.</summary>
    /// <param name="input">The answer's words.</param>
    /// <param name="reference">The reference's words.</param>
    /// <param name="synonyms">Gives the synonyms of a stem, or null to leave that stage out.</param>
    /// <returns>0 to 1.</returns>
    public static double Score(IReadOnlyList<string> input, IReadOnlyList<string> reference, Func<string, IReadOnlySet<string>>? synonyms)
    {
        List<(int At, string Word)> said = Numbered(input);
        List<(int At, string Word)> wanted = Numbered(reference);
        var pairs = new List<(int Said, int Wanted)>();
        Match(said, wanted, pairs);
        Stem(said);
        Stem(wanted);
        Match(said, wanted, pairs);
        if (synonyms is not null)
        {
            MatchSynonyms(said, wanted, pairs, synonyms);
        }

        if (pairs.Count == 0)
        {
            return 0;
        }

        double precision = (double)pairs.Count / input.Count;
        double recall = (double)pairs.Count / reference.Count;
        double mean = precision * recall / ((0.9 * precision) + (0.1 * recall));
        pairs.Sort();
        int chunks = 1;
        for (int i = 1; i < pairs.Count; i++)
        {
            chunks += pairs[i].Said == pairs[i - 1].Said + 1 && pairs[i].Wanted == pairs[i - 1].Wanted + 1 ? 0 : 1;
        }

        double scatter = (double)chunks / pairs.Count;
        return (1 - (0.5 * Math.Pow(scatter, 3))) * mean;
    }

    private static List<(int At, string Word)> Numbered(IReadOnlyList<string> words) => [.. words.Select((word, at) => (at, LowerCase.Of(word)))];

    private static void Stem(List<(int At, string Word)> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            words[i] = (words[i].At, PorterStemmer.Stem(words[i].Word));
        }
    }

    // From the last word backwards, each takes the last equal word that is still free; what was taken leaves both lists.
    private static void Match(List<(int At, string Word)> said, List<(int At, string Word)> wanted, List<(int Said, int Wanted)> pairs)
    {
        Dictionary<string, Stack<int>> free = Places(wanted);
        var takenSaid = new bool[said.Count];
        var takenWanted = new bool[wanted.Count];
        for (int i = said.Count - 1; i >= 0; i--)
        {
            if (free.TryGetValue(said[i].Word, out Stack<int>? places) && places.TryPop(out int j))
            {
                pairs.Add((said[i].At, wanted[j].At));
                takenSaid[i] = true;
                takenWanted[j] = true;
            }
        }

        RemoveTaken(said, takenSaid);
        RemoveTaken(wanted, takenWanted);
    }

    // The last stage, so what is taken need not leave the list of the answer's words.
    private static void MatchSynonyms(List<(int At, string Word)> said, List<(int At, string Word)> wanted, List<(int Said, int Wanted)> pairs, Func<string, IReadOnlySet<string>> synonyms)
    {
        Dictionary<string, Stack<int>> free = Places(wanted);
        var known = new Dictionary<string, Stack<int>[]>(StringComparer.Ordinal);
        int left = wanted.Count;
        for (int i = said.Count - 1; i >= 0 && left > 0; i--)
        {
            string word = said[i].Word;
            if (!known.TryGetValue(word, out Stack<int>[]? choices))
            {
                choices = [.. synonyms(word).Append(word).Distinct(StringComparer.Ordinal).Where(free.ContainsKey).Select(other => free[other])];
                known.Add(word, choices);
            }

            if (choices.MaxBy(places => places.TryPeek(out int last) ? last : -1) is { Count: > 0 } best)
            {
                pairs.Add((said[i].At, wanted[best.Pop()].At));
                left--;
            }
        }
    }

    // Where each word stands, the last place on top.
    private static Dictionary<string, Stack<int>> Places(List<(int At, string Word)> words)
    {
        var places = new Dictionary<string, Stack<int>>(StringComparer.Ordinal);
        for (int i = 0; i < words.Count; i++)
        {
            if (!places.TryGetValue(words[i].Word, out Stack<int>? stack))
            {
                places.Add(words[i].Word, stack = new Stack<int>());
            }

            stack.Push(i);
        }

        return places;
    }

    private static void RemoveTaken(List<(int At, string Word)> words, bool[] taken)
    {
        int kept = 0;
        for (int i = 0; i < taken.Length; i++)
        {
            if (!taken[i])
            {
                words[kept++] = words[i];
            }
        }

        words.RemoveRange(kept, words.Count - kept);
    }
}
