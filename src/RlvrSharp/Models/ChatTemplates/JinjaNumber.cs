using System.Globalization;
using System.Numerics;

namespace RlvrSharp.Models;

/// <summary>Python's numbers: whole ones of any size (a <see cref="long"/> where it fits, else a <see cref="BigInteger"/>) and doubles; true and false count as 1 and 0.</summary>
internal static class JinjaNumber
{
    private const int MaxBits = 1 << 16;

    /// <summary>The smallest form of a whole number.</summary>
    public static object Normalize(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>Whether a value is a whole number (true and false included).</summary>
    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    /// <summary>Whether a value is a number.</summary>
    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    /// <summary>A whole number in its largest form.</summary>
    public static BigInteger ToBig(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => (BigInteger)value!,
    };

    /// <summary>A number as a double.</summary>
    public static double ToDouble(object? value) => value switch
    {
        double number => number,
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => (double)(BigInteger)value!,
    };

    /// <summary>A whole number as an index, cut to what an <see cref="int"/> holds.</summary>
    public static int ToIndex(object? value, string what)
    {
        if (!IsInteger(value))
        {
            throw new JinjaException($"{what} must be a whole number, not {JinjaText.TypeName(value)}.");
        }

        BigInteger big = ToBig(value);
        return big > int.MaxValue ? int.MaxValue : big < -int.MaxValue ? -int.MaxValue : (int)big;
    }

    /// <summary>−x.</summary>
    public static object Negate(object? value) => value is double number ? -number : Normalize(-ToBig(value));

    /// <summary>Computes left ∘ right for two numbers.</summary>
    public static object Compute(string op, object? left, object? right)
    {
        if (op == "/")
        {
            double divisor = ToDouble(right);
            return divisor == 0 ? throw DivisionByZero() : ToDouble(left) / divisor;
        }

        if (left is double || right is double)
        {
            return ComputeDouble(op, ToDouble(left), ToDouble(right));
        }

        if (left is long a && right is long b)
        {
            switch (op)
            {
                case "+" when !WouldOverflowAdd(a, b):
                    return a + b;
                case "-" when b != long.MinValue && !WouldOverflowAdd(a, -b):
                    return a - b;
                case "*" when Math.Abs((double)a * b) < 9e18:
                    return a * b;
                default:
                    break;
            }
        }

        return ComputeBig(op, ToBig(left), ToBig(right));
    }

    /// <summary>Rounds to a number of decimals, halves to even, on the exact binary value, as Python does.</summary>
    public static double Round(double value, int decimals)
    {
        if (!double.IsFinite(value) || value == 0 || decimals > 400)
        {
            return value;
        }

        if (decimals < -400)
        {
            return 0;
        }

        (BigInteger digits, bool negative) = RoundDigits(value, decimals);
        double result = double.Parse(string.Create(CultureInfo.InvariantCulture, $"{digits}E{-decimals}"), NumberStyles.Float, CultureInfo.InvariantCulture);
        return negative ? -result : result;
    }

    /// <summary>A number with a fixed count of decimals.</summary>
    public static string ToFixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return JinjaText.FloatRepr(value);
        }

        (BigInteger digits, bool negative) = RoundDigits(value, decimals);
        string text = digits.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        return (negative ? "-" : string.Empty) + (decimals == 0 ? text : $"{text[..^decimals]}.{text[^decimals..]}");
    }

    // |value| × 10^decimals, rounded half to even in exact arithmetic.
    private static (BigInteger Digits, bool Negative) RoundDigits(double value, int decimals)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger numerator = bits & 0xFFFFFFFFFFFFFL;
        if (exponent == 0)
        {
            exponent = 1;
        }
        else
        {
            numerator += 1L << 52;
        }

        exponent -= 1075;
        BigInteger denominator = 1;
        if (exponent >= 0)
        {
            numerator <<= exponent;
        }
        else
        {
            denominator <<= -exponent;
        }

        if (decimals >= 0)
        {
            numerator *= BigInteger.Pow(10, decimals);
        }
        else
        {
            denominator *= BigInteger.Pow(10, -decimals);
        }

        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (remainder * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven))
        {
            quotient++;
        }

        return (quotient, bits < 0);
    }

    private static bool WouldOverflowAdd(long a, long b) => b > 0 ? a > long.MaxValue - b : a < long.MinValue - b;

    private static double ComputeDouble(string op, double left, double right) => op switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "//" => right == 0 ? throw DivisionByZero() : Math.Round((left - Modulo(left, right)) / right),
        "%" => right == 0 ? throw DivisionByZero() : Modulo(left, right),
        _ => left == 0 && right < 0 ? throw DivisionByZero()
            : left < 0 && double.IsFinite(right) && right != Math.Floor(right) ? throw new JinjaException("the power of a negative number to a fraction is not supported.")
            : Math.Pow(left, right),
    };

    // The remainder with the divisor's sign.
    private static double Modulo(double left, double right)
    {
        double remainder = left % right;
        if (remainder == 0)
        {
            return Math.CopySign(0, right);
        }

        return (remainder < 0) != (right < 0) ? remainder + right : remainder;
    }

    private static object ComputeBig(string op, BigInteger left, BigInteger right)
    {
        if (op is "//" or "%")
        {
            if (right.IsZero)
            {
                throw DivisionByZero();
            }

            BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger remainder);
            if (!remainder.IsZero && (remainder.Sign < 0) != (right.Sign < 0))
            {
                quotient--;
                remainder += right;
            }

            return Normalize(op == "%" ? remainder : quotient);
        }

        if (op == "**")
        {
            if (right.Sign < 0)
            {
                return left.IsZero ? throw DivisionByZero() : Math.Pow((double)left, (double)right);
            }

            if (right > MaxBits || (long)right * left.GetBitLength() > MaxBits)
            {
                throw new JinjaException($"a whole number of more than {MaxBits} bits is refused.");
            }

            return Normalize(BigInteger.Pow(left, (int)right));
        }

        BigInteger result = op switch { "+" => left + right, "-" => left - right, _ => left * right };
        return result.GetBitLength() > MaxBits ? throw new JinjaException($"a whole number of more than {MaxBits} bits is refused.") : Normalize(result);
    }

    private static JinjaException DivisionByZero() => new("a number is divided by zero.");
}
