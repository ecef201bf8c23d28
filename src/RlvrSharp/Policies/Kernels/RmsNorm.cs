using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>y = w ∘ x / √(mean(x²) + ε) (Zhang and Sennrich, arXiv 1910.07467).</summary>
internal static unsafe class RmsNorm
{
    /// <summary>Normalises one row; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* x, float* weight, float* y, int length, float epsilon)
    {
        float r = InverseRoot(x, length, epsilon);
        Vector256<float> scale = Vector256.Create(r);
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            (Vector256.Load(x + i) * scale * Vector256.Load(weight + i)).Store(y + i);
        }

        for (; i < length; i++)
        {
            y[i] = x[i] * r * weight[i];
        }
    }

    /// <summary>
    /// ∂/∂x of one row, added to <paramref name="dx"/>: r (g∘w − x r² mean(g∘w∘x)), with r the inverse root of <paramref name="x"/>.
    /// </summary>
    /// <returns>r, which the gradient of the weight needs.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Backward(float* x, float* weight, float* dy, float* dx, int length, float epsilon)
    {
        float r = InverseRoot(x, length, epsilon);
        Vector256<float> low = default;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            low = Vector256.FusedMultiplyAdd(Vector256.Load(dy + i) * Vector256.Load(weight + i), Vector256.Load(x + i), low);
        }

        float dot = VectorMath.Fold(low, default);
        for (; i < length; i++)
        {
            dot = MathF.FusedMultiplyAdd(dy[i] * weight[i], x[i], dot);
        }

        float pull = -r * r * dot / length;
        Vector256<float> scale = Vector256.Create(r);
        Vector256<float> back = Vector256.Create(pull);
        for (i = 0; i <= length - 8; i += 8)
        {
            Vector256<float> inner = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), back, Vector256.Load(dy + i) * Vector256.Load(weight + i));
            Vector256.FusedMultiplyAdd(inner, scale, Vector256.Load(dx + i)).Store(dx + i);
        }

        for (; i < length; i++)
        {
            dx[i] = MathF.FusedMultiplyAdd(MathF.FusedMultiplyAdd(x[i], pull, dy[i] * weight[i]), r, dx[i]);
        }

        return r;
    }

    /// <summary>1 / √(mean(x²) + ε).</summary>
    public static float InverseRoot(float* x, int length, float epsilon) =>
        1f / MathF.Sqrt((VectorMath.Dot(x, x, length) / length) + epsilon);
}
