using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <content>One or two rows: several panels at once, so that enough chains are under way to hide the latency of the fused multiply-add.</content>
internal static unsafe partial class Gemm
{
    /// <returns>How many columns were computed: all of them.</returns>
    private static int FewRows(
        float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, nint panelStride, float* c, nint ldc, int m, int n, int k, bool accumulate)
    {
        int j = 0;
        if (m == 1)
        {
            for (; j <= n - (4 * Panel); j += 4 * Panel)
            {
                OneRowFourPanels(a, depthStride, b + (j / Panel * panelStride), depthStrideB, panelStride, c + j, k, accumulate);
            }
        }
        else if (m == 2)
        {
            for (; j <= n - (2 * Panel); j += 2 * Panel)
            {
                TwoRowsTwoPanels(a, rowStride, depthStride, b + (j / Panel * panelStride), depthStrideB, panelStride, c + j, ldc, k, accumulate);
            }
        }

        for (; j < n; j += Panel)
        {
            Tile(a, rowStride, depthStride, b + (j / Panel * panelStride), depthStrideB, c + j, ldc, m, Math.Min(Panel, n - j), k, accumulate);
        }

        return n;
    }

    /// <summary>One row on panels in bfloat16.</summary>
    /// <returns>How many columns were computed: whole sets of four panels, or none for more rows.</returns>
    private static int FewRows(float* a, ushort* b, nint panelStride, float* c, int m, int n, int k, bool accumulate)
    {
        int j = 0;
        for (; m == 1 && j <= n - (4 * Panel); j += 4 * Panel)
        {
            OneRowFourPanels(a, b + (j / Panel * panelStride), panelStride, c + j, k, accumulate);
        }

        return j;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRowFourPanels(float* a, nint depthStride, float* b, nint depthStrideB, nint panelStride, float* c, int depth, bool accumulate)
    {
        Vector256<float> c0 = accumulate ? Vector256.Load(c + 0) : default;
        Vector256<float> c1 = accumulate ? Vector256.Load(c + 8) : default;
        Vector256<float> c2 = accumulate ? Vector256.Load(c + 16) : default;
        Vector256<float> c3 = accumulate ? Vector256.Load(c + 24) : default;
        Vector256<float> c4 = accumulate ? Vector256.Load(c + 32) : default;
        Vector256<float> c5 = accumulate ? Vector256.Load(c + 40) : default;
        Vector256<float> c6 = accumulate ? Vector256.Load(c + 48) : default;
        Vector256<float> c7 = accumulate ? Vector256.Load(c + 56) : default;
        nint panel2 = 2 * panelStride;
        nint panel3 = 3 * panelStride;
        for (; depth > 0; depth--)
        {
            Vector256<float> x = Vector256.Create(*a);
            c0 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b), c0);
            c1 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + 8), c1);
            c2 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panelStride), c2);
            c3 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panelStride + 8), c3);
            c4 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panel2), c4);
            c5 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panel2 + 8), c5);
            c6 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panel3), c6);
            c7 = Vector256.FusedMultiplyAdd(x, Vector256.Load(b + panel3 + 8), c7);
            a += depthStride;
            b += depthStrideB;
        }

        c0.Store(c + 0);
        c1.Store(c + 8);
        c2.Store(c + 16);
        c3.Store(c + 24);
        c4.Store(c + 32);
        c5.Store(c + 40);
        c6.Store(c + 48);
        c7.Store(c + 56);
    }

    /// <summary>
    /// A row of a bfloat16 panel is one 256-bit load of eight words with two numbers each. A shift and a mask turn it into the even and the odd
    /// columns as floats, so the chains of a panel are kept that way and put in order at the end: fewer instructions than widening in order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRowFourPanels(float* a, ushort* b, nint panelStride, float* c, int depth, bool accumulate)
    {
        Vector256<float> even0 = default, odd0 = default, even1 = default, odd1 = default, even2 = default, odd2 = default, even3 = default, odd3 = default;
        if (accumulate)
        {
            (even0, odd0) = Part(c);
            (even1, odd1) = Part(c + 16);
            (even2, odd2) = Part(c + 32);
            (even3, odd3) = Part(c + 48);
        }

        Vector256<uint> upper = Vector256.Create(0xFFFF0000u);
        nint panel2 = 2 * panelStride;
        nint panel3 = 3 * panelStride;
        for (; depth > 0; depth--)
        {
            Vector256<float> x = Vector256.Create(*a);
            Vector256<uint> w0 = Vector256.Load((uint*)b);
            Vector256<uint> w1 = Vector256.Load((uint*)(b + panelStride));
            Vector256<uint> w2 = Vector256.Load((uint*)(b + panel2));
            Vector256<uint> w3 = Vector256.Load((uint*)(b + panel3));
            even0 = Vector256.FusedMultiplyAdd(x, Vector256.ShiftLeft(w0, 16).AsSingle(), even0);
            odd0 = Vector256.FusedMultiplyAdd(x, (w0 & upper).AsSingle(), odd0);
            even1 = Vector256.FusedMultiplyAdd(x, Vector256.ShiftLeft(w1, 16).AsSingle(), even1);
            odd1 = Vector256.FusedMultiplyAdd(x, (w1 & upper).AsSingle(), odd1);
            even2 = Vector256.FusedMultiplyAdd(x, Vector256.ShiftLeft(w2, 16).AsSingle(), even2);
            odd2 = Vector256.FusedMultiplyAdd(x, (w2 & upper).AsSingle(), odd2);
            even3 = Vector256.FusedMultiplyAdd(x, Vector256.ShiftLeft(w3, 16).AsSingle(), even3);
            odd3 = Vector256.FusedMultiplyAdd(x, (w3 & upper).AsSingle(), odd3);
            a++;
            b += Panel;
        }

        Join(even0, odd0, c);
        Join(even1, odd1, c + 16);
        Join(even2, odd2, c + 32);
        Join(even3, odd3, c + 48);
    }

    /// <summary>Sixteen floats as the even and the odd ones.</summary>
    private static (Vector256<float> Even, Vector256<float> Odd) Part(float* c)
    {
        float* parts = stackalloc float[Panel];
        for (int i = 0; i < 8; i++)
        {
            parts[i] = c[2 * i];
            parts[i + 8] = c[(2 * i) + 1];
        }

        return (Vector256.Load(parts), Vector256.Load(parts + 8));
    }

    /// <summary>Puts the even and the odd ones back in order.</summary>
    private static void Join(Vector256<float> even, Vector256<float> odd, float* c)
    {
        float* parts = stackalloc float[Panel];
        even.Store(parts);
        odd.Store(parts + 8);
        for (int i = 0; i < 8; i++)
        {
            c[2 * i] = parts[i];
            c[(2 * i) + 1] = parts[i + 8];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRowsTwoPanels(
        float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, nint panelStride, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = accumulate ? Vector256.Load(c + 0) : default;
        Vector256<float> c01 = accumulate ? Vector256.Load(c + 8) : default;
        Vector256<float> c02 = accumulate ? Vector256.Load(c + 16) : default;
        Vector256<float> c03 = accumulate ? Vector256.Load(c + 24) : default;
        Vector256<float> c10 = accumulate ? Vector256.Load(c + (1 * ldc) + 0) : default;
        Vector256<float> c11 = accumulate ? Vector256.Load(c + (1 * ldc) + 8) : default;
        Vector256<float> c12 = accumulate ? Vector256.Load(c + (1 * ldc) + 16) : default;
        Vector256<float> c13 = accumulate ? Vector256.Load(c + (1 * ldc) + 24) : default;
        for (; depth > 0; depth--)
        {
            Vector256<float> b0 = Vector256.Load(b);
            Vector256<float> b1 = Vector256.Load(b + 8);
            Vector256<float> b2 = Vector256.Load(b + panelStride);
            Vector256<float> b3 = Vector256.Load(b + panelStride + 8);
            Vector256<float> x = Vector256.Create(*a);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector256.FusedMultiplyAdd(x, b2, c02);
            c03 = Vector256.FusedMultiplyAdd(x, b3, c03);
            x = Vector256.Create(a[rowStride]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            c12 = Vector256.FusedMultiplyAdd(x, b2, c12);
            c13 = Vector256.FusedMultiplyAdd(x, b3, c13);
            a += depthStride;
            b += depthStrideB;
        }

        c00.Store(c + 0);
        c01.Store(c + 8);
        c02.Store(c + 16);
        c03.Store(c + 24);
        c10.Store(c + ldc + 0);
        c11.Store(c + ldc + 8);
        c12.Store(c + ldc + 16);
        c13.Store(c + ldc + 24);
    }
}
