using RlvrSharp.Models;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>One tensor of a model: its values, and while it is trained its gradient and AdamW moments, all in one layout.</summary>
/// <remarks>
/// Matrices are kept in panels of 16 outputs, K-major: element (row, column) lies at (row / 16)·16·columns + column·16 + row mod 16.
/// Lanes beyond the last row hold zeros and stay zero. Vectors, and embeddings that are not also the head, lie plainly.
/// </remarks>
internal sealed unsafe class Parameter
{
    private FloatBuffer values;
    private bool shared;

    public Parameter(string name, IReadOnlyList<long> shape, bool packed, bool narrow = false)
    {
        Name = name;
        Shape = shape;
        Packed = packed;
        Narrow = narrow;
        Rows = shape.Count == 2 ? checked((int)shape[0]) : 1;
        Columns = checked((int)shape[^1]);
        Length = packed ? checked((Rows + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel * Columns) : checked(Rows * Columns);
        values = NewBuffer();
    }

    private Parameter(Parameter source)
    {
        (Name, Shape, Packed, Narrow, Rows, Columns, Length, StoredType) =
            (source.Name, source.Shape, source.Packed, source.Narrow, source.Rows, source.Columns, source.Length, source.StoredType);
        values = source.values;
        shared = true;
    }

    public string Name { get; }

    public IReadOnlyList<long> Shape { get; }

    public bool Packed { get; }

    /// <summary>Whether values are kept as bfloat16: half the memory, not trainable.</summary>
    public bool Narrow { get; }

    /// <summary>Whether the optimiser moves it.</summary>
    public bool Trained { get; set; } = true;

    /// <summary>Outputs of a matrix; 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Inputs of a matrix; the length of a vector.</summary>
    public int Columns { get; }

    /// <summary>Floats in the layout, padding included.</summary>
    public int Length { get; }

    /// <summary>The type the checkpoint had, which saving keeps.</summary>
    public TensorType StoredType { get; set; } = TensorType.F32;

    /// <summary>The values, unless they are <see cref="Narrow"/>.</summary>
    public float* Values => Narrow ? null : values.Pointer;

    /// <summary>The values where they are <see cref="Narrow"/>: the upper halves of floats.</summary>
    public ushort* NarrowValues => (ushort*)values.Pointer;

    /// <summary>The values in this parameter's layout, unless they are <see cref="Narrow"/>.</summary>
    public Span<float> ValueSpan => Narrow ? default : values.Span;

    /// <summary>The values as they are kept.</summary>
    public FloatBuffer ValueBuffer => values;

    /// <summary>Bytes of values, gradient and moments.</summary>
    public (long Values, long Gradient, long Moments) Bytes =>
        (4L * values.Length, 4L * (Gradient?.Length ?? 0), 4L * ((FirstMoment?.Length ?? 0) + (SecondMoment?.Length ?? 0)));

    /// <summary>A buffer that can take this parameter's values.</summary>
    public FloatBuffer NewBuffer() => new(Narrow ? (Length + 1) / 2 : Length);

    public FloatBuffer? Gradient { get; private set; }

    public FloatBuffer? FirstMoment { get; private set; }

    public FloatBuffer? SecondMoment { get; private set; }

    public FloatBuffer NeedGradient() => Gradient ??= new FloatBuffer(Length);

    public void NeedMoments()
    {
        FirstMoment ??= new FloatBuffer(Length);
        SecondMoment ??= new FloatBuffer(Length);
    }

    public void SetMoments(FloatBuffer? first, FloatBuffer? second)
    {
        FirstMoment = first;
        SecondMoment = second;
    }

    /// <summary>A parameter with the same values; whichever of the two is written first copies them.</summary>
    public Parameter Share()
    {
        shared = true;
        return new Parameter(this);
    }

    /// <summary>Call before writing values: makes them this parameter's own.</summary>
    public void Own(bool keepValues)
    {
        if (!shared)
        {
            return;
        }

        var own = new FloatBuffer(Length);
        if (keepValues)
        {
            values.Span.CopyTo(own.Span);
        }

        values = own;
        shared = false;
    }

    /// <summary>Takes other values, which nobody else may hold.</summary>
    public void Replace(FloatBuffer buffer)
    {
        values = buffer;
        shared = false;
    }

    /// <summary>Where element (row, column) lies.</summary>
    public int IndexOf(int row, int column) => Packed
        ? (row / Gemm.Panel * Gemm.Panel * Columns) + (column * Gemm.Panel) + (row % Gemm.Panel)
        : (row * Columns) + column;

    /// <summary>Copies whole rows, row-major, into a buffer of this parameter's layout.</summary>
    public void Pack(ReadOnlySpan<float> source, int firstRow, Span<float> buffer)
    {
        if (!Packed)
        {
            source.CopyTo(buffer[(firstRow * Columns)..]);
            return;
        }

        for (int r = 0; r < source.Length / Columns; r++)
        {
            ReadOnlySpan<float> row = source.Slice(r * Columns, Columns);
            Span<float> target = buffer[IndexOf(firstRow + r, 0)..];
            for (int c = 0; c < row.Length; c++)
            {
                target[c * Gemm.Panel] = row[c];
            }
        }
    }

    /// <summary>The elements of a buffer of this parameter's layout, row-major.</summary>
    public float[] Unpack(ReadOnlySpan<float> buffer)
    {
        var result = new float[Rows * Columns];
        if (!Packed)
        {
            buffer[..result.Length].CopyTo(result);
            return result;
        }

        for (int r = 0; r < Rows; r++)
        {
            ReadOnlySpan<float> source = buffer[IndexOf(r, 0)..];
            Span<float> row = result.AsSpan(r * Columns, Columns);
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = source[c * Gemm.Panel];
            }
        }

        return result;
    }

    /// <summary>The values, row-major.</summary>
    public float[] UnpackValues()
    {
        if (!Narrow)
        {
            return Unpack(values.Span);
        }

        var result = new float[Rows * Columns];
        fixed (float* target = result)
        {
            for (int r = 0; r < Rows; r++)
            {
                CopyRow(r, target + ((nint)r * Columns));
            }
        }

        return result;
    }

    /// <summary>Copies whole rows, row-major, into a buffer that <see cref="NewBuffer"/> made.</summary>
    public void PackValues(ReadOnlySpan<float> source, int firstRow, FloatBuffer buffer)
    {
        if (!Narrow)
        {
            Pack(source, firstRow, buffer.Span);
            return;
        }

        var target = new Span<ushort>(buffer.Pointer, Length);
        int step = Packed ? Gemm.Panel : 1;
        for (int r = 0; r < source.Length / Columns; r++)
        {
            ReadOnlySpan<float> row = source.Slice(r * Columns, Columns);
            int at = IndexOf(firstRow + r, 0);
            for (int c = 0; c < row.Length; c++)
            {
                target[at + (c * step)] = TensorTypes.ToBFloat16(row[c]);
            }
        }
    }

    /// <summary>Copies whole rows of bfloat16, row-major, into a buffer that <see cref="NewBuffer"/> made; only for <see cref="Narrow"/> parameters.</summary>
    public void PackNarrow(ReadOnlySpan<ushort> source, int firstRow, FloatBuffer buffer)
    {
        var target = new Span<ushort>(buffer.Pointer, Length);
        if (!Packed)
        {
            source.CopyTo(target[(firstRow * Columns)..]);
            return;
        }

        for (int r = 0; r < source.Length / Columns; r++)
        {
            ReadOnlySpan<ushort> row = source.Slice(r * Columns, Columns);
            Span<ushort> lane = target[IndexOf(firstRow + r, 0)..];
            for (int c = 0; c < row.Length; c++)
            {
                lane[c * Gemm.Panel] = row[c];
            }
        }
    }

    /// <summary>Copies row <paramref name="row"/> of the values to <paramref name="destination"/>: an embedding look-up.</summary>
    public void CopyRow(int row, float* destination)
    {
        if (Narrow)
        {
            ushort* bits = NarrowValues + IndexOf(row, 0);
            int step = Packed ? Gemm.Panel : 1;
            for (int c = 0; c < Columns; c++)
            {
                destination[c] = TensorTypes.FromBFloat16(bits[c * step]);
            }

            return;
        }

        if (!Packed)
        {
            new ReadOnlySpan<float>(Values + ((long)row * Columns), Columns).CopyTo(new Span<float>(destination, Columns));
            return;
        }

        float* source = Values + IndexOf(row, 0);
        for (int c = 0; c < Columns; c++)
        {
            destination[c] = source[c * Gemm.Panel];
        }
    }
}
