using System.Globalization;
using System.Numerics;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>Python's two ways to fill in a text, <c>'%s' % x</c> and <c>'{}'.format(x)</c>, and its <c>strftime</c>.</summary>
internal static class JinjaFormat
{
    /// <summary><c>format % values</c>; a tuple gives several, a mapping gives them by name.</summary>
    public static string Percent(string format, object? values, JinjaBudget budget)
    {
        budget.ChargeText(format.Length);
        var result = new StringBuilder();
        object?[] items = values is JinjaTuple tuple ? tuple.Items : [values];
        int next = 0;
        bool byName = false;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            i++;
            object? named = JinjaArguments.Missing;
            if (i < format.Length && format[i] == '(')
            {
                int close = format.IndexOf(')', i);
                if (close < 0 || values is not JinjaDict dict || !dict.TryGet(format[(i + 1)..close], out named))
                {
                    throw new JinjaException($"'{format}' names a value that the mapping after '%' does not have.");
                }

                byName = true;
                i = close + 1;
            }

            int start = i;
            while (i < format.Length && "-+ #0".Contains(format[i], StringComparison.Ordinal))
            {
                i++;
            }

            string flags = format[start..i];
            int width = ReadNumber(format, ref i);
            int precision = -1;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                precision = Math.Max(0, ReadNumber(format, ref i));
            }

            if (i >= format.Length)
            {
                throw new JinjaException($"the format '{format}' ends within a '%'.");
            }

            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }

            if (!JinjaArguments.Given(named))
            {
                named = next < items.Length ? items[next++] : throw new JinjaException($"the format '{format}' wants more values than it was given.");
            }

            string text = Convert(format[i], named, flags, precision, budget);
            budget.ChargeText(Math.Max(width, text.Length));
            result.Append(Pad(text, width, flags.Contains('-', StringComparison.Ordinal) ? '<' : flags.Contains('0', StringComparison.Ordinal) && format[i] is not ('s' or 'r') ? '=' : '>', flags.Contains('0', StringComparison.Ordinal) && !flags.Contains('-', StringComparison.Ordinal) && format[i] is not ('s' or 'r') ? '0' : ' '));
        }

        if (!byName && next < items.Length && values is not JinjaDict)
        {
            throw new JinjaException($"the format '{format}' was given more values than it wants.");
        }

        return result.ToString();
    }

    /// <summary><c>text.format(…)</c>: fields by number, by turn or by name, with attributes, items and a format after a colon.</summary>
    public static object? Braces(JinjaContext context, string text, JinjaArguments arguments)
    {
        var result = new StringBuilder();
        int next = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '{' or '}' && i + 1 < text.Length && text[i + 1] == c)
            {
                result.Append(c);
                i++;
                continue;
            }

            if (c != '{')
            {
                result.Append(c == '}' ? throw new JinjaException("str.format: a '}' stands alone.") : c);
                continue;
            }

            int close = text.IndexOf('}', i);
            string field = close > 0 ? text[(i + 1)..close] : throw new JinjaException("str.format: a '{' is not closed.");
            if (field.Contains('{', StringComparison.Ordinal))
            {
                throw new JinjaException("str.format: fields within fields are not supported.");
            }

            result.Append(Field(context, field, arguments, ref next));
            context.Budget.ChargeText(result.Length);
            i = close;
        }

        return result.ToString();
    }

    /// <summary>Formats one value by a format such as <c>&gt;10</c>, <c>05d</c> or <c>.2f</c>.</summary>
    public static string Format(object? value, string spec, JinjaBudget budget)
    {
        if (spec.Length == 0)
        {
            return JinjaText.Str(value, budget);
        }

        int i = 0;
        char fill = ' ';
        char align = '\0';
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
        {
            fill = spec[0];
            align = spec[1];
            i = 2;
        }
        else if (spec[0] is '<' or '>' or '^' or '=')
        {
            align = spec[0];
            i = 1;
        }

        string flags = string.Empty;
        while (i < spec.Length && spec[i] is '+' or '-' or ' ' or '#')
        {
            flags += spec[i++];
        }

        if (i < spec.Length && spec[i] == '0')
        {
            fill = align == '\0' ? '0' : fill;
            align = align == '\0' ? '=' : align;
            i++;
        }

        int width = ReadNumber(spec, ref i);
        bool commas = i < spec.Length && spec[i] == ',';
        i += commas ? 1 : 0;
        int precision = -1;
        if (i < spec.Length && spec[i] == '.')
        {
            i++;
            precision = ReadNumber(spec, ref i);
        }

        char type = i < spec.Length ? spec[i++] : JinjaNumber.IsInteger(value) && value is not bool ? 'd' : value is double ? (precision < 0 ? 'r' : 'g') : 's';
        if (i < spec.Length)
        {
            throw new JinjaException($"str.format: the format '{spec}' is not supported.");
        }

        string text = type == '%' ? JinjaNumber.ToFixed(Number(value) * 100, precision < 0 ? 6 : precision) + "%" : Convert(type, value, flags, precision, budget);
        text = commas ? Group(text) : text;
        budget.ChargeText(Math.Max(width, text.Length));
        return Pad(text, width, align == '\0' ? (JinjaNumber.IsNumber(value) ? '>' : '<') : align, fill);
    }

    private static string Field(JinjaContext context, string field, JinjaArguments arguments, ref int next)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string spec = colon < 0 ? string.Empty : field[(colon + 1)..];
        string path = colon < 0 ? field : field[..colon];
        bool repr = path.EndsWith("!r", StringComparison.Ordinal);
        path = repr || path.EndsWith("!s", StringComparison.Ordinal) ? path[..^2] : path;
        int end = path.AsSpan().IndexOfAny('.', '[');
        string name = end < 0 ? path : path[..end];
        object? value = JinjaArguments.Missing;
        if (name.Length == 0 || name.All(char.IsAsciiDigit))
        {
            int index = name.Length == 0 ? next++ : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : int.MaxValue;
            value = index < arguments.Positional.Count ? arguments.Positional[index] : value;
        }
        else
        {
            foreach (KeyValuePair<string, object?> pair in arguments.Named)
            {
                value = pair.Key == name ? pair.Value : value;
            }
        }

        if (!JinjaArguments.Given(value))
        {
            throw new JinjaException($"str.format has no value for the field '{{{field}}}'.");
        }

        while (end >= 0 && end < path.Length)
        {
            bool item = path[end] == '[';
            int stop = item ? path.IndexOf(']', end) : path.AsSpan(end + 1).IndexOfAny('.', '[') is >= 0 and var more ? end + 1 + more : path.Length;
            if (stop < 0)
            {
                throw new JinjaException("str.format: a '[' is not closed.");
            }

            string part = path[(end + 1)..stop];
            value = !item ? JinjaOps.GetAttribute(value, part)
                : JinjaOps.GetItem(value, part.Length > 0 && part.All(char.IsAsciiDigit) ? JinjaNumber.Normalize(BigInteger.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture)) : part, context.Budget);
            end = item ? stop + 1 : stop;
        }

        return Format(repr ? JinjaText.Repr(value, context.Budget) : value, spec, context.Budget);
    }

    private static string Convert(char type, object? value, string flags, int precision, JinjaBudget budget)
    {
        if (type is 's' or 'r')
        {
            string text = type == 's' ? JinjaText.Str(value, budget) : JinjaText.Repr(value, budget);
            return precision >= 0 ? text[..JinjaString.Offset(text, precision)] : text;
        }

        if (precision > 500)
        {
            throw new JinjaException("more than 500 decimals are refused.");
        }

        switch (type)
        {
            case 'd' or 'i' or 'u':
                BigInteger whole = value is double real && double.IsFinite(real) ? new BigInteger(Math.Truncate(real)) : JinjaNumber.ToBig(Integer(value));
                return Sign(whole.ToString(CultureInfo.InvariantCulture), flags);
            case 'x' or 'X' or 'o' or 'b':
                return Sign(Radix(JinjaNumber.ToBig(Integer(value)), type, flags.Contains('#', StringComparison.Ordinal)), flags);
            case 'c':
                return value as string ?? char.ConvertFromUtf32(JinjaNumber.ToIndex(value, "a character"));
            case 'f' or 'F':
                return Sign(JinjaNumber.ToFixed(Number(value), precision < 0 ? 6 : precision), flags);
            case 'e' or 'E':
                return Sign(Exponent(Number(value), precision < 0 ? 6 : precision, type), flags);
            case 'g' or 'G':
                return Sign(General(Number(value), precision < 0 ? 6 : Math.Max(precision, 1), type), flags);
            default:
                throw new JinjaException($"the format '{type}' is not supported.");
        }
    }

    private static object? Integer(object? value) =>
        JinjaNumber.IsInteger(value) ? value : throw new JinjaException($"this format wants a whole number, not {JinjaText.TypeName(value)}.");

    private static double Number(object? value) =>
        JinjaNumber.IsNumber(value) ? JinjaNumber.ToDouble(value) : throw new JinjaException($"this format wants a number, not {JinjaText.TypeName(value)}.");

    private static string Sign(string text, string flags) =>
        text[0] == '-' ? text : flags.Contains('+', StringComparison.Ordinal) ? "+" + text : flags.Contains(' ', StringComparison.Ordinal) ? " " + text : text;

    private static string Radix(BigInteger value, char type, bool prefix)
    {
        int radix = type is 'x' or 'X' ? 16 : type == 'o' ? 8 : 2;
        var digits = new StringBuilder();
        BigInteger rest = BigInteger.Abs(value);
        do
        {
            digits.Insert(0, "0123456789abcdef"[(int)(rest % radix)]);
            rest /= radix;
        }
        while (!rest.IsZero);
        string text = (value.Sign < 0 ? "-" : string.Empty) + (prefix ? "0" + char.ToLowerInvariant(type) : string.Empty) + digits;
        return type == 'X' ? text.ToUpperInvariant() : text;
    }

    private static string Exponent(double value, int precision, char type)
    {
        string text = value.ToString((type == 'e' ? "e" : "E") + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int mark = text.IndexOf(type, StringComparison.Ordinal);
        return mark < 0 ? text : text[..(mark + 2)] + text[(mark + 2)..].TrimStart('0').PadLeft(2, '0');
    }

    private static string General(double value, int precision, char type)
    {
        if (value == 0)
        {
            return "0";
        }

        string scientific = Exponent(value, precision - 1, type == 'g' ? 'e' : 'E');
        int mark = scientific.IndexOf(type == 'g' ? 'e' : 'E', StringComparison.Ordinal);
        int exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string digits = exponent < -4 || exponent >= precision ? scientific[..mark] : JinjaNumber.ToFixed(value, precision - 1 - exponent);
        digits = digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;
        return exponent < -4 || exponent >= precision ? digits + scientific[mark..] : digits;
    }

    private static string Group(string text)
    {
        int start = text.Length > 0 && text[0] is '-' or '+' or ' ' ? 1 : 0;
        int end = text.AsSpan(start).IndexOfAnyExceptInRange('0', '9') is >= 0 and var stop ? start + stop : text.Length;
        var result = new StringBuilder(text);
        for (int i = end - 3; i > start; i -= 3)
        {
            result.Insert(i, ',');
        }

        return result.ToString();
    }

    private static string Pad(string text, int width, char align, char fill)
    {
        int missing = width - JinjaString.Length(text);
        if (missing <= 0)
        {
            return text;
        }

        int sign = align == '=' && text.Length > 0 && text[0] is '-' or '+' or ' ' ? 1 : 0;
        return align switch
        {
            '<' => text + new string(fill, missing),
            '^' => new string(fill, missing / 2) + text + new string(fill, missing - (missing / 2)),
            '=' => text[..sign] + new string(fill, missing) + text[sign..],
            _ => new string(fill, missing) + text,
        };
    }

    private static int ReadNumber(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at == start ? -1
            : int.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new JinjaException($"the format '{text}' has a number that is too large.");
    }
}
