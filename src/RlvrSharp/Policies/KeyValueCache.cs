using System.Runtime.CompilerServices;
using RlvrSharp.Models;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>Keys and values of consecutive positions in all layers; grows as positions are added.</summary>
/// <remarks>Keys: [layer][panel of 16 positions][head][element][position]. Values: [layer][position][head][element].</remarks>
internal sealed unsafe class KeyValueCache
{
    private readonly int heads;
    private readonly int size;
    private readonly FloatBuffer[] keyPanels;
    private readonly FloatBuffer[] values;
    private int capacity;

    public KeyValueCache(CausalLmConfig config, int capacity)
    {
        heads = config.KeyValueHeadCount;
        size = config.HeadSize;
        this.capacity = RoundUp(Math.Max(capacity, 1));
        keyPanels = new FloatBuffer[config.LayerCount];
        values = new FloatBuffer[config.LayerCount];
        for (int l = 0; l < keyPanels.Length; l++)
        {
            keyPanels[l] = new FloatBuffer(this.capacity * heads * size);
            values[l] = new FloatBuffer(this.capacity * heads * size);
        }
    }

    /// <summary>Positions that are complete in every layer.</summary>
    public int Length { get; set; }

    /// <summary>Bytes held.</summary>
    public long Bytes => 2L * sizeof(float) * capacity * heads * size * keyPanels.Length;

    /// <summary>Makes room for one more position.</summary>
    public void Need(int positions)
    {
        if (positions <= capacity)
        {
            return;
        }

        int before = capacity * heads * size;
        capacity = RoundUp(Math.Max(positions, 2 * capacity));
        for (int l = 0; l < keyPanels.Length; l++)
        {
            Grow(ref keyPanels[l], before);
            Grow(ref values[l], before);
        }
    }

    /// <summary>One head of a layer, the first <paramref name="length"/> positions.</summary>
    public PositionRun Run(int layer, int head, int length) => new()
    {
        KeyPanels = keyPanels[layer].Pointer + (head * size * Gemm.Panel),
        KeyPanelStride = (nint)heads * size * Gemm.Panel,
        Values = values[layer].Pointer + (head * size),
        ValueStride = heads * size,
        Length = length,
    };

    /// <summary>Writes one head of a layer for the first positions, out of rows of a batch.</summary>
    public void Write(int layer, int head, float* key, float* value, RowSpan rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            Put(layer, head, i, key + ((long)(rows.Start + i) * heads * size), value + ((long)(rows.Start + i) * heads * size));
        }
    }

    /// <summary>Writes one head of a layer at one position; <paramref name="key"/> and <paramref name="value"/> are whole rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Put(int layer, int head, int position, float* key, float* value)
    {
        float* panel = keyPanels[layer].Pointer + (((nint)(position / Gemm.Panel * heads) + head) * size * Gemm.Panel) + (position % Gemm.Panel);
        float* row = values[layer].Pointer + (((nint)position * heads) + head) * size;
        for (int e = 0; e < size; e++)
        {
            panel[e * Gemm.Panel] = key[(head * size) + e];
            row[e] = value[(head * size) + e];
        }
    }

    private static int RoundUp(int count) => (count + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel;

    private void Grow(ref FloatBuffer buffer, int used)
    {
        var larger = new FloatBuffer(capacity * heads * size);
        buffer.Span[..used].CopyTo(larger.Span);
        buffer = larger;
    }
}
