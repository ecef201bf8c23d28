using System.Numerics;

namespace RlvrSharp.Graders.Text;

/// <summary>The length of the longest common subsequence, 64 positions at a time (Hyyrö, 2004).</summary>
internal sealed class CommonSubsequence
{
    private readonly int length;
    private readonly int words;
    private readonly Dictionary<int, int> rows = [];
    private readonly List<ulong> masks = [];
    private readonly ulong[] state;

    /// <summary>Prepares a pattern, which can then be compared with many texts.</summary>
    /// <param name="pattern">The pattern.</param>
    public CommonSubsequence(ReadOnlySpan<int> pattern)
    {
        length = pattern.Length;
        words = (length + 63) / 64;
        state = new ulong[words];
        for (int i = 0; i < length; i++)
        {
            if (!rows.TryGetValue(pattern[i], out int row))
            {
                row = rows.Count;
                rows.Add(pattern[i], row);
                masks.AddRange(new ulong[words]);
            }

            masks[(row * words) + (i / 64)] |= 1UL << (i % 64);
        }
    }

    /// <summary>The length of the longest common subsequence of two sequences.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <returns>A length.</returns>
    public static int Length(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        // What both begin and end with is common anyway; the shorter rest is the pattern.
        int prefix = a.CommonPrefixLength(b);
        a = a[prefix..];
        b = b[prefix..];
        int suffix = 0;
        while (suffix < a.Length && suffix < b.Length && a[^(suffix + 1)] == b[^(suffix + 1)])
        {
            suffix++;
        }

        a = a[..^suffix];
        b = b[..^suffix];
        if (a.Length > b.Length)
        {
            ReadOnlySpan<int> longer = a;
            a = b;
            b = longer;
        }

        return prefix + suffix + (a.Length == 0 ? 0 : new CommonSubsequence(a).With(b));
    }

    /// <summary>The length of the longest common subsequence of the pattern and a text. Not thread-safe.</summary>
    /// <param name="text">The text.</param>
    /// <returns>A length.</returns>
    public int With(ReadOnlySpan<int> text)
    {
        Array.Fill(state, ulong.MaxValue);
        ReadOnlySpan<ulong> all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(masks);
        foreach (int symbol in text)
        {
            if (!rows.TryGetValue(symbol, out int row))
            {
                continue;
            }

            ReadOnlySpan<ulong> mask = all.Slice(row * words, words);
            ulong carry = 0;
            for (int w = 0; w < words; w++)
            {
                ulong s = state[w];
                ulong u = s & mask[w];
                ulong sum = s + u;
                ulong overflow = sum < s ? 1UL : 0UL;
                ulong total = sum + carry;
                carry = overflow | (total < sum ? 1UL : 0UL);
                state[w] = total | (s - u);
            }
        }

        int common = 0;
        for (int w = 0; w < words; w++)
        {
            ulong zeros = ~state[w];
            if (w == words - 1 && length % 64 != 0)
            {
                zeros &= (1UL << (length % 64)) - 1;
            }

            common += BitOperations.PopCount(zeros);
        }

        return common;
    }
}
