using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <content>Rows by 16 in 128-bit vectors, for machines without wider ones (Arm64); without any, the runtime computes the same bits in scalars.</content>
internal static unsafe partial class Gemm
{
    /// <summary>A tile of 1 to 4 rows; longer ones in steps of 4.</summary>
    internal static void Narrow(float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, float* c, nint ldc, int rows, int depth, bool accumulate)
    {
        int i = 0;
        for (; i <= rows - 4; i += 4)
        {
            Tile128<Four>(a + (i * rowStride), rowStride, depthStride, b, depthStrideB, c + (i * ldc), ldc, depth, accumulate);
        }

        for (; i < rows; i++)
        {
            Tile128<One>(a + (i * rowStride), rowStride, depthStride, b, depthStrideB, c + (i * ldc), ldc, depth, accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile128<TRows>(float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, float* c, nint ldc, int depth, bool accumulate)
        where TRows : struct, IRows
    {
        Vector128<float> c00 = accumulate ? Vector128.Load(c + 0) : default;
        Vector128<float> c01 = accumulate ? Vector128.Load(c + 4) : default;
        Vector128<float> c02 = accumulate ? Vector128.Load(c + 8) : default;
        Vector128<float> c03 = accumulate ? Vector128.Load(c + 12) : default;
        Vector128<float> c10 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (1 * ldc) + 0) : default;
        Vector128<float> c11 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (1 * ldc) + 4) : default;
        Vector128<float> c12 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (1 * ldc) + 8) : default;
        Vector128<float> c13 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (1 * ldc) + 12) : default;
        Vector128<float> c20 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (2 * ldc) + 0) : default;
        Vector128<float> c21 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (2 * ldc) + 4) : default;
        Vector128<float> c22 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (2 * ldc) + 8) : default;
        Vector128<float> c23 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (2 * ldc) + 12) : default;
        Vector128<float> c30 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (3 * ldc) + 0) : default;
        Vector128<float> c31 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (3 * ldc) + 4) : default;
        Vector128<float> c32 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (3 * ldc) + 8) : default;
        Vector128<float> c33 = accumulate && TRows.Count > 1 ? Vector128.Load(c + (3 * ldc) + 12) : default;
        for (; depth > 0; depth--)
        {
            Vector128<float> b0 = Vector128.Load(b + 0);
            Vector128<float> b1 = Vector128.Load(b + 4);
            Vector128<float> b2 = Vector128.Load(b + 8);
            Vector128<float> b3 = Vector128.Load(b + 12);
            Vector128<float> x = Vector128.Create(*a);
            c00 = Vector128.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector128.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector128.FusedMultiplyAdd(x, b2, c02);
            c03 = Vector128.FusedMultiplyAdd(x, b3, c03);
            if (TRows.Count > 1)
            {
                x = Vector128.Create(a[1 * rowStride]);
                c10 = Vector128.FusedMultiplyAdd(x, b0, c10);
                c11 = Vector128.FusedMultiplyAdd(x, b1, c11);
                c12 = Vector128.FusedMultiplyAdd(x, b2, c12);
                c13 = Vector128.FusedMultiplyAdd(x, b3, c13);
                x = Vector128.Create(a[2 * rowStride]);
                c20 = Vector128.FusedMultiplyAdd(x, b0, c20);
                c21 = Vector128.FusedMultiplyAdd(x, b1, c21);
                c22 = Vector128.FusedMultiplyAdd(x, b2, c22);
                c23 = Vector128.FusedMultiplyAdd(x, b3, c23);
                x = Vector128.Create(a[3 * rowStride]);
                c30 = Vector128.FusedMultiplyAdd(x, b0, c30);
                c31 = Vector128.FusedMultiplyAdd(x, b1, c31);
                c32 = Vector128.FusedMultiplyAdd(x, b2, c32);
                c33 = Vector128.FusedMultiplyAdd(x, b3, c33);
            }

            a += depthStride;
            b += depthStrideB;
        }

        c00.Store(c + 0);
        c01.Store(c + 4);
        c02.Store(c + 8);
        c03.Store(c + 12);
        if (TRows.Count > 1)
        {
            c10.Store(c + (1 * ldc) + 0);
            c11.Store(c + (1 * ldc) + 4);
            c12.Store(c + (1 * ldc) + 8);
            c13.Store(c + (1 * ldc) + 12);
            c20.Store(c + (2 * ldc) + 0);
            c21.Store(c + (2 * ldc) + 4);
            c22.Store(c + (2 * ldc) + 8);
            c23.Store(c + (2 * ldc) + 12);
            c30.Store(c + (3 * ldc) + 0);
            c31.Store(c + (3 * ldc) + 4);
            c32.Store(c + (3 * ldc) + 8);
            c33.Store(c + (3 * ldc) + 12);
        }
    }
}
