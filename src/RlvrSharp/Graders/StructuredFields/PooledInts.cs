using System.Buffers;

namespace RlvrSharp.Graders;

/// <summary>A span of whole numbers, on the stack while it is short.</summary>
internal ref struct PooledInts
{
    private readonly int[]? rented;

    public PooledInts(int length, Span<int> initial)
    {
        rented = length > initial.Length ? ArrayPool<int>.Shared.Rent(length) : null;
        Span = (rented ?? initial)[..length];
    }

    public Span<int> Span { get; }

    public readonly void Dispose()
    {
        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }
}
