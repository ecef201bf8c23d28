using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>Sums of squares in double, in one fixed order.</summary>
internal static unsafe class GradientNorm
{
    /// <summary>Σ xᵢ², in eight chains folded in one order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumOfSquares(float* x, int length)
    {
        Vector256<double> low = default;
        Vector256<double> high = default;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(x + i));
            low = Vector256.FusedMultiplyAdd(a, a, low);
            high = Vector256.FusedMultiplyAdd(b, b, high);
        }

        Vector256<double> four = low + high;
        double sum = (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
        for (; i < length; i++)
        {
            sum = Math.FusedMultiplyAdd(x[i], x[i], sum);
        }

        return sum;
    }
}
