using System.Buffers;
using System.Runtime.CompilerServices;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>One matrix of a multiplication: the layer and where its outputs go.</summary>
internal readonly unsafe struct LinearTarget(Linear layer, float* output)
{
    public Linear Layer { get; } = layer;

    /// <summary>Row-major, as wide as the layer has outputs (or as said), distance between rows <see cref="Stride"/>.</summary>
    public float* Output { get; } = output;

    public int Stride { get; init; } = layer.Weight.Rows;

    /// <summary>Whether the panel's padding is written too, so that rows are whole panels.</summary>
    public bool WholePanels { get; init; }

    public int Columns => WholePanels ? (Layer.Weight.Rows + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel : Layer.Weight.Rows;
}

/// <summary>Linear layers over many rows on all threads. Work is cut over outputs only.</summary>
internal static unsafe class MatrixWork
{
    private const int RowChunk = 120;
    private const int TransposedRows = 2048;

    /// <summary>Y = X·Wᵀ + b for several layers that read the same X, or Y += X·Wᵀ.</summary>
    public static void Forward(WorkPool pool, float* x, int stride, int rows, bool accumulate, params ReadOnlySpan<LinearTarget> targets)
    {
        LinearTarget[] all = targets.ToArray();
        int rowChunks = (rows + RowChunk - 1) / RowChunk;
        int inputs = all[0].Layer.Weight.Columns;
        var pieces = new List<(int Target, int Row, int Rows, int Panel, int Panels)>();
        for (int t = 0; t < all.Length; t++)
        {
            int panels = (all[t].Columns + Gemm.Panel - 1) / Gemm.Panel;
            int columnChunks = ColumnChunks(pool, rowChunks * all.Length, panels, (long)rows * inputs);
            int width = (panels + columnChunks - 1) / columnChunks;
            for (int r = 0; r < rows; r += RowChunk)
            {
                for (int p = 0; p < panels; p += width)
                {
                    pieces.Add((t, r, Math.Min(RowChunk, rows - r), p, Math.Min(width, panels - p)));
                }
            }
        }

        pool.For(pieces.Count, piece =>
        {
            (int t, int row, int count, int panel, int panels) = pieces[piece];
            LinearTarget target = all[t];
            Parameter weight = target.Layer.Weight;
            int column = panel * Gemm.Panel;
            int columns = Math.Min(panels * Gemm.Panel, target.Columns - column);
            float* y = target.Output + ((long)row * target.Stride) + column;
            bool chain = accumulate;
            if (target.Layer.Bias is { } bias)
            {
                for (int i = 0; i < count; i++)
                {
                    if (accumulate)
                    {
                        VectorMath.AddTo(bias.Values + column, y + ((long)i * target.Stride), columns);
                    }
                    else
                    {
                        new ReadOnlySpan<float>(bias.Values + column, columns).CopyTo(new Span<float>(y + ((long)i * target.Stride), columns));
                    }
                }

                chain = true;
            }

            nint panelStride = (nint)weight.Columns * Gemm.Panel;
            float* from = x + ((long)row * stride);
            if (weight.Narrow)
            {
                Gemm.Multiply(from, stride, weight.NarrowValues + (panel * panelStride), panelStride, y, target.Stride, count, columns, weight.Columns, chain);
            }
            else
            {
                Gemm.Multiply(from, stride, 1, weight.Values + (panel * panelStride), Gemm.Panel, panelStride, y, target.Stride, count, columns, weight.Columns, chain);
            }
        });

        foreach (LinearTarget target in all)
        {
            if (target.Layer.Adapter is { } adapter)
            {
                float[] rented = ArrayPool<float>.Shared.Rent((rows * adapter.Rank) + Gemm.Panel);
                fixed (float* inner = rented)
                {
                    Inner(pool, x, stride, rows, adapter, inner);
                    Forward(pool, inner, adapter.Rank, rows, accumulate: true, new LinearTarget(new Linear(adapter.Up, null), target.Output) { Stride = target.Stride });
                }

                ArrayPool<float>.Shared.Return(rented);
            }
        }
    }

    /// <summary>What an adapter's second matrix reads: scale · A x.</summary>
    private static void Inner(WorkPool pool, float* x, int stride, int rows, LoraAdapter adapter, float* inner)
    {
        Forward(pool, x, stride, rows, accumulate: false, new LinearTarget(new Linear(adapter.Down, null), inner));
        Scale(inner, rows * adapter.Rank, adapter.Scale);
    }

    private static void Scale(float* values, int count, float factor)
    {
        for (int i = 0; i < count; i++)
        {
            values[i] *= factor;
        }
    }

    /// <summary>∂/∂(A x) of an adapter: scale · dY·B.</summary>
    private static void InnerGradient(WorkPool pool, float* dy, int strideY, int rows, LoraAdapter adapter, float* inner, ref FloatBuffer? scratch)
    {
        InputGradient(pool, dy, strideY, rows, new Linear(adapter.Up, null), inner, adapter.Rank, accumulate: false, ref scratch);
        Scale(inner, rows * adapter.Rank, adapter.Scale);
    }

    /// <summary>dX (+)= dY·W.</summary>
    public static void InputGradient(WorkPool pool, float* dy, int strideY, int rows, Linear layer, float* dx, int strideX, bool accumulate, ref FloatBuffer? scratch)
    {
        Parameter weight = layer.Weight;
        int inputs = weight.Columns;
        int panels = (inputs + Gemm.Panel - 1) / Gemm.Panel;
        for (int n0 = 0; n0 < weight.Rows; n0 += TransposedRows)
        {
            int depth = Math.Min(TransposedRows, weight.Rows - n0);
            int padded = (depth + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel;
            float* transposed = FloatBuffer.Ensure(ref scratch, (long)panels * padded * Gemm.Panel).Pointer;
            nint panelStride = (nint)padded * Gemm.Panel;
            long start = (long)n0 * inputs;
            pool.For(panels, q =>
            {
                if (weight.Narrow)
                {
                    TransposeNarrow(weight.NarrowValues + start, inputs, padded, q, transposed + (q * panelStride));
                }
                else
                {
                    Transpose(weight.Values + start, inputs, padded, q, transposed + (q * panelStride));
                }
            });

            bool chain = accumulate || n0 > 0;
            int rowChunks = (rows + RowChunk - 1) / RowChunk;
            int columnChunks = ColumnChunks(pool, rowChunks, panels, (long)rows * depth);
            int width = (panels + columnChunks - 1) / columnChunks;
            columnChunks = (panels + width - 1) / width;
            int from = n0;
            pool.For(rowChunks * columnChunks, piece =>
            {
                int row = piece / columnChunks * RowChunk;
                int panel = piece % columnChunks * width;
                int columns = Math.Min(width * Gemm.Panel, inputs - (panel * Gemm.Panel));
                Gemm.Multiply(
                    dy + ((long)row * strideY) + from,
                    strideY,
                    1,
                    transposed + (panel * panelStride),
                    Gemm.Panel,
                    panelStride,
                    dx + ((long)row * strideX) + (panel * Gemm.Panel),
                    strideX,
                    Math.Min(RowChunk, rows - row),
                    columns,
                    depth,
                    chain);
            });
        }

        if (layer.Adapter is { } adapter)
        {
            float[] rented = ArrayPool<float>.Shared.Rent((rows * adapter.Rank) + Gemm.Panel);
            fixed (float* inner = rented)
            {
                InnerGradient(pool, dy, strideY, rows, adapter, inner, ref scratch);
                InputGradient(pool, inner, adapter.Rank, rows, new Linear(adapter.Down, null), dx, strideX, accumulate: true, ref scratch);
            }

            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// dW += dYᵀ·X in the weight's own layout, and db += Σ dY, where they are trained, and the same for an adapter. Each sum runs over rows
    /// ascending, whatever the threads.
    /// </summary>
    public static void WeightGradient(WorkPool pool, float* dy, int strideY, float* x, int strideX, int rows, Linear layer, ref FloatBuffer? scratch)
    {
        if (layer.Adapter is { } adapter)
        {
            float[] rented = ArrayPool<float>.Shared.Rent((rows * adapter.Rank) + Gemm.Panel);
            fixed (float* inner = rented)
            {
                Inner(pool, x, strideX, rows, adapter, inner);
                WeightGradient(pool, dy, strideY, inner, adapter.Rank, rows, new Linear(adapter.Up, null), ref scratch);
                InnerGradient(pool, dy, strideY, rows, adapter, inner, ref scratch);
                WeightGradient(pool, inner, adapter.Rank, x, strideX, rows, new Linear(adapter.Down, null), ref scratch);
            }

            ArrayPool<float>.Shared.Return(rented);
        }

        Parameter weight = layer.Weight;
        if (!weight.Trained)
        {
            return;
        }

        float* gradient = weight.NeedGradient().Pointer;
        int panels = (weight.Rows + Gemm.Panel - 1) / Gemm.Panel;
        int inputChunks = (weight.Columns + RowChunk - 1) / RowChunk;
        int columnChunks = ColumnChunks(pool, inputChunks, panels, (long)weight.Columns * rows);
        int width = (panels + columnChunks - 1) / columnChunks;
        columnChunks = (panels + width - 1) / width;
        nint panelStride = (nint)weight.Columns * Gemm.Panel;
        pool.For(inputChunks * columnChunks, piece =>
        {
            int input = piece / columnChunks * RowChunk;
            int panel = piece % columnChunks * width;
            int column = panel * Gemm.Panel;
            Gemm.Multiply(
                x + input,
                1,
                strideX,
                dy + column,
                strideY,
                Gemm.Panel,
                gradient + (panel * panelStride) + ((long)input * Gemm.Panel),
                Gemm.Panel,
                Math.Min(RowChunk, weight.Columns - input),
                Math.Min(width * Gemm.Panel, weight.Rows - column),
                rows,
                accumulate: true,
                panelStride);
        });

        if (layer.Bias is { } bias)
        {
            ColumnSums(pool, dy, strideY, rows, bias.NeedGradient().Pointer, weight.Rows);
        }
    }

    /// <summary>sums += Σ over rows of dY.</summary>
    public static void ColumnSums(WorkPool pool, float* dy, int stride, int rows, float* sums, int columns)
    {
        const int Width = 64;
        pool.For((columns + Width - 1) / Width, chunk =>
        {
            int column = chunk * Width;
            int count = Math.Min(Width, columns - column);
            for (int r = 0; r < rows; r++)
            {
                VectorMath.AddTo(dy + ((long)r * stride) + column, sums + column, count);
            }
        });
    }

    /// <summary>Enough pieces to keep the threads busy, none so small that starting it costs more than doing it.</summary>
    private static int ColumnChunks(WorkPool pool, int rowChunks, int panels, long workPerColumn)
    {
        if (pool.Threads == 1)
        {
            return 1;
        }

        int wanted = Math.Max(1, ((3 * pool.Threads) + rowChunks - 1) / rowChunks);
        long useful = Math.Max(1, workPerColumn * panels * Gemm.Panel / 100_000);
        return (int)Math.Min(Math.Min(wanted, useful), panels);
    }

    /// <summary>As <see cref="Transpose"/>, out of bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeNarrow(ushort* weights, int inputs, int outputs, int q, float* target)
    {
        int first = q * Gemm.Panel;
        int count = Math.Min(Gemm.Panel, inputs - first);
        new Span<float>(target, outputs * Gemm.Panel).Clear();
        for (int n = 0; n < outputs; n += Gemm.Panel)
        {
            ushort* block = weights + ((long)n * inputs) + ((long)first * Gemm.Panel);
            float* to = target + ((long)n * Gemm.Panel);
            for (int k = 0; k < count; k++)
            {
                for (int lane = 0; lane < Gemm.Panel; lane++)
                {
                    to[(lane * Gemm.Panel) + k] = BitConverter.UInt32BitsToSingle((uint)block[(k * Gemm.Panel) + lane] << 16);
                }
            }
        }
    }

    /// <summary>Panel <paramref name="q"/> of Wᵀ: 16 inputs by all given outputs, out of the panels of W.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* weights, int inputs, int outputs, int q, float* target)
    {
        int first = q * Gemm.Panel;
        int count = Math.Min(Gemm.Panel, inputs - first);
        for (int n = 0; n < outputs; n += Gemm.Panel)
        {
            float* block = weights + ((long)n * inputs) + ((long)first * Gemm.Panel);
            float* to = target + ((long)n * Gemm.Panel);
            for (int lane = 0; lane < Gemm.Panel; lane++)
            {
                for (int k = 0; k < count; k++)
                {
                    to[(lane * Gemm.Panel) + k] = block[(k * Gemm.Panel) + lane];
                }

                for (int k = count; k < Gemm.Panel; k++)
                {
                    to[(lane * Gemm.Panel) + k] = 0;
                }
            }
        }
    }
}
