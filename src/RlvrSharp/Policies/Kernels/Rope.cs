using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>Rotary position embedding (Su et al., arXiv 2104.09864) in the half-rotation layout: element i turns with element i + d/2.</summary>
internal static unsafe class Rope
{
    /// <summary>Turns one head by the angles of its position; <paramref name="inverse"/> turns back, which is the gradient.</summary>
    /// <param name="x">The head, in place.</param>
    /// <param name="cosine">cos of each of the half angles.</param>
    /// <param name="sine">sin of each of the half angles.</param>
    /// <param name="half">Half the head's length.</param>
    /// <param name="inverse">Whether to turn back.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(float* x, float* cosine, float* sine, int half, bool inverse)
    {
        float* y = x + half;
        int i = 0;
        for (; i <= half - 8; i += 8)
        {
            Vector256<float> a = Vector256.Load(x + i);
            Vector256<float> b = Vector256.Load(y + i);
            Vector256<float> c = Vector256.Load(cosine + i);
            Vector256<float> s = Vector256.Load(sine + i);
            s = inverse ? -s : s;
            Vector256.FusedMultiplyAdd(-b, s, a * c).Store(x + i);
            Vector256.FusedMultiplyAdd(a, s, b * c).Store(y + i);
        }

        for (; i < half; i++)
        {
            float a = x[i];
            float b = y[i];
            float s = inverse ? -sine[i] : sine[i];
            x[i] = MathF.FusedMultiplyAdd(-b, s, a * cosine[i]);
            y[i] = MathF.FusedMultiplyAdd(a, s, b * cosine[i]);
        }
    }
}
