using System.Globalization;

namespace RlvrSharp.Graders;

/// <summary>Numbers as the texts they were written as: compared by value, however many digits, without rounding through floating point.</summary>
internal static class NumberText
{
    // Far beyond any use, and small enough that sums of exponents and lengths stay in range.
    private const long MaxExponent = 1_000_000_000;

    /// <summary>
    /// Writes a JSON number so that equal values give equal texts: the digits without zeros at either end, <c>e</c>, a power of ten.
    /// 1, 1.0 and 10e-1 all give <c>1e0</c>.
    /// </summary>
    /// <returns>False where the exponent is beyond reason or the text is not a number.</returns>
    public static bool TryWriteKey(ReadOnlySpan<char> literal, ref KeyBuffer key)
    {
        int start = key.Length;
        int at = 0;
        if (literal.Length > 0 && literal[0] == '-')
        {
            at++;
            key.Append('-');
        }

        int firstDigit = key.Length;
        int lastNonZero = firstDigit;
        long exponent = 0;
        bool inFraction = false, anyDigit = false;
        for (; at < literal.Length; at++)
        {
            char character = literal[at];
            if (character == '.' && !inFraction)
            {
                inFraction = true;
                continue;
            }

            if (!char.IsAsciiDigit(character))
            {
                break;
            }

            anyDigit = true;
            if (inFraction)
            {
                exponent--;
            }

            if (key.Length > firstDigit || character != '0')
            {
                key.Append(character);
                if (character != '0')
                {
                    lastNonZero = key.Length;
                }
            }
        }

        if (!anyDigit || (at < literal.Length && !TryReadExponent(literal[at..], ref exponent)))
        {
            return false;
        }

        if (lastNonZero == firstDigit)
        {
            key.Truncate(start);
            key.Append('0');
            return true;
        }

        exponent += key.Length - lastNonZero;
        key.Truncate(lastNonZero);
        key.Append('e');
        Span<char> digits = stackalloc char[24];
        _ = exponent.TryFormat(digits, out int written, default, CultureInfo.InvariantCulture);
        key.Append(digits[..written]);
        return true;
    }

    /// <summary>Reads a plain number out of a string: white space around it and a plus sign are fine, words, symbols and thousands separators are not.</summary>
    public static bool TryTrim(ReadOnlySpan<char> text, out ReadOnlySpan<char> literal)
    {
        literal = text.Trim();
        if (literal.Length > 1 && literal[0] == '+' && literal[1] != '-')
        {
            literal = literal[1..];
        }

        var key = new KeyBuffer(stackalloc char[64]);
        bool isNumber = TryWriteKey(literal, ref key);
        key.Dispose();
        return isNumber;
    }

    /// <summary>Whether |a − b| is at most the absolute tolerance or the relative one times the larger of |a| and |b|; exact, however large or small the numbers are.</summary>
    /// <param name="a">A number as <see cref="TryWriteKey"/> writes it.</param>
    /// <param name="b">Another.</param>
    /// <param name="absolute">The absolute tolerance, finite and 0 or more.</param>
    /// <param name="relative">The relative tolerance, 0 to below 1.</param>
    public static bool IsNear(ReadOnlySpan<char> a, ReadOnlySpan<char> b, double absolute, double relative)
    {
        // Numbers in everyday use fit decimal with room for the product; reading, subtracting and multiplying then lose nothing.
        if (TryShort(a, out decimal left) && TryShort(b, out decimal right) && TryShort(absolute, out decimal near) && TryShort(relative, out decimal share))
        {
            decimal distance = Math.Abs(left - right);
            return distance <= near || distance <= share * Math.Max(Math.Abs(left), Math.Abs(right));
        }

        return ExactNumber.IsNear(a, b, absolute, relative);
    }

    public static bool TryDecimal(ReadOnlySpan<char> literal, out decimal value) =>
        decimal.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static bool TryShort(ReadOnlySpan<char> key, out decimal value) =>
        TryDecimal(key, out value) && IsShort(value) && (value != 0 || key is "0");

    private static bool TryShort(double tolerance, out decimal value)
    {
        value = tolerance < 1e10 ? (decimal)tolerance : decimal.MaxValue;
        return IsShort(value) && (double)value == tolerance;
    }

    // Ten digits before the point and eight behind: the product with a share below 1 has 26 at most, and decimal holds 28.
    private static bool IsShort(decimal value) => value.Scale <= 8 && Math.Abs(value) < 1e10m;

    private static bool TryReadExponent(ReadOnlySpan<char> text, ref long exponent)
    {
        if (text[0] is not ('e' or 'E'))
        {
            return false;
        }

        int at = 1;
        bool negative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is '-' or '+')
        {
            at++;
        }

        long value = 0;
        int first = at;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            value = Math.Min((value * 10) + (text[at] - '0'), MaxExponent + 1);
        }

        if (at == first || at < text.Length || value > MaxExponent)
        {
            return false;
        }

        exponent += negative ? -value : value;
        return true;
    }
}
