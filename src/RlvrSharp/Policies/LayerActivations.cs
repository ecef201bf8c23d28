namespace RlvrSharp.Policies;

/// <summary>What the backward pass of one layer needs of its forward pass; each [rows × width].</summary>
internal sealed unsafe class LayerActivations
{
    private FloatBuffer? input;
    private FloatBuffer? query;
    private FloatBuffer? key;
    private FloatBuffer? value;
    private FloatBuffer? rawQuery;
    private FloatBuffer? rawKey;
    private FloatBuffer? attended;
    private FloatBuffer? middle;
    private FloatBuffer? gate;
    private FloatBuffer? up;

    /// <summary>The residual stream on entry.</summary>
    public FloatBuffer Input
    {
        get => input!;
        set => input = value;
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => 4 * ((FloatBuffer?[])[input, query, key, value, rawQuery, rawKey, attended, middle, gate, up]).Sum(buffer => (long)(buffer?.Length ?? 0));

    /// <summary>Queries after norm and rotation.</summary>
    public FloatBuffer Query => query!;

    /// <summary>Keys after norm and rotation.</summary>
    public FloatBuffer Key => key!;

    public FloatBuffer Value => value!;

    /// <summary>Queries before the per-head norm, from an element on; null where there is no such norm.</summary>
    public float* RawQueryAt(long index) => rawQuery is null ? null : rawQuery.Pointer + index;

    /// <summary>Keys before the per-head norm, from an element on; null where there is no such norm.</summary>
    public float* RawKeyAt(long index) => rawKey is null ? null : rawKey.Pointer + index;

    /// <summary>What attention gives, before the output projection.</summary>
    public FloatBuffer Attended => attended!;

    /// <summary>The residual stream between attention and feed-forward block.</summary>
    public FloatBuffer Middle => middle!;

    public FloatBuffer Gate => gate!;

    public FloatBuffer Up => up!;

    public void Ensure(long rows, int hidden, int queries, int keys, int inner, bool headNorms)
    {
        FloatBuffer.Ensure(ref input, rows * hidden);
        FloatBuffer.Ensure(ref query, rows * queries);
        FloatBuffer.Ensure(ref key, rows * keys);
        FloatBuffer.Ensure(ref value, rows * keys);
        FloatBuffer.Ensure(ref attended, rows * queries);
        FloatBuffer.Ensure(ref middle, rows * hidden);
        FloatBuffer.Ensure(ref gate, rows * inner);
        FloatBuffer.Ensure(ref up, rows * inner);
        if (headNorms)
        {
            FloatBuffer.Ensure(ref rawQuery, rows * queries);
            FloatBuffer.Ensure(ref rawKey, rows * keys);
        }
    }
}
