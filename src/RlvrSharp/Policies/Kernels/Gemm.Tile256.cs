using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <content>Tiles of up to 6 × 16 in 256-bit vectors: 12 accumulators, 2 of B and 1 of A fill the 16 registers.</content>
internal static unsafe partial class Gemm
{
    private interface IRows
    {
        static abstract int Count { get; }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile256<TRows>(float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, float* c, nint ldc, int depth, bool accumulate)
        where TRows : struct, IRows
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default;
        Vector256<float> c40 = default, c41 = default;
        Vector256<float> c50 = default, c51 = default;
        if (accumulate)
        {
            c00 = Vector256.Load(c);
            c01 = Vector256.Load(c + 8);
            if (TRows.Count > 1)
            {
                c10 = Vector256.Load(c + (1 * ldc));
                c11 = Vector256.Load(c + (1 * ldc) + 8);
            }

            if (TRows.Count > 2)
            {
                c20 = Vector256.Load(c + (2 * ldc));
                c21 = Vector256.Load(c + (2 * ldc) + 8);
            }

            if (TRows.Count > 3)
            {
                c30 = Vector256.Load(c + (3 * ldc));
                c31 = Vector256.Load(c + (3 * ldc) + 8);
            }

            if (TRows.Count > 4)
            {
                c40 = Vector256.Load(c + (4 * ldc));
                c41 = Vector256.Load(c + (4 * ldc) + 8);
            }

            if (TRows.Count > 5)
            {
                c50 = Vector256.Load(c + (5 * ldc));
                c51 = Vector256.Load(c + (5 * ldc) + 8);
            }
        }

        nint row2 = 2 * rowStride;
        nint row3 = 3 * rowStride;
        nint row4 = 4 * rowStride;
        nint row5 = 5 * rowStride;
        for (; depth > 0; depth--)
        {
            Vector256<float> b0 = Vector256.Load(b);
            Vector256<float> b1 = Vector256.Load(b + 8);
            Vector256<float> x = Vector256.Create(*a);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            if (TRows.Count > 1)
            {
                x = Vector256.Create(a[rowStride]);
                c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
                c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            }

            if (TRows.Count > 2)
            {
                x = Vector256.Create(a[row2]);
                c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
                c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            }

            if (TRows.Count > 3)
            {
                x = Vector256.Create(a[row3]);
                c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
                c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            }

            if (TRows.Count > 4)
            {
                x = Vector256.Create(a[row4]);
                c40 = Vector256.FusedMultiplyAdd(x, b0, c40);
                c41 = Vector256.FusedMultiplyAdd(x, b1, c41);
            }

            if (TRows.Count > 5)
            {
                x = Vector256.Create(a[row5]);
                c50 = Vector256.FusedMultiplyAdd(x, b0, c50);
                c51 = Vector256.FusedMultiplyAdd(x, b1, c51);
            }

            a += depthStride;
            b += depthStrideB;
        }

        c00.Store(c);
        c01.Store(c + 8);
        if (TRows.Count > 1)
        {
            c10.Store(c + (1 * ldc));
            c11.Store(c + (1 * ldc) + 8);
        }

        if (TRows.Count > 2)
        {
            c20.Store(c + (2 * ldc));
            c21.Store(c + (2 * ldc) + 8);
        }

        if (TRows.Count > 3)
        {
            c30.Store(c + (3 * ldc));
            c31.Store(c + (3 * ldc) + 8);
        }

        if (TRows.Count > 4)
        {
            c40.Store(c + (4 * ldc));
            c41.Store(c + (4 * ldc) + 8);
        }

        if (TRows.Count > 5)
        {
            c50.Store(c + (5 * ldc));
            c51.Store(c + (5 * ldc) + 8);
        }
    }

    private readonly struct One : IRows
    {
        public static int Count => 1;
    }

    private readonly struct Two : IRows
    {
        public static int Count => 2;
    }

    private readonly struct Three : IRows
    {
        public static int Count => 3;
    }

    private readonly struct Four : IRows
    {
        public static int Count => 4;
    }

    private readonly struct Five : IRows
    {
        public static int Count => 5;
    }

    private readonly struct Six : IRows
    {
        public static int Count => 6;
    }
}
