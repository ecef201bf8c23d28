using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>One step of AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), element by element.</summary>
internal static unsafe class AdamW
{
    /// <summary>
    /// m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²; w = w(1 − lr·decay) − (lr/(1−β₁ᵗ)) m / (√v/√(1−β₂ᵗ) + ε), and g = 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Step(float* weight, float* gradient, float* first, float* second, int length, in AdamWStep step)
    {
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector256<float> g = Vector256.Load(gradient + i) * Vector256.Create(step.GradientScale);
            Vector256<float> m = Vector256.FusedMultiplyAdd(Vector256.Load(first + i), Vector256.Create(step.Beta1), g * Vector256.Create(step.OneMinusBeta1));
            Vector256<float> v = Vector256.FusedMultiplyAdd(Vector256.Load(second + i), Vector256.Create(step.Beta2), g * g * Vector256.Create(step.OneMinusBeta2));
            m.Store(first + i);
            v.Store(second + i);
            Vector256<float> root = Vector256.FusedMultiplyAdd(Vector256.Sqrt(v), Vector256.Create(step.RootCorrection), Vector256.Create(step.Epsilon));
            Vector256<float> w = Vector256.Load(weight + i) * Vector256.Create(step.Decay);
            (w - (Vector256.Create(step.StepSize) * m / root)).Store(weight + i);
            Vector256<float>.Zero.Store(gradient + i);
        }

        for (; i < length; i++)
        {
            float g = gradient[i] * step.GradientScale;
            float m = MathF.FusedMultiplyAdd(first[i], step.Beta1, g * step.OneMinusBeta1);
            float v = MathF.FusedMultiplyAdd(second[i], step.Beta2, g * g * step.OneMinusBeta2);
            first[i] = m;
            second[i] = v;
            float root = MathF.FusedMultiplyAdd(MathF.Sqrt(v), step.RootCorrection, step.Epsilon);
            weight[i] = (weight[i] * step.Decay) - (step.StepSize * m / root);
            gradient[i] = 0;
        }
    }
}
