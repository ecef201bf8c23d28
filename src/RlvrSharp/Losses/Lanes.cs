using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>
/// The vector helpers that the loss loops share. The lane shape is 256 bits everywhere and tails are padded to it, so every machine
/// adds the same numbers in the same order.
/// </summary>
internal static class Lanes
{
    /// <summary>Element-wise exponential; exp(0) is exactly 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp<T>(Vector256<T> x)
    {
        if (typeof(T) == typeof(float))
        {
            return LaneExp.Exp(x.AsSingle()).As<float, T>();
        }

        if (typeof(T) == typeof(double))
        {
            return LaneExp.Exp(x.AsDouble()).As<double, T>();
        }

        throw new NotSupportedException($"Losses are computed in float or double; {typeof(T)} is neither.");
    }

    /// <summary>The exponential of one number, with the bits of the vector form.</summary>
    public static double Exp(double x) => LaneExp.Exp(Vector256.Create(x))[0];

    /// <summary>Element-wise natural logarithm.</summary>
    public static Vector256<T> Log<T>(Vector256<T> x) => typeof(T) == typeof(float)
        ? Vector256.Log(x.AsSingle()).As<float, T>()
        : Vector256.Log(x.AsDouble()).As<double, T>();

    /// <summary>
    /// exp(x) − 1 − x, given exp(x): the k3 estimate. Near 0, where the plain form cancels, a Taylor polynomial; exactly 0 at 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> ExpExcess<T>(Vector256<T> x, Vector256<T> exp)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // The first term left out, x⁸/8!, is below the type's rounding where the polynomial is used.
        Vector256<T> near = Vector256.LessThan(Vector256.Abs(x), Vector256.Create(T.CreateTruncating(typeof(T) == typeof(float) ? 0.25 : 1.0 / 64)));
        Vector256<T> p = Vector256.Create(T.CreateTruncating(1.0 / 5040));
        p = (p * x) + Vector256.Create(T.CreateTruncating(1.0 / 720));
        p = (p * x) + Vector256.Create(T.CreateTruncating(1.0 / 120));
        p = (p * x) + Vector256.Create(T.CreateTruncating(1.0 / 24));
        p = (p * x) + Vector256.Create(T.CreateTruncating(1.0 / 6));
        p = (p * x) + Vector256.Create(T.CreateTruncating(0.5));
        return Vector256.ConditionalSelect(near, x * x * p, exp - Vector256<T>.One - x);
    }

    /// <summary>The number of true lanes of a comparison.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Count<T>(Vector256<T> mask) => BitOperations.PopCount(mask.ExtractMostSignificantBits());

    /// <summary>Keeps x between two bounds; NaN stays NaN on every machine, which the hardware's own minimum does not promise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Clamp<T>(Vector256<T> x, Vector256<T> min, Vector256<T> max) =>
        AtMost(Vector256.ConditionalSelect(Vector256.LessThan(x, min), min, x), max);

    /// <summary>The smaller of x and a bound; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> AtMost<T>(Vector256<T> x, Vector256<T> max) => Vector256.ConditionalSelect(Vector256.GreaterThan(x, max), max, x);

    /// <summary>Adds the lanes to four running sums in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> AddWidened<T>(Vector256<double> sum, Vector256<T> x)
    {
        if (typeof(T) == typeof(float))
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(x.AsSingle());
            return sum + (lower + upper);
        }

        return sum + x.AsDouble();
    }

    /// <summary>The sum of four lanes, in one fixed order.</summary>
    public static double Total(Vector256<double> sum) => (sum[0] + sum[1]) + (sum[2] + sum[3]);

    /// <summary>The largest lane.</summary>
    public static double Max<T>(Vector256<T> x)
        where T : INumberBase<T>, IComparisonOperators<T, T, bool>
    {
        T max = x[0];
        for (int i = 1; i < Vector256<T>.Count; i++)
        {
            max = x[i] > max ? x[i] : max;
        }

        return double.CreateTruncating(max);
    }

    /// <summary>Loads a full vector, or what is left of the span padded with zeros; an empty span is <paramref name="whenEmpty"/> everywhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(ReadOnlySpan<T> values, int offset, Vector256<T> whenEmpty)
    {
        if (values.IsEmpty)
        {
            return whenEmpty;
        }

        return offset + Vector256<T>.Count <= values.Length
            ? Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)offset)
            : LoadTail(values, offset);
    }

    /// <summary>Loads a full vector, or what is left of the span padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(ReadOnlySpan<T> values, int offset) => Load(values, offset, Vector256<T>.Zero);

    /// <summary>Adds a vector to the span, as far as the span goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo<T>(Span<T> values, int offset, Vector256<T> x)
    {
        if (offset + Vector256<T>.Count <= values.Length)
        {
            ref T start = ref MemoryMarshal.GetReference(values);
            (Vector256.LoadUnsafe(ref start, (nuint)offset) + x).StoreUnsafe(ref start, (nuint)offset);
        }
        else
        {
            AddTail(values, offset, x);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<T> LoadTail<T>(ReadOnlySpan<T> values, int offset)
    {
        Vector256<T> result = Vector256<T>.Zero;
        for (int i = offset; i < values.Length; i++)
        {
            result = result.WithElement(i - offset, values[i]);
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddTail<T>(Span<T> values, int offset, Vector256<T> x)
    {
        Vector256<T> sum = LoadTail<T>(values, offset) + x;
        for (int i = offset; i < values.Length; i++)
        {
            values[i] = sum[i - offset];
        }
    }
}
