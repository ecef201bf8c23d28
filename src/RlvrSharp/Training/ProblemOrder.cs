namespace RlvrSharp.Training;

/// <summary>The endless order in which problems are taken: each pass over all of them in its own random order.</summary>
/// <remarks>A place in the order depends on the seed and the place alone, so a resumed run needs no more than the place.</remarks>
internal sealed class ProblemOrder
{
    private const ulong OrderStream = 0x6F72646572;
    private readonly int count;
    private readonly ulong seed;
    private long epoch = -1;
    private int[] order = [];

    public ProblemOrder(int count, ulong seed)
    {
        this.count = count;
        this.seed = seed;
    }

    /// <summary>The problem at a place.</summary>
    public int this[long place]
    {
        get
        {
            if (place / count != epoch)
            {
                epoch = place / count;
                order = Enumerable.Range(0, count).ToArray();
                var random = new KeyedRandom(KeyedRandom.Key(OrderStream, seed, (ulong)epoch));
                random.Shuffle<int>(order);
            }

            return order[place % count];
        }
    }
}
