using System.Globalization;
using System.Numerics;

namespace RlvrSharp.Graders;

/// <summary>A number as a whole number times a power of ten: distances compared exactly where <see cref="decimal"/> would round, underflow or overflow.</summary>
internal readonly struct ExactNumber
{
    // Bounds the work on hostile texts. Digits beyond these are cut off, and what they may amount to counts against a match, never for one.
    private const int MaxDigits = 100;

    private ExactNumber(BigInteger value, long exponent, bool isCut) => (Value, Exponent, IsCut) = (value, exponent, isCut);

    private BigInteger Value { get; }

    private long Exponent { get; }

    private bool IsCut { get; }

    /// <summary>Whether |a − b| is at most the absolute tolerance or the relative one times the larger of |a| and |b|; tolerances are the shortest decimals that read back as them.</summary>
    /// <param name="a">A number as <see cref="NumberText.TryWriteKey"/> writes it.</param>
    /// <param name="b">Another.</param>
    /// <param name="absolute">The absolute tolerance, finite and 0 or more.</param>
    /// <param name="relative">The relative tolerance, 0 to below 1.</param>
    public static bool IsNear(ReadOnlySpan<char> a, ReadOnlySpan<char> b, double absolute, double relative)
    {
        ExactNumber high = Read(a, out long highTop), low = Read(b, out long lowTop);
        if (lowTop > highTop)
        {
            (high, low, highTop, lowTop) = (low, high, lowTop, highTop);
        }

        if (low.Value.IsZero)
        {
            low = new ExactNumber(BigInteger.Zero, high.Exponent, isCut: false);
        }
        else if (highTop - lowTop > MaxDigits)
        {
            // Far smaller: with the same sign it only makes the distance shorter.
            low = new ExactNumber(BigInteger.Zero, highTop - MaxDigits, isCut: low.Value.Sign != high.Value.Sign);
        }

        // At most twice MaxDigits between the two exponents, whatever they are themselves.
        long unit = Math.Min(high.Exponent, low.Exponent);
        BigInteger highScale = Power(high.Exponent - unit), lowScale = Power(low.Exponent - unit);
        BigInteger left = high.Value * highScale, right = low.Value * lowScale;
        BigInteger distance = BigInteger.Abs(left - right) + (high.IsCut ? highScale : BigInteger.Zero) + (low.IsCut ? lowScale : BigInteger.Zero);
        BigInteger largest = BigInteger.Max(BigInteger.Abs(left), BigInteger.Abs(right));
        ExactNumber share = Read(relative);
        return distance * Power(-share.Exponent) <= largest * share.Value || IsAtMost(distance, unit, Read(absolute));
    }

    /// <summary>Whether a distance in units of a power of ten is at most a tolerance; neither exponent is trusted to be small.</summary>
    private static bool IsAtMost(BigInteger distance, long unit, ExactNumber tolerance)
    {
        // A tolerance has 17 digits at most, a distance fewer than 3 · MaxDigits + 2.
        const int MaxShift = 4 * MaxDigits;
        if (distance.IsZero || tolerance.Value.IsZero)
        {
            return distance.IsZero;
        }

        long shift = unit - tolerance.Exponent;
        return shift switch
        {
            > MaxShift => false,
            < -MaxShift => true,
            >= 0 => distance * Power(shift) <= tolerance.Value,
            _ => distance <= tolerance.Value * Power(-shift),
        };
    }

    private static ExactNumber Read(double value)
    {
        var key = new KeyBuffer(stackalloc char[64]);
        _ = NumberText.TryWriteKey(value.ToString("R", CultureInfo.InvariantCulture), ref key);
        ExactNumber number = Read(key.Written, out _);
        key.Dispose();
        return number;
    }

    /// <param name="key">A number as keys have it.</param>
    /// <param name="top">The power of ten that it is just below; the least there is for 0.</param>
    private static ExactNumber Read(ReadOnlySpan<char> key, out long top)
    {
        int end = key.IndexOf('e');
        if (end < 0)
        {
            top = long.MinValue / 2;
            return default;
        }

        bool negative = key[0] == '-';
        ReadOnlySpan<char> digits = key[(negative ? 1 : 0)..end];
        int kept = Math.Min(digits.Length, MaxDigits);
        var value = BigInteger.Parse(digits[..kept], NumberStyles.None, CultureInfo.InvariantCulture);
        long exponent = long.Parse(key[(end + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) + (digits.Length - kept);
        top = exponent + kept;
        return new ExactNumber(negative ? -value : value, exponent, isCut: kept < digits.Length);
    }

    private static BigInteger Power(long exponent) => BigInteger.Pow(10, (int)exponent);
}
