namespace RlvrSharp.Models.Tokenization;

/// <summary>Joins pairs of symbols, the lowest rank first and the leftmost of equals, until no pair has a merge.</summary>
internal static class BytePairMerger
{
    private const int FewSymbols = 24;

    /// <summary>Merges.</summary>
    /// <param name="symbols">The ids to begin with; overwritten.</param>
    /// <param name="merges">The merges.</param>
    /// <returns>The ids that are left.</returns>
    public static int[] Merge(int[] symbols, PairTable merges) => symbols.Length <= FewSymbols ? MergeFew(symbols, merges) : MergeMany(symbols, merges);

    /// <summary>For words: looks at every pair each time.</summary>
    internal static int[] MergeFew(int[] symbols, PairTable merges)
    {
        int count = symbols.Length;
        while (count > 1)
        {
            int best = -1, bestRank = int.MaxValue, bestId = 0;
            for (int i = 0; i + 1 < count; i++)
            {
                if (merges.TryGet(symbols[i], symbols[i + 1], out int rank, out int id) && rank < bestRank)
                {
                    (best, bestRank, bestId) = (i, rank, id);
                }
            }

            if (best < 0)
            {
                break;
            }

            symbols[best] = bestId;
            Array.Copy(symbols, best + 2, symbols, best + 1, count - best - 2);
            count--;
        }

        return symbols[..count];
    }

    /// <summary>For long runs: a linked list and a queue of pairs, n log n in the length.</summary>
    internal static int[] MergeMany(int[] symbols, PairTable merges)
    {
        int length = symbols.Length;
        int[] next = new int[length];
        int[] previous = new int[length];
        var queue = new PriorityQueue<(int Position, int Left, int Right, int Id), long>(length);
        for (int i = 0; i < length; i++)
        {
            next[i] = i + 1 < length ? i + 1 : -1;
            previous[i] = i - 1;
            Offer(i);
        }

        int count = length;
        while (queue.TryDequeue(out (int Position, int Left, int Right, int Id) best, out _))
        {
            int right = symbols[best.Position] == best.Left ? next[best.Position] : -1;
            if (right < 0 || symbols[right] != best.Right)
            {
                continue; // a neighbour has been joined since
            }

            symbols[best.Position] = best.Id;
            symbols[right] = -1;
            next[best.Position] = next[right];
            if (next[right] >= 0)
            {
                previous[next[right]] = best.Position;
            }

            count--;
            Offer(best.Position);
            if (previous[best.Position] >= 0)
            {
                Offer(previous[best.Position]);
            }
        }

        int[] result = new int[count];
        for (int at = 0, i = 0; at >= 0; at = next[at])
        {
            result[i++] = symbols[at];
        }

        return result;

        void Offer(int position)
        {
            int right = next[position];
            if (right >= 0 && merges.TryGet(symbols[position], symbols[right], out int rank, out int id))
            {
                queue.Enqueue((position, symbols[position], symbols[right], id), (long)rank << 32 | (uint)position);
            }
        }
    }
}
