namespace RlvrSharp;

/// <summary>A small random stream (SplitMix64) whose numbers depend on nothing but its key.</summary>
/// <remarks>
/// Streams are named by what they are for, such as (seed, step, problem, sample), never by the order of calls: so a run gives the
/// same numbers whatever the number of threads, the batch size, or where it was resumed. A mutable struct: pass it by reference.
/// </remarks>
public struct KeyedRandom
{
    private ulong state;

    /// <summary>Begins the stream of a key.</summary>
    /// <param name="key">The key, usually from <see cref="Key"/>.</param>
    public KeyedRandom(ulong key) => state = key;

    /// <summary>Mixes numbers into one key; every order and every count of parts gives another key.</summary>
    /// <param name="parts">What names the stream, such as seed, step, problem, sample.</param>
    /// <returns>The key.</returns>
    public static ulong Key(params ReadOnlySpan<ulong> parts)
    {
        ulong key = 0x9E3779B97F4A7C15UL * (ulong)(parts.Length + 1);
        foreach (ulong part in parts)
        {
            key = Mix(key ^ Mix(part + 0x9E3779B97F4A7C15UL));
        }

        return key;
    }

    /// <summary>The next 64 random bits.</summary>
    /// <returns>A number, uniform over all of them.</returns>
    public ulong NextUInt64()
    {
        state += 0x9E3779B97F4A7C15UL;
        return Mix(state);
    }

    /// <summary>The next number in [0, 1), a multiple of 2⁻⁵³.</summary>
    /// <returns>A uniform number.</returns>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next whole number in [0, <paramref name="exclusiveMax"/>), without bias.</summary>
    /// <param name="exclusiveMax">The bound, at least 1.</param>
    /// <returns>A uniform whole number.</returns>
    public int NextInt32(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        ulong bound = (ulong)exclusiveMax;
        ulong limit = ulong.MaxValue - (ulong.MaxValue % bound);
        ulong value;
        do
        {
            value = NextUInt64();
        }
        while (value >= limit);
        return (int)(value % bound);
    }

    /// <summary>The next draw from the standard normal distribution (Box–Muller, one of the pair).</summary>
    /// <returns>A normal number.</returns>
    public double NextGaussian()
    {
        double u = 1.0 - NextDouble();
        double v = NextDouble();
        return Math.Sqrt(-2.0 * Math.Log(u)) * Math.Cos(2.0 * Math.PI * v);
    }

    /// <summary>Shuffles in place (Fisher–Yates).</summary>
    /// <typeparam name="T">The kind of item.</typeparam>
    /// <param name="items">What to shuffle.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
