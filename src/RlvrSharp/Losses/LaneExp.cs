using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>
/// The exponential on lanes. The runtime's own gives 1.0000001 for exp(0) in single precision, and may differ between machines; here exp(0)
/// is 1 to the bit, and every step is one correctly rounded operation, so every machine gets the same bits.
/// </summary>
/// <remarks>
/// exp(x) = 2ⁿ·exp(r) with r = x − n·ln 2 and |r| ≤ ln 2 / 2; ln 2 stands in two parts so that n·ln 2 is exact enough. exp(r) = 1 + r + r²·q(r) with
/// q the Taylor series of (exp(r) − 1 − r) / r², evaluated pairwise to keep the chain of dependent operations short. Where n is 0, r is x, and
/// r²·q(r) is exp(x) − 1 − x without the cancellation that the plain form has near 0; elsewhere nothing cancels.
/// </remarks>
internal static class LaneExp
{
    /// <summary>Below ln 2 / 2: numbers up to here round to n = 0.</summary>
    public const double NearBound = 0.34375;

    /// <summary>exp(x) within 2 units in the last place, and exp(x) − 1 − x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x, out Vector256<float> excess)
    {
        Vector256<float> p = Reduced(Lanes.Clamp(x, Vector256.Create(-104f), Vector256.Create(89f)), out Vector256<float> n, out _, out Vector256<float> small);

        // 2ⁿ in two factors, so that neither overflows where the product does not.
        Vector256<int> exponent = Vector256.ConvertToInt32Native(n);
        Vector256<int> half = exponent >> 1;
        Vector256<float> exp = p * ((half + Vector256.Create(127)) << 23).AsSingle() * ((exponent - half + Vector256.Create(127)) << 23).AsSingle();
        excess = Vector256.ConditionalSelect(Vector256.Equals(n, Vector256<float>.Zero), small, exp - Vector256<float>.One - x);
        return exp;
    }

    /// <summary>The same bits for |x| ≤ 87, where 2ⁿ does not leave the range; for loops that have to be fast.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ExpBounded(Vector256<float> x, out Vector256<float> excess)
    {
        Vector256<float> p = Reduced(x, out Vector256<float> n, out Vector256<int> biased, out Vector256<float> small);
        Vector256<float> exp = p * (biased << 23).AsSingle();
        excess = Vector256.ConditionalSelect(Vector256.Equals(n, Vector256<float>.Zero), small, exp - Vector256<float>.One - x);
        return exp;
    }

    /// <summary>exp(r), with n, r²·q(r), and n + 127 in the lowest nine bits of an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Reduced(Vector256<float> x, out Vector256<float> n, out Vector256<int> biased, out Vector256<float> small)
    {
        // Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits; the 127 is the bias of an exponent.
        Vector256<float> magic = Vector256.Create(12582912f + 127);
        Vector256<float> shifted = Vector256.FusedMultiplyAdd(x, Vector256.Create(1.44269504f), magic);
        n = shifted - magic;
        biased = shifted.AsInt32();
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        return Near(r, out small);
    }

    /// <summary>The same bits for |x| ≤ <see cref="NearBound"/>, where n is 0: exp(x), and exp(x) − 1 − x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Near(Vector256<float> r, out Vector256<float> small)
    {
        Vector256<float> r2 = r * r;
        Vector256<float> q01 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1f / 6), Vector256.Create(0.5f));
        Vector256<float> q23 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1f / 120), Vector256.Create(1f / 24));
        Vector256<float> q45 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1f / 5040), Vector256.Create(1f / 720));
        small = r2 * Vector256.FusedMultiplyAdd(Vector256.FusedMultiplyAdd(q45, r2, q23), r2, q01);
        return Vector256<float>.One + (r + small);
    }

    /// <summary>exp(x) within 2 units in the last place, and exp(x) − 1 − x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Exp(Vector256<double> x, out Vector256<double> excess)
    {
        Vector256<double> bounded = Lanes.Clamp(x, Vector256.Create(-746.0), Vector256.Create(710.0));
        Vector256<double> n = Vector256.Round(bounded * Vector256.Create(1.4426950408889634));
        Vector256<double> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-6.93145751953125e-1), bounded);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-1.42860682030941723212e-6), r);
        Vector256<double> p = Near(r, out Vector256<double> small);

        // Adding 1.5·2⁵² leaves n as an integer in the low bits: the conversion that AVX2 does not have. Half of it likewise.
        Vector256<double> magic = Vector256.Create(6755399441055744.0);
        Vector256<long> exponent = (n + magic).AsInt64() - magic.AsInt64();
        Vector256<long> half = ((n * Vector256.Create(0.5)) + magic).AsInt64() - magic.AsInt64();
        Vector256<double> first = ((half + Vector256.Create(1023L)) << 52).AsDouble();
        Vector256<double> second = ((exponent - half + Vector256.Create(1023L)) << 52).AsDouble();
        Vector256<double> exp = p * first * second;
        excess = Vector256.ConditionalSelect(Vector256.Equals(n, Vector256<double>.Zero), small, exp - Vector256<double>.One - x);
        return exp;
    }

    /// <summary>The same bits for |x| ≤ <see cref="NearBound"/>, where n is 0: exp(x), and exp(x) − 1 − x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Near(Vector256<double> r, out Vector256<double> small)
    {
        Vector256<double> r2 = r * r, r4 = r2 * r2;
        Vector256<double> q01 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 6), Vector256.Create(0.5));
        Vector256<double> q23 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 120), Vector256.Create(1.0 / 24));
        Vector256<double> q45 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 5040), Vector256.Create(1.0 / 720));
        Vector256<double> q67 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 362880), Vector256.Create(1.0 / 40320));
        Vector256<double> q89 = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 39916800), Vector256.Create(1.0 / 3628800));
        Vector256<double> qab = Vector256.FusedMultiplyAdd(r, Vector256.Create(1.0 / 6227020800), Vector256.Create(1.0 / 479001600));
        Vector256<double> low = Vector256.FusedMultiplyAdd(q23, r2, q01);
        Vector256<double> middle = Vector256.FusedMultiplyAdd(q67, r2, q45);
        Vector256<double> high = Vector256.FusedMultiplyAdd(qab, r2, q89);
        Vector256<double> q = Vector256.FusedMultiplyAdd(Vector256.FusedMultiplyAdd(high, r4, middle), r4, low);
        small = r2 * q;
        return Vector256<double>.One + Vector256.FusedMultiplyAdd(r2, q, r);
    }
}
