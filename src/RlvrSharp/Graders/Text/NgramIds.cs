namespace RlvrSharp.Graders.Text;

/// <summary>Gives equal n-grams equal numbers, exactly (no hash is trusted): an n-gram is an (n−1)-gram and one more word.</summary>
internal sealed class NgramIds
{
    private readonly Dictionary<string, int> words = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Prefix, int Word), int> grams = [];

    /// <summary>The number of each word.</summary>
    /// <param name="tokens">The words.</param>
    /// <returns>One number a word.</returns>
    public int[] Words(IReadOnlyList<string> tokens)
    {
        var ids = new int[tokens.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            if (!words.TryGetValue(tokens[i], out ids[i]))
            {
                ids[i] = words.Count;
                words.Add(tokens[i], ids[i]);
            }
        }

        return ids;
    }

    /// <summary>How often each n-gram occurs, for n from 1 to <paramref name="longest"/>.</summary>
    /// <param name="ids">The words' numbers.</param>
    /// <param name="longest">The longest n.</param>
    /// <returns>A count per n-gram, for each n (index n − 1).</returns>
    public Dictionary<int, int>[] Count(int[] ids, int longest)
    {
        var counts = new Dictionary<int, int>[longest];
        int[] current = ids;
        for (int n = 1; n <= longest; n++)
        {
            if (n > 1)
            {
                var next = new int[Math.Max(0, ids.Length - n + 1)];
                for (int i = 0; i < next.Length; i++)
                {
                    (int, int) key = (current[i], ids[i + n - 1]);
                    if (!grams.TryGetValue(key, out next[i]))
                    {
                        // Numbers of longer grams live above those of words; they only ever meet their own length.
                        next[i] = grams.Count;
                        grams.Add(key, next[i]);
                    }
                }

                current = next;
            }

            var count = new Dictionary<int, int>();
            foreach (int gram in current)
            {
                count[gram] = count.GetValueOrDefault(gram) + 1;
            }

            counts[n - 1] = count;
        }

        return counts;
    }

    /// <summary>How many n-grams two texts share, each as often as in the one that has it less often.</summary>
    /// <param name="a">Counts of one.</param>
    /// <param name="b">Counts of the other.</param>
    /// <returns>The size of the overlap.</returns>
    public static int Overlap(Dictionary<int, int> a, Dictionary<int, int> b)
    {
        int overlap = 0;
        foreach ((int gram, int count) in a)
        {
            overlap += Math.Min(count, b.GetValueOrDefault(gram));
        }

        return overlap;
    }

    /// <summary>How many n-grams there are in all.</summary>
    /// <param name="counts">Counts.</param>
    /// <returns>Their sum.</returns>
    public static int Total(Dictionary<int, int> counts)
    {
        int total = 0;
        foreach (int count in counts.Values)
        {
            total += count;
        }

        return total;
    }
}
