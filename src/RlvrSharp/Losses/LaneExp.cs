using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>
/// The exponential on lanes. The runtime's own gives 1.0000001 for exp(0) in single precision, and may differ between machines; here exp(0)
/// is 1 to the bit, and every step is one correctly rounded operation, so every machine gets the same bits.
/// </summary>
internal static class LaneExp
{
    /// <summary>exp(x), within 2 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // exp(x) = 2ⁿ · exp(r) with r = x − n·ln 2, |r| ≤ ln 2 / 2; ln 2 in two parts so that n·ln 2 is exact enough.
        Vector256<float> bounded = Lanes.Clamp(x, Vector256.Create(-104f), Vector256.Create(89f));
        Vector256<float> n = Vector256.Round(bounded * Vector256.Create(1.44269504f));
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), bounded);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        Vector256<float> p = Vector256.Create(1f / 5040);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);

        // 2ⁿ in two factors, so that neither overflows where the product does not.
        Vector256<int> exponent = Vector256.ConvertToInt32Native(n);
        Vector256<int> half = exponent >> 1;
        Vector256<float> first = ((half + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> second = ((exponent - half + Vector256.Create(127)) << 23).AsSingle();
        return p * first * second;
    }

    /// <summary>exp(x), within 2 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Exp(Vector256<double> x)
    {
        Vector256<double> bounded = Lanes.Clamp(x, Vector256.Create(-746.0), Vector256.Create(710.0));
        Vector256<double> n = Vector256.Round(bounded * Vector256.Create(1.4426950408889634));
        Vector256<double> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-6.93145751953125e-1), bounded);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-1.42860682030941723212e-6), r);
        Vector256<double> p = Vector256.Create(1.0 / 6227020800);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 479001600));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 39916800));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 3628800));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 362880));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 40320));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 5040));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.0 / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<double>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<double>.One);

        // Adding 1.5·2⁵² leaves n as an integer in the low bits: the conversion that AVX2 does not have. Half of it likewise.
        Vector256<double> magic = Vector256.Create(6755399441055744.0);
        Vector256<long> exponent = (n + magic).AsInt64() - magic.AsInt64();
        Vector256<long> half = ((n * Vector256.Create(0.5)) + magic).AsInt64() - magic.AsInt64();
        Vector256<double> first = ((half + Vector256.Create(1023L)) << 52).AsDouble();
        Vector256<double> second = ((exponent - half + Vector256.Create(1023L)) << 52).AsDouble();
        return p * first * second;
    }
}
