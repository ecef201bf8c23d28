using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <content>Tiles of up to 12 rows by two panels in 512-bit vectors: 24 accumulators, 2 of B and 1 of A out of 32 registers.</content>
internal static unsafe partial class Gemm
{
    /// <summary>All tiles of a block of rows, two panels at a time.</summary>
    internal static void PanelPairs(in Blocks blocks, float* a, void* b, float* c, int rows, int n, int depth, bool accumulate)
    {
        const int Rows = 12;
        float* edge = stackalloc float[2 * Rows * Panel];
        for (int j = 0; j < n; j += 2 * Panel)
        {
            // A pair whose second panel does not exist reads the first one twice and drops the copy.
            bool pair = n - j > Panel;
            float* b0 = (float*)((byte*)b + (j / Panel * blocks.PanelStrideB * blocks.SizeB));
            float* b1 = pair ? (float*)((byte*)b0 + (blocks.PanelStrideB * blocks.SizeB)) : b0;
            nint bStride = blocks.DepthStrideB;
            if (blocks.PackedB is not null)
            {
                PackB(b0, blocks.SizeB, bStride, depth, blocks.PackedB);
                PackB(b1, blocks.SizeB, bStride, depth, blocks.PackedB + (depth * Panel));
                b0 = blocks.PackedB;
                b1 = b0 + (depth * Panel);
                bStride = Panel;
            }

            int columns0 = Math.Min(Panel, n - j);
            int columns1 = Math.Clamp(n - j - Panel, 0, Panel);
            float* c0 = c + (j / Panel * blocks.PanelStrideC);
            float* c1 = c0 + blocks.PanelStrideC;
            nint cStride = blocks.RowStrideC;
            for (int i = 0; i < rows; i += Rows)
            {
                int count = Math.Min(Rows, rows - i);
                float* aTile = blocks.PackedA is null ? a + (i * blocks.RowStride) : blocks.PackedA + (i * depth);
                nint aRow = blocks.PackedA is null ? blocks.RowStride : 1;
                nint aDepth = blocks.PackedA is null ? blocks.DepthStride : Rows;
                if (columns1 == Panel)
                {
                    Rows512(aTile, aRow, aDepth, b0, b1, bStride, c0 + (i * cStride), c1 + (i * cStride), cStride, count, depth, accumulate);
                    continue;
                }

                for (int r = 0; accumulate && r < count; r++)
                {
                    new ReadOnlySpan<float>(c0 + ((i + r) * cStride), columns0).CopyTo(new Span<float>(edge + (r * Panel), columns0));
                    new ReadOnlySpan<float>(c1 + ((i + r) * cStride), columns1).CopyTo(new Span<float>(edge + ((Rows + r) * Panel), columns1));
                }

                Rows512(aTile, aRow, aDepth, b0, b1, bStride, edge, edge + (Rows * Panel), Panel, count, depth, accumulate);
                for (int r = 0; r < count; r++)
                {
                    new ReadOnlySpan<float>(edge + (r * Panel), columns0).CopyTo(new Span<float>(c0 + ((i + r) * cStride), columns0));
                    new ReadOnlySpan<float>(edge + ((Rows + r) * Panel), columns1).CopyTo(new Span<float>(c1 + ((i + r) * cStride), columns1));
                }
            }
        }
    }

    private static void Rows512(
        float* a, nint rowStride, nint depthStride, float* b0, float* b1, nint depthStrideB, float* c, float* d, nint ldc, int rows, int depth, bool accumulate)
    {
        if (rows == 12)
        {
            Tile512<Twelve>(a, rowStride, depthStride, b0, b1, depthStrideB, c, d, ldc, depth, accumulate);
            return;
        }

        int i = 0;
        for (; i <= rows - 4; i += 4)
        {
            Tile512<Four>(a + (i * rowStride), rowStride, depthStride, b0, b1, depthStrideB, c + (i * ldc), d + (i * ldc), ldc, depth, accumulate);
        }

        for (; i < rows; i++)
        {
            Tile512<One>(a + (i * rowStride), rowStride, depthStride, b0, b1, depthStrideB, c + (i * ldc), d + (i * ldc), ldc, depth, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile512<TRows>(float* a, nint rowStride, nint depthStride, float* b0, float* b1, nint depthStrideB, float* c, float* d, nint ldc, int depth, bool accumulate)
        where TRows : struct, IRows
    {
        Vector512<float> c00 = default, c01 = default;
        Vector512<float> c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default;
        Vector512<float> c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default;
        Vector512<float> c70 = default, c71 = default;
        Vector512<float> c80 = default, c81 = default;
        Vector512<float> c90 = default, c91 = default;
        Vector512<float> c100 = default, c101 = default;
        Vector512<float> c110 = default, c111 = default;
        if (accumulate)
        {
            c00 = Vector512.Load(c);
            c01 = Vector512.Load(d);
            if (TRows.Count > 1)
            {
                c10 = Vector512.Load(c + (1 * ldc));
                c11 = Vector512.Load(d + (1 * ldc));
                c20 = Vector512.Load(c + (2 * ldc));
                c21 = Vector512.Load(d + (2 * ldc));
                c30 = Vector512.Load(c + (3 * ldc));
                c31 = Vector512.Load(d + (3 * ldc));
            }

            if (TRows.Count > 4)
            {
                c40 = Vector512.Load(c + (4 * ldc));
                c41 = Vector512.Load(d + (4 * ldc));
                c50 = Vector512.Load(c + (5 * ldc));
                c51 = Vector512.Load(d + (5 * ldc));
                c60 = Vector512.Load(c + (6 * ldc));
                c61 = Vector512.Load(d + (6 * ldc));
                c70 = Vector512.Load(c + (7 * ldc));
                c71 = Vector512.Load(d + (7 * ldc));
                c80 = Vector512.Load(c + (8 * ldc));
                c81 = Vector512.Load(d + (8 * ldc));
                c90 = Vector512.Load(c + (9 * ldc));
                c91 = Vector512.Load(d + (9 * ldc));
                c100 = Vector512.Load(c + (10 * ldc));
                c101 = Vector512.Load(d + (10 * ldc));
                c110 = Vector512.Load(c + (11 * ldc));
                c111 = Vector512.Load(d + (11 * ldc));
            }
        }

        for (; depth > 0; depth--)
        {
            Vector512<float> x0 = Vector512.Load(b0);
            Vector512<float> x1 = Vector512.Load(b1);
            Vector512<float> y = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(y, x0, c00);
            c01 = Vector512.FusedMultiplyAdd(y, x1, c01);
            if (TRows.Count > 1)
            {
                y = Vector512.Create(a[1 * rowStride]);
                c10 = Vector512.FusedMultiplyAdd(y, x0, c10);
                c11 = Vector512.FusedMultiplyAdd(y, x1, c11);
                y = Vector512.Create(a[2 * rowStride]);
                c20 = Vector512.FusedMultiplyAdd(y, x0, c20);
                c21 = Vector512.FusedMultiplyAdd(y, x1, c21);
                y = Vector512.Create(a[3 * rowStride]);
                c30 = Vector512.FusedMultiplyAdd(y, x0, c30);
                c31 = Vector512.FusedMultiplyAdd(y, x1, c31);
            }

            if (TRows.Count > 4)
            {
                y = Vector512.Create(a[4 * rowStride]);
                c40 = Vector512.FusedMultiplyAdd(y, x0, c40);
                c41 = Vector512.FusedMultiplyAdd(y, x1, c41);
                y = Vector512.Create(a[5 * rowStride]);
                c50 = Vector512.FusedMultiplyAdd(y, x0, c50);
                c51 = Vector512.FusedMultiplyAdd(y, x1, c51);
                y = Vector512.Create(a[6 * rowStride]);
                c60 = Vector512.FusedMultiplyAdd(y, x0, c60);
                c61 = Vector512.FusedMultiplyAdd(y, x1, c61);
                y = Vector512.Create(a[7 * rowStride]);
                c70 = Vector512.FusedMultiplyAdd(y, x0, c70);
                c71 = Vector512.FusedMultiplyAdd(y, x1, c71);
                y = Vector512.Create(a[8 * rowStride]);
                c80 = Vector512.FusedMultiplyAdd(y, x0, c80);
                c81 = Vector512.FusedMultiplyAdd(y, x1, c81);
                y = Vector512.Create(a[9 * rowStride]);
                c90 = Vector512.FusedMultiplyAdd(y, x0, c90);
                c91 = Vector512.FusedMultiplyAdd(y, x1, c91);
                y = Vector512.Create(a[10 * rowStride]);
                c100 = Vector512.FusedMultiplyAdd(y, x0, c100);
                c101 = Vector512.FusedMultiplyAdd(y, x1, c101);
                y = Vector512.Create(a[11 * rowStride]);
                c110 = Vector512.FusedMultiplyAdd(y, x0, c110);
                c111 = Vector512.FusedMultiplyAdd(y, x1, c111);
            }

            a += depthStride;
            b0 += depthStrideB;
            b1 += depthStrideB;
        }

        c00.Store(c);
        c01.Store(d);
        if (TRows.Count > 1)
        {
            c10.Store(c + (1 * ldc));
            c11.Store(d + (1 * ldc));
            c20.Store(c + (2 * ldc));
            c21.Store(d + (2 * ldc));
            c30.Store(c + (3 * ldc));
            c31.Store(d + (3 * ldc));
        }

        if (TRows.Count > 4)
        {
            c40.Store(c + (4 * ldc));
            c41.Store(d + (4 * ldc));
            c50.Store(c + (5 * ldc));
            c51.Store(d + (5 * ldc));
            c60.Store(c + (6 * ldc));
            c61.Store(d + (6 * ldc));
            c70.Store(c + (7 * ldc));
            c71.Store(d + (7 * ldc));
            c80.Store(c + (8 * ldc));
            c81.Store(d + (8 * ldc));
            c90.Store(c + (9 * ldc));
            c91.Store(d + (9 * ldc));
            c100.Store(c + (10 * ldc));
            c101.Store(d + (10 * ldc));
            c110.Store(c + (11 * ldc));
            c111.Store(d + (11 * ldc));
        }
    }

    private readonly struct Twelve : IRows
    {
        public static int Count => 12;
    }
}
