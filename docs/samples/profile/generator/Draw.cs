namespace RlvrSharp.Samples.Profile;

/// <summary>Small draws that the generator makes again and again.</summary>
internal static class Draw
{
    /// <summary>One item of a list.</summary>
    public static T One<T>(ref KeyedRandom random, ReadOnlySpan<T> items) => items[random.NextInt32(items.Length)];

    /// <summary>Several different items of a list, in random order.</summary>
    public static T[] Several<T>(ref KeyedRandom random, ReadOnlySpan<T> items, int count)
    {
        T[] copy = items.ToArray();
        random.Shuffle<T>(copy);
        return copy[..count];
    }

    /// <summary>Heads or tails of a loaded coin.</summary>
    public static bool Chance(ref KeyedRandom random, double probability) => random.NextDouble() < probability;
}
