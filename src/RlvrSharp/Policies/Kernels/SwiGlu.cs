using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>silu(gate) ∘ up, with silu(g) = g / (1 + e⁻ᵍ) (Shazeer, arXiv 2002.05202).</summary>
internal static unsafe class SwiGlu
{
    /// <summary>y = silu(gate) ∘ up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* gate, float* up, float* y, int length)
    {
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector256<float> g = Vector256.Load(gate + i);
            (g / (Vector256<float>.One + VectorMath.Exp(-g)) * Vector256.Load(up + i)).Store(y + i);
        }

        if (i < length)
        {
            float* tail = stackalloc float[32];
            VectorMath.Tail(gate + i, length - i, 0f, tail);
            VectorMath.Tail(up + i, length - i, 0f, tail + 16);
            Forward(tail, tail + 16, tail, 8);
            new ReadOnlySpan<float>(tail, length - i).CopyTo(new Span<float>(y + i, length - i));
        }
    }

    /// <summary>Replaces gate by ∂/∂gate and up by ∂/∂up, and writes the forward value to <paramref name="dy"/>, which held ∂/∂y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* gate, float* up, float* dy, int length)
    {
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector256<float> g = Vector256.Load(gate + i);
            Vector256<float> u = Vector256.Load(up + i);
            Vector256<float> d = Vector256.Load(dy + i);
            Vector256<float> one = Vector256<float>.One;
            Vector256<float> sigmoid = one / (one + VectorMath.Exp(-g));
            Vector256<float> silu = g * sigmoid;
            (d * u * Vector256.FusedMultiplyAdd(silu, one - sigmoid, sigmoid)).Store(gate + i);
            (d * silu).Store(up + i);
            (silu * u).Store(dy + i);
        }

        if (i < length)
        {
            int rest = length - i;
            float* tail = stackalloc float[48];
            VectorMath.Tail(gate + i, rest, 0f, tail);
            VectorMath.Tail(up + i, rest, 0f, tail + 16);
            VectorMath.Tail(dy + i, rest, 0f, tail + 32);
            Backward(tail, tail + 16, tail + 32, 8);
            new ReadOnlySpan<float>(tail, rest).CopyTo(new Span<float>(gate + i, rest));
            new ReadOnlySpan<float>(tail + 16, rest).CopyTo(new Span<float>(up + i, rest));
            new ReadOnlySpan<float>(tail + 32, rest).CopyTo(new Span<float>(dy + i, rest));
        }
    }
}
