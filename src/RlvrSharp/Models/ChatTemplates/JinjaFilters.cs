using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;

namespace RlvrSharp.Models;

/// <summary>Filters, by name: this part has those that look at one value.</summary>
internal static partial class JinjaFilters
{
    private static readonly FrozenSet<string> NotSupported = FrozenSet.Create(StringComparer.Ordinal, "random", "urlize", "xmlattr", "pprint", "filesizeformat", "striptags", "wordwrap");

    private static readonly FrozenDictionary<string, Func<JinjaContext, object?, JinjaArguments, object?>> Filters =
        new Dictionary<string, Func<JinjaContext, object?, JinjaArguments, object?>>
        {
            ["abs"] = (_, value, a) => Abs(Only("abs", a, value)),
            ["attr"] = (_, value, a) => a.Bind("the filter 'attr'", 1, "name")[0] is string name && value is not JinjaDict
                ? JinjaOps.GetAttribute(value, name)
                : new JinjaUndefined("the filter 'attr' found nothing"),
            ["batch"] = Batch,
            ["capitalize"] = (context, value, a) => JinjaString.Capitalize(Text("capitalize", context, value, a)),
            ["center"] = (context, value, a) =>
            {
                object? width = a.Bind("the filter 'center'", 0, "width")[0];
                return JinjaStringMethods.Center(context, context.Str(value), JinjaArguments.Given(width) ? width : 80L, " ");
            },
            ["count"] = (_, value, a) => JinjaOps.Length(Only("count", a, value)),
            ["length"] = (_, value, a) => JinjaOps.Length(Only("length", a, value)),
            ["default"] = Default,
            ["d"] = Default,
            ["dictsort"] = DictSort,
            ["e"] = (context, value, a) => Escape(Text("e", context, value, a)),
            ["escape"] = (context, value, a) => Escape(Text("escape", context, value, a)),
            ["forceescape"] = (context, value, a) => Escape(Text("forceescape", context, value, a)),
            ["first"] = (_, value, a) =>
            {
                foreach (object? item in JinjaOps.Iterate(Only("first", a, value)))
                {
                    return item;
                }

                return new JinjaUndefined("the filter 'first' found nothing in an empty sequence");
            },
            ["last"] = Last,
            ["float"] = ToFloat,
            ["format"] = (context, value, a) => a.Named.Count == 0
                ? JinjaFormat.Percent(context.Str(value), new JinjaTuple([.. a.Positional]), context.Budget)
                : a.Positional.Count == 0 ? JinjaFormat.Percent(context.Str(value), ToDict(a), context.Budget)
                : throw new JinjaException("the filter 'format' takes arguments with names or without, not both."),
            ["groupby"] = GroupBy,
            ["indent"] = Indent,
            ["int"] = ToInt,
            ["items"] = (_, value, a) => Only("items", a, value) switch
            {
                JinjaDict dict => new JinjaStream(new JinjaView("dict_items", dict).Items.ToList()),
                JinjaUndefined => new JinjaStream([]),
                _ => throw new JinjaException($"the filter 'items' wants a mapping, not {JinjaText.TypeName(value)}."),
            },
            ["join"] = Join,
            ["list"] = (context, value, a) => new JinjaList(JinjaOps.ToList(Only("list", a, value), context.Budget)),
            ["lower"] = (context, value, a) => JinjaString.Lower(Text("lower", context, value, a)),
            ["upper"] = (context, value, a) => JinjaString.Upper(Text("upper", context, value, a)),
            ["map"] = Map,
            ["max"] = (context, value, a) => Extreme("max", context, value, a),
            ["min"] = (context, value, a) => Extreme("min", context, value, a),
            ["reject"] = (context, value, a) => Select("reject", context, value, a),
            ["rejectattr"] = (context, value, a) => Select("rejectattr", context, value, a),
            ["select"] = (context, value, a) => Select("select", context, value, a),
            ["selectattr"] = (context, value, a) => Select("selectattr", context, value, a),
            ["replace"] = (context, value, a) =>
            {
                object?[] values = a.Bind("the filter 'replace'", 2, "old", "new", "count");
                int count = JinjaArguments.Given(values[2]) && values[2] is not null ? JinjaNumber.ToIndex(values[2], "the count of the filter 'replace'") : -1;
                return JinjaStringMethods.Replace(context, context.Str(value), context.Str(values[0]), context.Str(values[1]), count);
            },
            ["reverse"] = (context, value, a) => Only("reverse", a, value) is string text
                ? JinjaOps.Slice(text, null, null, -1L, context.Budget)
                : new JinjaStream(Enumerable.Reverse(Reversible("reverse", context, value))),
            ["round"] = Round,
            ["safe"] = (context, value, a) => Text("safe", context, value, a),
            ["string"] = (context, value, a) => Text("string", context, value, a),
            ["slice"] = Slice,
            ["sort"] = Sort,
            ["sum"] = Sum,
            ["title"] = (context, value, a) => Title(Text("title", context, value, a)),
            ["tojson"] = ToJson,
            ["trim"] = (context, value, a) =>
            {
                object? set = a.Bind("the filter 'trim'", 0, "chars")[0];
                return JinjaString.Strip(context.Str(value), JinjaArguments.Given(set) && set is not null ? context.Str(set) : null, left: true, right: true);
            },
            ["truncate"] = Truncate,
            ["unique"] = Unique,
            ["urlencode"] = (context, value, a) => UrlEncode(context, Only("urlencode", a, value)),
            ["wordcount"] = (context, value, a) => WordCount(Text("wordcount", context, value, a)),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Applies a filter.</summary>
    public static object? Apply(JinjaContext context, string name, object? value, JinjaArguments arguments)
    {
        if (Filters.TryGetValue(name, out Func<JinjaContext, object?, JinjaArguments, object?>? filter))
        {
            context.Budget.Charge(1);
            if (value is string text)
            {
                context.Budget.ChargeText(text.Length);
            }

            return filter(context, value, arguments);
        }

        throw new JinjaException(NotSupported.Contains(name) ? $"the filter '{name}' is not supported." : $"there is no filter named '{name}'.");
    }

    // The value, after checking that there are no arguments.
    private static object? Only(string name, JinjaArguments arguments, object? value)
    {
        arguments.Bind($"the filter '{name}'", 0);
        return value;
    }

    private static string Text(string name, JinjaContext context, object? value, JinjaArguments arguments) => context.Str(Only(name, arguments, value));

    private static object? Abs(object? value) => value switch
    {
        double number => Math.Abs(number),
        _ when JinjaNumber.IsInteger(value) => JinjaNumber.Normalize(BigInteger.Abs(JinjaNumber.ToBig(value))),
        JinjaUndefined missing => throw missing.Error(),
        _ => throw new JinjaException($"the filter 'abs' wants a number, not {JinjaText.TypeName(value)}."),
    };

    private static object? Default(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'default'", 0, "default_value", "boolean");
        bool replace = value is JinjaUndefined || (JinjaArguments.Given(a[1]) && JinjaOps.IsTrue(a[1]) && !JinjaOps.IsTrue(value));
        return !replace ? value : JinjaArguments.Given(a[0]) ? a[0] : string.Empty;
    }

    private static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Title(string text)
    {
        // Words begin after white space, '-' and opening brackets.
        var result = new System.Text.StringBuilder(text.Length);
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            bool separator = i < text.Length && (JinjaString.IsSpace(text[i]) || text[i] is '-' or '(' or '{' or '[' or '<');
            if (i < text.Length && !separator)
            {
                continue;
            }

            if (i > start)
            {
                result.Append(JinjaString.Upper(text[start..(start + 1)])).Append(JinjaString.Lower(text[(start + 1)..i]));
            }

            if (separator)
            {
                result.Append(text[i]);
            }

            start = i + 1;
        }

        return result.ToString();
    }

    private static object? ToInt(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'int'", 0, "default", "base");
        object? otherwise = JinjaArguments.Given(a[0]) ? a[0] : 0L;
        int radix = JinjaArguments.Given(a[1]) ? JinjaNumber.ToIndex(a[1], "the base of the filter 'int'") : 10;
        switch (value)
        {
            case JinjaUndefined missing:
                throw missing.Error();
            case double number:
                return double.IsFinite(number) ? JinjaNumber.Normalize(new BigInteger(Math.Truncate(number))) : otherwise;
            case string text:
                if (TryParseInt(text, radix, out BigInteger whole))
                {
                    return JinjaNumber.Normalize(whole);
                }

                return TryParseFloat(text, out double real) && double.IsFinite(real) ? JinjaNumber.Normalize(new BigInteger(Math.Truncate(real))) : otherwise;
            default:
                return JinjaNumber.IsInteger(value) ? JinjaNumber.Normalize(JinjaNumber.ToBig(value)) : otherwise;
        }
    }

    private static object? ToFloat(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object? otherwise = arguments.Bind("the filter 'float'", 0, "default")[0];
        return value switch
        {
            JinjaUndefined missing => throw missing.Error(),
            string text when TryParseFloat(text, out double number) => number,
            _ when JinjaNumber.IsNumber(value) => JinjaNumber.ToDouble(value),
            _ => JinjaArguments.Given(otherwise) ? otherwise : 0.0,
        };
    }

    private static bool TryParseInt(string text, int radix, out BigInteger value)
    {
        value = 0;
        string digits = JinjaString.Strip(text, null, left: true, right: true);
        bool negative = digits.StartsWith('-');
        digits = digits.Length > 0 && digits[0] is '-' or '+' ? digits[1..] : digits;
        int prefix = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == prefix || radix == 0))
        {
            digits = digits[2..].TrimStart('_');
            radix = prefix;
        }

        radix = radix == 0 ? 10 : radix;
        if (digits.Length is 0 or > 4000 || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal) || radix is < 2 or > 36)
        {
            return false;
        }

        foreach (char c in digits)
        {
            if (c == '_')
            {
                continue;
            }

            int digit = char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : CharUnicodeInfo.GetDecimalDigitValue(c);
            if (digit < 0 || digit >= radix)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        value = negative ? -value : value;
        return true;
    }

    private static bool TryParseFloat(string text, out double value)
    {
        string number = JinjaString.Strip(text, null, left: true, right: true);
        string name = number.TrimStart('-', '+');
        if (name.Length > 0 && number.Length - name.Length <= 1 && JinjaString.Lower(name) is "inf" or "infinity" or "nan")
        {
            value = JinjaString.Lower(name) == "nan" ? double.NaN : number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        value = 0;
        bool good = number.Length > 0 && number.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '+' or '-' or '_') && number[0] != '_' && number[^1] != '_';
        return good && double.TryParse(number.Replace("_", string.Empty, StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static object? Round(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'round'", 0, "precision", "method");
        int precision = JinjaArguments.Given(a[0]) ? JinjaNumber.ToIndex(a[0], "the precision of the filter 'round'") : 0;
        string method = JinjaArguments.Given(a[1]) ? context.Str(a[1]) : "common";
        if (!JinjaNumber.IsNumber(value))
        {
            throw value is JinjaUndefined missing ? missing.Error() : new JinjaException($"the filter 'round' wants a number, not {JinjaText.TypeName(value)}.");
        }

        switch (method)
        {
            case "common" when value is double number:
                return JinjaNumber.Round(number, precision);
            case "common" when precision >= 0:
                return JinjaNumber.Normalize(JinjaNumber.ToBig(value));
            case "common":
                return JinjaNumber.Normalize(new BigInteger(JinjaNumber.Round(JinjaNumber.ToDouble(value), precision)));
            case "ceil" or "floor":
                double factor = Math.Pow(10, precision);
                double scaled = JinjaNumber.ToDouble(value) * factor;
                return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / factor;
            default:
                throw new JinjaException($"the filter 'round' knows the methods common, ceil and floor, not '{method}'.");
        }
    }

    private static string Indent(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'indent'", 0, "width", "first", "blank");
        bool first = JinjaArguments.Given(a[1]) && JinjaOps.IsTrue(a[1]);
        bool blank = JinjaArguments.Given(a[2]) && JinjaOps.IsTrue(a[2]);
        string text = value as string ?? throw (value is JinjaUndefined missing ? missing.Error() : new JinjaException($"the filter 'indent' wants a string, not {JinjaText.TypeName(value)}."));
        int spaces = !JinjaArguments.Given(a[0]) ? 4 : a[0] is string ? 0 : JinjaNumber.ToIndex(a[0], "the width of the filter 'indent'");
        context.Budget.ChargeText(Math.Max(spaces, 0));
        string indent = a[0] as string ?? new string(' ', Math.Max(spaces, 0));
        List<string> lines = JinjaString.SplitLines(text + "\n", keepEnds: false);
        context.Budget.ChargeText(text.Length + ((long)lines.Count * (indent.Length + 1)));
        return (first ? indent : string.Empty) + string.Join('\n', lines.Select((line, i) => i > 0 && (blank || line.Length > 0) ? indent + line : line));
    }

    private static string Truncate(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'truncate'", 0, "length", "killwords", "end", "leeway");
        string text = value as string ?? throw (value is JinjaUndefined missing ? missing.Error() : new JinjaException($"the filter 'truncate' wants a string, not {JinjaText.TypeName(value)}."));
        int length = JinjaArguments.Given(a[0]) ? JinjaNumber.ToIndex(a[0], "the length of the filter 'truncate'") : 255;
        string end = JinjaArguments.Given(a[2]) ? context.Str(a[2]) : "...";
        int leeway = JinjaArguments.Given(a[3]) && a[3] is not null ? JinjaNumber.ToIndex(a[3], "the leeway of the filter 'truncate'") : 5;
        int keep = length - JinjaString.Length(end);
        if (keep < 0 || leeway < 0)
        {
            throw new JinjaException("the filter 'truncate' wants a length that its end fits in, and a leeway of 0 or more.");
        }

        if (JinjaString.Length(text) <= (long)length + leeway)
        {
            return text;
        }

        string cut = text[..JinjaString.Offset(text, keep)];
        int space = cut.LastIndexOf(' ');
        return (JinjaArguments.Given(a[1]) && JinjaOps.IsTrue(a[1])) || space < 0 ? cut + end : cut[..space] + end;
    }

    private static long WordCount(string text)
    {
        long words = 0;
        bool inWord = false;
        foreach (char c in text)
        {
            bool word = c == '_' || char.IsLetterOrDigit(c) || char.IsNumber(c);
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }

        return words;
    }

    private static string ToJson(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'tojson'", 0, "ensure_ascii", "indent", "separators", "sort_keys");

        // Jinja's own filter has one argument, 'indent'; chat templates' has four. A whole number without a name can only be the former.
        object? indent = JinjaArguments.Given(a[1]) ? a[1] : null;
        bool ascii = JinjaArguments.Given(a[0]) && JinjaOps.IsTrue(a[0]);
        string? step = indent switch
        {
            null => null,
            string text => text,
            _ => new string(' ', Math.Clamp(JinjaNumber.ToIndex(indent, "the indent of the filter 'tojson'"), 0, 1000)),
        };
        string item = step is null ? ", " : ",";
        string key = ": ";
        if (JinjaArguments.Given(a[2]) && a[2] is not null)
        {
            if (JinjaOps.Items(a[2]) is not [string first, string second])
            {
                throw new JinjaException("the separators of the filter 'tojson' are two strings.");
            }

            (item, key) = (first, second);
        }

        return JinjaJson.Write(value, step, item, key, JinjaArguments.Given(a[3]) && JinjaOps.IsTrue(a[3]), ascii, context.Budget);
    }

    private static string UrlEncode(JinjaContext context, object? value)
    {
        if (value is not JinjaDict dict)
        {
            return Uri.EscapeDataString(context.Str(value)).Replace("%2F", "/", StringComparison.Ordinal);
        }

        return string.Join('&', dict.Pairs.Select(pair => Quote(pair.Key) + "=" + Quote(pair.Value)));

        string Quote(object? part) => Uri.EscapeDataString(context.Str(part)).Replace("%20", "+", StringComparison.Ordinal);
    }

    private static JinjaDict ToDict(JinjaArguments arguments)
    {
        var dict = new JinjaDict();
        foreach (KeyValuePair<string, object?> pair in arguments.Named)
        {
            dict.Set(pair.Key, pair.Value);
        }

        return dict;
    }
}
