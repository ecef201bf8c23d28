using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>
/// The matrix product on one thread: C[m × n] = A[m × k] · B[k × n], B in panels of 16 columns. Each element of C is one chain of
/// fused multiply-adds over k ascending, whatever the tile, the vector width or the blocking: blocks over k reload the chain's last value.
/// </summary>
internal static unsafe partial class Gemm
{
    /// <summary>Columns of one panel of B.</summary>
    public const int Panel = 16;

    private const int DepthBlock = 256;
    private const int RowBlock = 120;

    /// <summary>Rows of the micro-kernel's tile on this machine.</summary>
    public static int TileRows => Vector512.IsHardwareAccelerated ? 12 : Vector256.IsHardwareAccelerated ? 6 : 4;

    /// <summary>Computes C = A·B, or C = C + A·B with the chain begun at C.</summary>
    /// <param name="a">A; element (i, k) at a[i·rowStride + k·depthStride].</param>
    /// <param name="rowStride">Distance between rows of A.</param>
    /// <param name="depthStride">Distance between neighbours in a row of A.</param>
    /// <param name="b">B; element (k, j) at b[(j / 16)·panelStride + k·depthStrideB + j mod 16]. Whole panels are read.</param>
    /// <param name="depthStrideB">Distance between rows of a panel.</param>
    /// <param name="panelStride">Distance between panels.</param>
    /// <param name="c">C, row-major.</param>
    /// <param name="ldc">Distance between rows of C.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns; only these are written.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="accumulate">Whether the chains begin at C instead of 0.</param>
    /// <param name="panelStrideC">Distance between C's blocks of 16 columns; 16 for a plain row-major C.</param>
    public static void Multiply(
        float* a,
        nint rowStride,
        nint depthStride,
        float* b,
        nint depthStrideB,
        nint panelStride,
        float* c,
        nint ldc,
        int m,
        int n,
        int k,
        bool accumulate,
        nint panelStrideC = Panel) =>
        Multiply(a, rowStride, depthStride, b, sizeof(float), depthStrideB, panelStride, c, ldc, m, n, k, accumulate, panelStrideC);

    /// <summary>C = A·B or C = C + A·B with B's panels in bfloat16; the same chains as over the widened floats.</summary>
    public static void Multiply(float* a, nint rowStride, ushort* b, nint panelStride, float* c, nint ldc, int m, int n, int k, bool accumulate) =>
        Multiply(a, rowStride, 1, b, sizeof(ushort), Panel, panelStride, c, ldc, m, n, k, accumulate, Panel);

    private static void Multiply(
        float* a,
        nint rowStride,
        nint depthStride,
        void* b,
        int sizeB,
        nint depthStrideB,
        nint panelStride,
        float* c,
        nint ldc,
        int m,
        int n,
        int k,
        bool accumulate,
        nint panelStrideC)
    {
        if (m <= 0 || n <= 0)
        {
            return;
        }

        if (k <= 0)
        {
            if (!accumulate)
            {
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < n; j += Panel)
                    {
                        new Span<float>(c + (i * ldc) + (j / Panel * panelStrideC), Math.Min(Panel, n - j)).Clear();
                    }
                }
            }

            return;
        }

        if (m < 3 && panelStrideC == Panel && Vector256.IsHardwareAccelerated)
        {
            int done = sizeB == sizeof(float)
                ? FewRows(a, rowStride, depthStride, (float*)b, depthStrideB, panelStride, c, ldc, m, n, k, accumulate)
                : FewRows(a, (ushort*)b, panelStride, c, m, n, k, accumulate);
            if (done == n)
            {
                return;
            }

            b = (byte*)b + (done / Panel * panelStride * sizeB);
            c += done;
            n -= done;
        }

        int tile = TileRows;
        bool packA = m > tile && (depthStride != 1 ? n > 2 * Panel : n >= 24 * Panel);
        bool packB = sizeB != sizeof(float) || (depthStrideB != Panel && m >= 10 * tile);
        float[]? scratchA = packA ? ArrayPool<float>.Shared.Rent((RowBlock + tile) * DepthBlock) : null;
        float[]? scratchB = packB ? ArrayPool<float>.Shared.Rent(2 * Panel * DepthBlock) : null;
        fixed (float* packedA = scratchA, packedB = scratchB)
        {
            var blocks = new Blocks
            {
                RowStride = rowStride,
                DepthStride = depthStride,
                PackedA = packedA,
                PackedB = packedB,
                SizeB = sizeB,
                DepthStrideB = depthStrideB,
                PanelStrideB = panelStride,
                RowStrideC = ldc,
                PanelStrideC = panelStrideC,
            };
            for (int i0 = 0; i0 < m; i0 += RowBlock)
            {
                int rows = Math.Min(RowBlock, m - i0);
                for (int k0 = 0; k0 < k; k0 += DepthBlock)
                {
                    int depth = Math.Min(DepthBlock, k - k0);
                    float* aBlock = a + (i0 * rowStride) + (k0 * depthStride);
                    if (packA)
                    {
                        PackA(aBlock, rowStride, depthStride, rows, depth, tile, packedA);
                    }

                    void* bBlock = (byte*)b + (k0 * depthStrideB * sizeB);
                    float* cBlock = c + (i0 * ldc);
                    if (Vector512.IsHardwareAccelerated)
                    {
                        PanelPairs(blocks, aBlock, bBlock, cBlock, rows, n, depth, accumulate || k0 > 0);
                    }
                    else
                    {
                        Panels(blocks, aBlock, bBlock, cBlock, rows, n, depth, tile, accumulate || k0 > 0);
                    }
                }
            }
        }

        if (scratchA is not null)
        {
            ArrayPool<float>.Shared.Return(scratchA);
        }

        if (scratchB is not null)
        {
            ArrayPool<float>.Shared.Return(scratchB);
        }
    }

    /// <summary>All tiles of a block of rows, panel by panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panels(in Blocks blocks, float* a, void* b, float* c, int rows, int n, int depth, int tile, bool accumulate)
    {
        for (int j = 0; j < n; j += Panel)
        {
            float* bPanel = (float*)((byte*)b + (j / Panel * blocks.PanelStrideB * blocks.SizeB));
            nint bStride = blocks.DepthStrideB;
            if (blocks.PackedB is not null)
            {
                PackB(bPanel, blocks.SizeB, bStride, depth, blocks.PackedB);
                bPanel = blocks.PackedB;
                bStride = Panel;
            }

            int columns = Math.Min(Panel, n - j);
            float* cPanel = c + (j / Panel * blocks.PanelStrideC);
            for (int i = 0; i < rows; i += tile)
            {
                int tileRows = Math.Min(tile, rows - i);
                float* cTile = cPanel + (i * blocks.RowStrideC);
                if (blocks.PackedA is not null)
                {
                    Tile(blocks.PackedA + (i * depth), 1, tile, bPanel, bStride, cTile, blocks.RowStrideC, tileRows, columns, depth, accumulate);
                }
                else
                {
                    Tile(a + (i * blocks.RowStride), blocks.RowStride, blocks.DepthStride, bPanel, bStride, cTile, blocks.RowStrideC, tileRows, columns, depth, accumulate);
                }
            }
        }
    }

    private static void Tile(
        float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, float* c, nint ldc, int rows, int columns, int depth, bool accumulate)
    {
        if (columns == Panel)
        {
            Whole(a, rowStride, depthStride, b, depthStrideB, c, ldc, rows, depth, accumulate);
            return;
        }

        // A panel that sticks out over C goes through a whole tile of its own.
        float* edge = stackalloc float[12 * Panel];
        for (int i = 0; accumulate && i < rows; i++)
        {
            new ReadOnlySpan<float>(c + (i * ldc), columns).CopyTo(new Span<float>(edge + (i * Panel), Panel));
        }

        Whole(a, rowStride, depthStride, b, depthStrideB, edge, Panel, rows, depth, accumulate);
        for (int i = 0; i < rows; i++)
        {
            new ReadOnlySpan<float>(edge + (i * Panel), columns).CopyTo(new Span<float>(c + (i * ldc), columns));
        }
    }

    private static void Whole(float* a, nint rowStride, nint depthStride, float* b, nint depthStrideB, float* c, nint ldc, int rows, int depth, bool accumulate)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            Narrow(a, rowStride, depthStride, b, depthStrideB, c, ldc, rows, depth, accumulate);
            return;
        }

        switch (rows)
        {
            case 6:
                Tile256<Six>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
            case 5:
                Tile256<Five>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
            case 4:
                Tile256<Four>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
            case 3:
                Tile256<Three>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
            case 2:
                Tile256<Two>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
            default:
                Tile256<One>(a, rowStride, depthStride, b, depthStrideB, c, ldc, depth, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackA(float* a, nint rowStride, nint depthStride, int rows, int depth, int tile, float* packed)
    {
        for (int i = 0; i < rows; i += tile)
        {
            int count = Math.Min(tile, rows - i);
            float* source = a + (i * rowStride);
            float* target = packed + (i * depth);
            if (count == 6 && rowStride == 1)
            {
                for (int k = 0; k < depth; k++, source += depthStride, target += 6)
                {
                    Vector128.Load(source).Store(target);
                    *(long*)(target + 4) = *(long*)(source + 4);
                }
            }
            else if (count == 6)
            {
                nint row2 = 2 * rowStride, row3 = 3 * rowStride, row4 = 4 * rowStride, row5 = 5 * rowStride;
                for (int k = 0; k < depth; k++, source += depthStride, target += 6)
                {
                    target[0] = source[0];
                    target[1] = source[rowStride];
                    target[2] = source[row2];
                    target[3] = source[row3];
                    target[4] = source[row4];
                    target[5] = source[row5];
                }
            }
            else
            {
                for (int k = 0; k < depth; k++, source += depthStride, target += tile)
                {
                    for (int r = 0; r < count; r++)
                    {
                        target[r] = source[r * rowStride];
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackB(void* panel, int size, nint depthStrideB, int depth, float* packed)
    {
        if (size == sizeof(ushort))
        {
            ushort* narrow = (ushort*)panel;
            for (int k = 0; k < depth; k++)
            {
                Widen(narrow).Store(packed);
                Widen(narrow + 8).Store(packed + 8);
                narrow += depthStrideB;
                packed += Panel;
            }

            return;
        }

        float* b = (float*)panel;
        for (int k = 0; k < depth; k++)
        {
            Vector256.Load(b).Store(packed);
            Vector256.Load(b + 8).Store(packed + 8);
            b += depthStrideB;
            packed += Panel;
        }
    }

    /// <summary>Eight bfloat16 numbers as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ushort* bits)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load(bits));
        return Vector256.ShiftLeft(Vector256.Create(low, high), 16).AsSingle();
    }

    /// <summary>How the operands of one call lie in memory, and the packed copies where there are any.</summary>
    internal readonly struct Blocks
    {
        public nint RowStride { get; init; }

        public nint DepthStride { get; init; }

        public float* PackedA { get; init; }

        public float* PackedB { get; init; }

        /// <summary>Bytes of an element of B: 4, or 2 for bfloat16.</summary>
        public int SizeB { get; init; }

        public nint DepthStrideB { get; init; }

        public nint PanelStrideB { get; init; }

        public nint RowStrideC { get; init; }

        public nint PanelStrideC { get; init; }
    }
}
