using System.Globalization;
using System.Numerics;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>Values as text: what Python's <c>str</c> and <c>repr</c> give.</summary>
internal static class JinjaText
{
    private const int MaxDepth = 100;

    /// <summary>What printing a value gives.</summary>
    public static string Str(object? value, JinjaBudget budget)
    {
        switch (value)
        {
            case string text:
                return text;
            case JinjaUndefined:
                return string.Empty;
            default:
                var result = new StringBuilder();
                Repr(result, value, budget, 0);
                return result.ToString();
        }
    }

    /// <summary>A value as Python would write it in source.</summary>
    public static string Repr(object? value, JinjaBudget budget)
    {
        var result = new StringBuilder();
        Repr(result, value, budget, 0);
        return result.ToString();
    }

    /// <summary>What error messages call a kind of value.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "none",
        bool => "a boolean",
        long or BigInteger => "a whole number",
        double => "a float",
        string => "a string",
        JinjaList => "a list",
        JinjaTuple => "a tuple",
        JinjaDict => "a mapping",
        JinjaUndefined undefined => $"undefined ({undefined.What})",
        JinjaNamespace => "a namespace",
        JinjaCallable callable => $"the function '{callable.Name}'",
        JinjaLoop => "the variable 'loop'",
        JinjaStream => "a stream of items (make it a list with '|list')",
        JinjaRange => "a range",
        JinjaView view => view.Kind,
        _ => "a value",
    };

    /// <summary>The shortest text that reads back as the same double, in Python's form.</summary>
    public static string FloatRepr(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        (string digits, int exponent) = Digits(shortest);
        string sign = value < 0 ? "-" : string.Empty;
        if (exponent is < -4 or >= 16)
        {
            string rest = digits.Length > 1 ? "." + digits[1..] : string.Empty;
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{rest}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        return digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    // The significant digits, and the exponent of the first.
    private static (string Digits, int Exponent) Digits(string shortest)
    {
        string text = shortest.TrimStart('-');
        int exponent = 0;
        int e = text.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        int dot = text.IndexOf('.', StringComparison.Ordinal);
        int whole = dot < 0 ? text.Length : dot;
        string digits = text.Replace(".", string.Empty, StringComparison.Ordinal);
        int zeros = digits.Length - digits.TrimStart('0').Length;
        return (digits[zeros..].TrimEnd('0'), exponent + whole - 1 - zeros);
    }

    private static void Repr(StringBuilder result, object? value, JinjaBudget budget, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new JinjaException($"a value nests deeper than {MaxDepth} levels and cannot be printed.");
        }

        budget.Charge(1);
        switch (value)
        {
            case null:
                result.Append("None");
                break;
            case bool flag:
                result.Append(flag ? "True" : "False");
                break;
            case long number:
                result.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case BigInteger number:
                budget.Charge(number.GetBitLength());
                result.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                result.Append(FloatRepr(number));
                break;
            case string text:
                budget.ChargeText(text.Length);
                Quote(result, text);
                break;
            case JinjaUndefined:
                result.Append("Undefined");
                break;
            case JinjaList list:
                ReprItems(result, '[', list.Items, ']', budget, depth);
                break;
            case JinjaTuple tuple:
                ReprItems(result, '(', tuple.Items, ')', budget, depth);
                break;
            case JinjaView view:
                result.Append(view.Kind).Append('(');
                ReprItems(result, '[', view.Items, ']', budget, depth);
                result.Append(')');
                break;
            case JinjaDict dict:
                ReprDict(result, dict, budget, depth);
                break;
            case JinjaNamespace space:
                result.Append("<Namespace ");
                ReprDict(result, space.Attributes, budget, depth);
                result.Append('>');
                break;
            case JinjaRange range:
                result.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}");
                result.Append(range.Step == 1 ? ")" : string.Create(CultureInfo.InvariantCulture, $", {range.Step})"));
                break;
            default:
                throw new JinjaException($"{TypeName(value)} cannot be printed.");
        }

        budget.ChargeText(result.Length / 64);
        if (result.Length > budget.MaxText)
        {
            budget.ChargeText(result.Length);
        }
    }

    private static void ReprItems(StringBuilder result, char open, IEnumerable<object?> items, char close, JinjaBudget budget, int depth)
    {
        result.Append(open);
        int count = 0;
        foreach (object? item in items)
        {
            result.Append(count++ == 0 ? string.Empty : ", ");
            Repr(result, item, budget, depth + 1);
        }

        result.Append(count == 1 && close == ')' ? "," : string.Empty).Append(close);
    }

    private static void ReprDict(StringBuilder result, JinjaDict dict, JinjaBudget budget, int depth)
    {
        result.Append('{');
        string comma = string.Empty;
        foreach (KeyValuePair<object?, object?> pair in dict.Pairs)
        {
            result.Append(comma);
            Repr(result, pair.Key, budget, depth + 1);
            result.Append(": ");
            Repr(result, pair.Value, budget, depth + 1);
            comma = ", ";
        }

        result.Append('}');
    }

    private static void Quote(StringBuilder result, string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        result.Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case '\\':
                    result.Append("\\\\");
                    continue;
                case '\n':
                    result.Append("\\n");
                    continue;
                case '\r':
                    result.Append("\\r");
                    continue;
                case '\t':
                    result.Append("\\t");
                    continue;
                default:
                    break;
            }

            if (c == quote)
            {
                result.Append('\\').Append(c);
                continue;
            }

            bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            int code = pair ? char.ConvertToUtf32(c, text[i + 1]) : c;
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(code);
            bool printable = c == ' ' || category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
            if (printable)
            {
                JinjaString.Append(result, code);
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"\\{(code < 0x100 ? $"x{code:x2}" : code < 0x10000 ? $"u{code:x4}" : $"U{code:x8}")}");
            }

            i += pair ? 1 : 0;
        }

        result.Append(quote);
    }
}
