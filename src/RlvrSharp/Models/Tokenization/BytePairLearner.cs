namespace RlvrSharp.Models.Tokenization;

/// <summary>Counts words and learns merges from them, keeping pair counts up to date instead of counting anew.</summary>
internal sealed class BytePairLearner(int minimumCount)
{
    private readonly Dictionary<string, int> wordIndex = new(StringComparer.Ordinal);
    private readonly List<(string Text, long Count)> words = [];

    /// <summary>Counts one occurrence of a word, written in the byte alphabet.</summary>
    public void Count(string word)
    {
        if (wordIndex.TryGetValue(word, out int index))
        {
            words[index] = words[index] with { Count = words[index].Count + 1 };
        }
        else
        {
            wordIndex.Add(word, words.Count);
            words.Add((word, 1));
        }
    }

    /// <summary>Learns.</summary>
    /// <param name="size">The tokens wanted, the 256 bytes included.</param>
    /// <returns>The tokens by id, and the merges in the order learnt.</returns>
    public (IReadOnlyList<string> Vocabulary, IReadOnlyList<(string Left, string Right)> Merges) Learn(int size)
    {
        // Bytes in the order of their characters, as GPT-2's vocabulary has them.
        List<string> vocabulary = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Char((byte)value)).Order().Select(character => character.ToString())];
        var ids = vocabulary.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
        var merges = new List<(string, string)>();
        List<int>[] symbols = [.. words.Select(word => word.Text.Select(character => ids[character.ToString()]).ToList())];
        var counts = new Dictionary<(int Left, int Right), long>();
        var places = new Dictionary<(int Left, int Right), HashSet<int>>();
        var touched = new HashSet<(int Left, int Right)>();
        for (int word = 0; word < symbols.Length; word++)
        {
            for (int i = 0; i + 1 < symbols[word].Count; i++)
            {
                Change((symbols[word][i], symbols[word][i + 1]), word, words[word].Count);
            }
        }

        var queue = new PriorityQueue<((int Left, int Right) Pair, long Count), (long, int, int)>(counts.Select(entry => ((entry.Key, entry.Value), Order(entry.Key, entry.Value))));
        while (vocabulary.Count < size && queue.TryDequeue(out ((int Left, int Right) Pair, long Count) best, out _))
        {
            if (counts.GetValueOrDefault(best.Pair) != best.Count)
            {
                continue; // an older count; the newer one is in the queue too
            }

            if (best.Count < minimumCount)
            {
                break;
            }

            (string left, string right) = (vocabulary[best.Pair.Left], vocabulary[best.Pair.Right]);
            merges.Add((left, right));
            if (!ids.TryGetValue(left + right, out int id))
            {
                id = vocabulary.Count;
                vocabulary.Add(left + right);
                ids.Add(left + right, id);
            }

            touched.Clear();
            foreach (int word in places[best.Pair])
            {
                Join(symbols[word], best.Pair, id, word);
            }

            counts.Remove(best.Pair);
            places.Remove(best.Pair);
            touched.Remove(best.Pair);
            foreach ((int Left, int Right) pair in touched)
            {
                if (counts.TryGetValue(pair, out long count) && count > 0)
                {
                    queue.Enqueue((pair, count), Order(pair, count));
                }
            }
        }

        return (vocabulary, merges);

        static (long, int, int) Order((int Left, int Right) pair, long count) => (-count, pair.Left, pair.Right);

        void Change((int Left, int Right) pair, int word, long by)
        {
            counts[pair] = counts.GetValueOrDefault(pair) + by;
            if (by > 0)
            {
                (places.TryGetValue(pair, out HashSet<int>? set) ? set : places[pair] = []).Add(word);
            }

            touched.Add(pair);
        }

        void Join(List<int> symbolsOfWord, (int Left, int Right) pair, int id, int word)
        {
            long count = words[word].Count;
            for (int i = 0; i + 1 < symbolsOfWord.Count; i++)
            {
                if (symbolsOfWord[i] != pair.Left || symbolsOfWord[i + 1] != pair.Right)
                {
                    continue;
                }

                if (i > 0)
                {
                    Change((symbolsOfWord[i - 1], pair.Left), word, -count);
                    Change((symbolsOfWord[i - 1], id), word, count);
                }

                if (i + 2 < symbolsOfWord.Count)
                {
                    Change((pair.Right, symbolsOfWord[i + 2]), word, -count);
                    Change((id, symbolsOfWord[i + 2]), word, count);
                }

                symbolsOfWord[i] = id;
                symbolsOfWord.RemoveAt(i + 1);
            }
        }
    }
}
