using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>
/// The sums and the exponential that forward passes are made of. Every sum runs in 16 lanes (lane = index mod 16) that are folded
/// in one fixed order, so that no vector width and no cut of the work changes a bit.
/// </summary>
internal static unsafe class VectorMath
{
    /// <summary>Inputs below this give exactly 0.</summary>
    public const float ExpUnderflow = -87.3f;

    private const float ExpOverflow = 88f;

    /// <summary>eˣ within 2 ulp; 0 below <see cref="ExpUnderflow"/>, clamped above 88; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> dead = Vector256.LessThan(x, Vector256.Create(ExpUnderflow));

        // The variable comes second: that is the operand that native minimum and maximum return where it is NaN.
        x = Vector256.MinNative(Vector256.Create(ExpOverflow), Vector256.MaxNative(Vector256.Create(ExpUnderflow), x));

        // x = n ln 2 + r with |r| ≤ ln 2 / 2; ln 2 in two parts keeps r exact to the last bits.
        Vector256<float> n = Vector256.Round(x * Vector256.Create(1.44269504088896341f));
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693145752f), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-1.42860677e-6f), r);

        // The Taylor series to r⁷/7!: the next term is below half an ulp in this range.
        Vector256<float> p = Vector256.Create(1f / 5040f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 720f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 120f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 24f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 6f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);

        Vector256<int> exponent = Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23);
        return Vector256.AndNot(p * exponent.AsSingle(), dead);
    }

    /// <summary>Folds 16 lanes (0–7 and 8–15) in the one fixed order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Fold(Vector256<float> low, Vector256<float> high)
    {
        Vector256<float> eight = low + high;
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        float a = four.GetElement(0) + four.GetElement(2);
        float b = four.GetElement(1) + four.GetElement(3);
        return a + b;
    }

    /// <summary>Σ xᵢ yᵢ, one fused chain per lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* x, float* y, int length)
    {
        Vector256<float> low = default;
        Vector256<float> high = default;
        int i = 0;
        for (; i <= length - 16; i += 16)
        {
            low = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(y + i), low);
            high = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + 8), Vector256.Load(y + i + 8), high);
        }

        if (i < length)
        {
            float* tail = stackalloc float[32];
            Tail(x + i, length - i, 0f, tail);
            Tail(y + i, length - i, 0f, tail + 16);
            low = Vector256.FusedMultiplyAdd(Vector256.Load(tail), Vector256.Load(tail + 16), low);
            high = Vector256.FusedMultiplyAdd(Vector256.Load(tail + 8), Vector256.Load(tail + 24), high);
        }

        return Fold(low, high);
    }

    /// <summary>Copies fewer than 16 floats into a whole row of lanes, the rest filled with <paramref name="fill"/>.</summary>
    public static void Tail(float* source, int count, float fill, float* destination)
    {
        for (int i = 0; i < 16; i++)
        {
            destination[i] = i < count ? source[i] : fill;
        }
    }

    /// <summary>y += x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTo(float* x, float* y, int length)
    {
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            (Vector256.Load(x + i) + Vector256.Load(y + i)).Store(y + i);
        }

        for (; i < length; i++)
        {
            y[i] += x[i];
        }
    }

    /// <summary>y += s x, one fused operation per element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* x, float s, float* y, int length)
    {
        Vector256<float> scale = Vector256.Create(s);
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector256.FusedMultiplyAdd(Vector256.Load(x + i), scale, Vector256.Load(y + i)).Store(y + i);
        }

        for (; i < length; i++)
        {
            y[i] = MathF.FusedMultiplyAdd(x[i], s, y[i]);
        }
    }
}
