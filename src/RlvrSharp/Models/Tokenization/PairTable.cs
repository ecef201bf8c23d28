using System.Numerics;

namespace RlvrSharp.Models.Tokenization;

/// <summary>A hash table from a pair of ids to the rank and the id of their merge.</summary>
internal sealed class PairTable
{
    private readonly ulong[] keys; // pair + 1; 0 is empty
    private readonly int[] ranks;
    private readonly int[] ids;
    private readonly int shift;

    public PairTable(int count)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, count * 2L));
        keys = new ulong[size];
        ranks = new int[size];
        ids = new int[size];
        shift = 64 - BitOperations.Log2((uint)size);
    }

    public void Set(int left, int right, int rank, int id)
    {
        int slot = Find(left, right, out ulong key);
        (keys[slot], ranks[slot], ids[slot]) = (key, rank, id);
    }

    public bool TryGet(int left, int right, out int rank, out int id)
    {
        int slot = Find(left, right, out ulong key);
        (rank, id) = (ranks[slot], ids[slot]);
        return keys[slot] == key;
    }

    private int Find(int left, int right, out ulong key)
    {
        key = ((ulong)(uint)left << 32 | (uint)right) + 1;
        int slot = (int)(key * 0x9E3779B97F4A7C15UL >> shift);
        while (keys[slot] != 0 && keys[slot] != key)
        {
            slot = (slot + 1) & (keys.Length - 1);
        }

        return slot;
    }
}
