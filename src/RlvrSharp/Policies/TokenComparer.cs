namespace RlvrSharp.Policies;

/// <summary>Compares token arrays by content.</summary>
internal sealed class TokenComparer : IEqualityComparer<int[]>
{
    public static TokenComparer Instance { get; } = new();

    public static int Hash(ReadOnlySpan<int> tokens)
    {
        uint hash = 2166136261;
        foreach (int token in tokens)
        {
            hash = (hash ^ (uint)token) * 16777619;
        }

        return (int)hash;
    }

    public bool Equals(int[]? x, int[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    public int GetHashCode(int[] obj) => Hash(obj);
}
