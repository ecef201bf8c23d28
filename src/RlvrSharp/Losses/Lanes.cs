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
    public static Vector256<T> Exp<T>(Vector256<T> x) => Exp(x, out _);

    /// <summary>Element-wise exponential, and exp(x) − 1 − x, the k3 estimate: exactly 0 at 0, and exact near it, where the plain form cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp<T>(Vector256<T> x, out Vector256<T> excess)
    {
        if (typeof(T) == typeof(float))
        {
            Vector256<float> exp = LaneExp.Exp(x.AsSingle(), out Vector256<float> single);
            excess = single.As<float, T>();
            return exp.As<float, T>();
        }

        if (typeof(T) == typeof(double))
        {
            Vector256<double> exp = LaneExp.Exp(x.AsDouble(), out Vector256<double> wide);
            excess = wide.As<double, T>();
            return exp.As<double, T>();
        }

        throw new NotSupportedException($"Losses are computed in float or double; {typeof(T)} is neither.");
    }

    /// <summary>The same bits for |x| ≤ 87, sooner; single precision only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> ExpBounded<T>(Vector256<T> x, out Vector256<T> excess)
    {
        if (typeof(T) == typeof(float))
        {
            Vector256<float> exp = LaneExp.ExpBounded(x.AsSingle(), out Vector256<float> single);
            excess = single.As<float, T>();
            return exp.As<float, T>();
        }

        return Exp(x, out excess);
    }

    /// <summary>The same bits for |x| ≤ <see cref="LaneExp.NearBound"/>, soonest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> ExpNear<T>(Vector256<T> x, out Vector256<T> excess)
    {
        if (typeof(T) == typeof(float))
        {
            Vector256<float> exp = LaneExp.Near(x.AsSingle(), out Vector256<float> single);
            excess = single.As<float, T>();
            return exp.As<float, T>();
        }

        Vector256<double> wideExp = LaneExp.Near(x.AsDouble(), out Vector256<double> wide);
        excess = wide.As<double, T>();
        return wideExp.As<double, T>();
    }

    /// <summary>The exponential of one number, with the bits of the vector form.</summary>
    public static double Exp(double x) => LaneExp.Exp(Vector256.Create(x), out _)[0];

    /// <summary>Element-wise natural logarithm.</summary>
    public static Vector256<T> Log<T>(Vector256<T> x) => typeof(T) == typeof(float)
        ? Vector256.Log(x.AsSingle()).As<float, T>()
        : Vector256.Log(x.AsDouble()).As<double, T>();

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

    /// <summary>
    /// Keeps x between two bounds, sooner than <see cref="Clamp"/>. NaN stays NaN because it is the second operand, which x86 returns then; Arm returns NaN anyway.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> ClampNative<T>(Vector256<T> x, Vector256<T> min, Vector256<T> max) => Vector256.MinNative(max, Vector256.MaxNative(min, x));

    /// <summary>Which lanes differ; NaN differs from nothing.</summary>
    /// <remarks>
    /// Not Avx.Compare with OrderedNotEqual, which would be one instruction less: .NET 10's optimised code turns its negation, as in
    /// AndNot(a, Differ(x, y)), into a comparison that is never true.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Differ<T>(Vector256<T> x, Vector256<T> y) => Vector256.LessThan(x, y) | Vector256.GreaterThan(x, y);

    /// <summary>x·y + z with one rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd<T>(Vector256<T> x, Vector256<T> y, Vector256<T> z) => typeof(T) == typeof(float)
        ? Vector256.FusedMultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector256.FusedMultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    /// <summary>Counts the true lanes of a comparison, lane by lane: a true lane is the integer −1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> CountInto<T>(Vector256<T> counts, Vector256<T> mask) => typeof(T) == typeof(float)
        ? (counts.AsInt32() - mask.AsInt32()).As<int, T>()
        : (counts.AsInt64() - mask.AsInt64()).As<long, T>();

    /// <summary>The sum of lanes that <see cref="CountInto"/> made.</summary>
    public static double TotalCount<T>(Vector256<T> counts) => typeof(T) == typeof(float) ? Vector256.Sum(counts.AsInt32()) : Vector256.Sum(counts.AsInt64());

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

    /// <summary>The smallest lane.</summary>
    public static double Min<T>(Vector256<T> x)
        where T : INumberBase<T>, IComparisonOperators<T, T, bool> => -Max(-x);

    /// <summary>Loads a full vector, or what is left of the span padded with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(ReadOnlySpan<T> values, int offset) => offset + Vector256<T>.Count <= values.Length
        ? Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)offset)
        : LoadTail(values, offset);

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
