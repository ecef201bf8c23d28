using System.Buffers;

namespace RlvrSharp.Graders;

/// <summary>A text that grows, on the stack while it is short. Dispose gives borrowed memory back.</summary>
internal ref struct KeyBuffer(Span<char> initial)
{
    private Span<char> span = initial;
    private char[]? rented;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<char> Written => span[..Length];

    public void Append(char character)
    {
        if (Length == span.Length)
        {
            Grow(1);
        }

        span[Length++] = character;
    }

    public void Append(scoped ReadOnlySpan<char> text)
    {
        if (Length + text.Length > span.Length)
        {
            Grow(text.Length);
        }

        text.CopyTo(span[Length..]);
        Length += text.Length;
    }

    /// <summary>Room for so many characters at the end, counted as written.</summary>
    public Span<char> Reserve(int count)
    {
        if (Length + count > span.Length)
        {
            Grow(count);
        }

        Span<char> room = span.Slice(Length, count);
        Length += count;
        return room;
    }

    public void Truncate(int length) => Length = length;

    public void Dispose()
    {
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
            rented = null;
        }
    }

    private void Grow(int more)
    {
        char[] larger = ArrayPool<char>.Shared.Rent(Math.Max(span.Length * 2, Length + more));
        span[..Length].CopyTo(larger);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        span = rented = larger;
    }
}
