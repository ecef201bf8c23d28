using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Benchmarks;

/// <summary>The most fused multiply-adds that one core can do: independent chains that never leave the registers.</summary>
internal static class FmaPeak
{
    private const int Rounds = 1 << 16;
    private const int Chains = 12;

    private static int Width => Vector512.IsHardwareAccelerated ? 16 : 8;

    /// <summary>Floating-point operations of one <see cref="Run"/>.</summary>
    public static double Operations => 2.0 * Rounds * Chains * Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static float Run(float value) => Vector512.IsHardwareAccelerated ? Run512(value) : Run256(value);

    private static float Run256(float value)
    {
        Vector256<float> x = Vector256.Create(value), y = x;
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(x, y, a);
            b = Vector256.FusedMultiplyAdd(x, y, b);
            c = Vector256.FusedMultiplyAdd(x, y, c);
            d = Vector256.FusedMultiplyAdd(x, y, d);
            e = Vector256.FusedMultiplyAdd(x, y, e);
            f = Vector256.FusedMultiplyAdd(x, y, f);
            g = Vector256.FusedMultiplyAdd(x, y, g);
            h = Vector256.FusedMultiplyAdd(x, y, h);
            i = Vector256.FusedMultiplyAdd(x, y, i);
            j = Vector256.FusedMultiplyAdd(x, y, j);
            k = Vector256.FusedMultiplyAdd(x, y, k);
            l = Vector256.FusedMultiplyAdd(x, y, l);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private static float Run512(float value)
    {
        Vector512<float> x = Vector512.Create(value), y = x;
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int round = 0; round < Rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(x, y, a);
            b = Vector512.FusedMultiplyAdd(x, y, b);
            c = Vector512.FusedMultiplyAdd(x, y, c);
            d = Vector512.FusedMultiplyAdd(x, y, d);
            e = Vector512.FusedMultiplyAdd(x, y, e);
            f = Vector512.FusedMultiplyAdd(x, y, f);
            g = Vector512.FusedMultiplyAdd(x, y, g);
            h = Vector512.FusedMultiplyAdd(x, y, h);
            i = Vector512.FusedMultiplyAdd(x, y, i);
            j = Vector512.FusedMultiplyAdd(x, y, j);
            k = Vector512.FusedMultiplyAdd(x, y, k);
            l = Vector512.FusedMultiplyAdd(x, y, l);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
