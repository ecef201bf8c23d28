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

    public Parameter(string name, IReadOnlyList<long> shape, bool packed)
    {
        Name = name;
        Shape = shape;
        Packed = packed;
        Rows = shape.Count == 2 ? checked((int)shape[0]) : 1;
        Columns = checked((int)shape[^1]);
        Length = packed ? checked((Rows + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel * Columns) : checked(Rows * Columns);
        values = new FloatBuffer(Length);
    }

    private Parameter(Parameter source)
    {
        (Name, Shape, Packed, Rows, Columns, Length, StoredType) =
            (source.Name, source.Shape, source.Packed, source.Rows, source.Columns, source.Length, source.StoredType);
        values = source.values;
        shared = true;
    }

    public string Name { get; }

    public IReadOnlyList<long> Shape { get; }

    public bool Packed { get; }

    /// <summary>Outputs of a matrix; 1 for a vector.</summary>
    public int Rows { get; }

    /// <summary>Inputs of a matrix; the length of a vector.</summary>
    public int Columns { get; }

    /// <summary>Floats in the layout, padding included.</summary>
    public int Length { get; }

    /// <summary>The type the checkpoint had, which saving keeps.</summary>
    public TensorType StoredType { get; set; } = TensorType.F32;

    public float* Values => values.Pointer;

    /// <summary>The values in this parameter's layout.</summary>
    public Span<float> ValueSpan => values.Span;

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

    /// <summary>Copies row <paramref name="row"/> of the values to <paramref name="destination"/>: an embedding look-up.</summary>
    public void CopyRow(int row, float* destination)
    {
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
