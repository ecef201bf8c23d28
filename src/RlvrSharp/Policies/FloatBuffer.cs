using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RlvrSharp.Policies;

/// <summary>A pinned float array whose data begins on a cache line and has one vector of readable slack at the end.</summary>
/// <remarks>Kernels read whole 16-float panels; the slack lets the last row of a matrix be read that way too.</remarks>
internal sealed unsafe class FloatBuffer
{
    private const int Alignment = 64;
    private const int Slack = 16;
    private readonly float[] array;
    private readonly int offset;

    public FloatBuffer(int length)
    {
        array = GC.AllocateArray<float>(checked(length + Slack + (Alignment / sizeof(float))), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        offset = (int)((Alignment - (address % Alignment)) % Alignment / sizeof(float));
        Length = length;
        Pointer = (float*)(address + ((nuint)offset * sizeof(float)));
    }

    /// <summary>Number of floats.</summary>
    public int Length { get; }

    /// <summary>The first float. Valid as long as this object is reachable.</summary>
    public float* Pointer { get; }

    public Span<float> Span => array.AsSpan(offset, Length);

    public void Clear() => Span.Clear();

    /// <summary>Makes sure that a workspace buffer has room; its content is undefined afterwards.</summary>
    public static FloatBuffer Ensure(ref FloatBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer = new FloatBuffer(checked((int)length));
        }

        return buffer;
    }
}
