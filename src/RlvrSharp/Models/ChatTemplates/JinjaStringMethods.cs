using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>The methods that strings have in a template, as in Python.</summary>
internal static class JinjaStringMethods
{
    private delegate object? Method(JinjaContext context, string text, JinjaArguments arguments);

    private static readonly FrozenDictionary<string, Method> Methods = new Dictionary<string, Method>
    {
        ["strip"] = (_, text, a) => Strip("strip", text, a, left: true, right: true),
        ["lstrip"] = (_, text, a) => Strip("lstrip", text, a, left: true, right: false),
        ["rstrip"] = (_, text, a) => Strip("rstrip", text, a, left: false, right: true),
        ["split"] = (_, text, a) => Split("split", text, a),
        ["rsplit"] = (_, text, a) => Split("rsplit", text, a),
        ["splitlines"] = (_, text, a) =>
        {
            object? keep = a.Bind("str.splitlines", 0, "keepends")[0];
            return Strings(JinjaString.SplitLines(text, JinjaArguments.Given(keep) && JinjaOps.IsTrue(keep)));
        },
        ["partition"] = (_, text, a) => Partition("partition", text, a),
        ["rpartition"] = (_, text, a) => Partition("rpartition", text, a),
        ["startswith"] = (_, text, a) => Begins("startswith", text, a),
        ["endswith"] = (_, text, a) => Begins("endswith", text, a),
        ["removeprefix"] = (_, text, a) => Text("removeprefix", a) is var prefix && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text,
        ["removesuffix"] = (_, text, a) => Text("removesuffix", a) is var suffix && text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text,
        ["upper"] = (_, text, a) => Plain("upper", a, JinjaString.Upper(text)),
        ["lower"] = (_, text, a) => Plain("lower", a, JinjaString.Lower(text)),
        ["casefold"] = (_, text, a) => Plain("casefold", a, JinjaString.Lower(text).Replace("ß", "ss", StringComparison.Ordinal).Replace('ς', 'σ')),
        ["title"] = (_, text, a) => Plain("title", a, JinjaString.Title(text)),
        ["capitalize"] = (_, text, a) => Plain("capitalize", a, JinjaString.Capitalize(text)),
        ["swapcase"] = (_, text, a) => Plain("swapcase", a, string.Concat(text.Select(c => char.IsUpper(c) ? JinjaString.Lower(c.ToString()) : JinjaString.Upper(c.ToString())))),
        ["replace"] = (context, text, a) =>
        {
            object?[] values = a.Bind("str.replace", 2, "/old", "/new", "count");
            int count = JinjaArguments.Given(values[2]) ? JinjaNumber.ToIndex(values[2], "the count of str.replace") : -1;
            return Replace(context, text, Text("replace", values[0]), Text("replace", values[1]), count);
        },
        ["join"] = (context, text, a) => Join(context, text, a.Bind("str.join", 1, "/items")[0]),
        ["find"] = (context, text, a) => Find(context, "find", text, a),
        ["rfind"] = (context, text, a) => Find(context, "rfind", text, a),
        ["index"] = (context, text, a) => Find(context, "index", text, a),
        ["rindex"] = (context, text, a) => Find(context, "rindex", text, a),
        ["count"] = (context, text, a) =>
        {
            object?[] values = a.Bind("str.count", 1, "/part", "/start", "/end");
            string wanted = Text("count", values[0]);
            context.Budget.ChargeSearch(text.Length, wanted.Length);
            return (long)JinjaString.Count(Part(text, values[1], values[2], out _), wanted);
        },
        ["format"] = JinjaFormat.Braces,
        ["zfill"] = (context, text, a) =>
        {
            int width = Width(context, text, a.Bind("str.zfill", 1, "/width")[0]);
            int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
            return text[..sign] + new string('0', Math.Max(0, width - JinjaString.Length(text))) + text[sign..];
        },
        ["center"] = (context, text, a) => Pad(context, "center", text, a),
        ["ljust"] = (context, text, a) => Pad(context, "ljust", text, a),
        ["rjust"] = (context, text, a) => Pad(context, "rjust", text, a),
        ["expandtabs"] = (context, text, a) =>
        {
            object? size = a.Bind("str.expandtabs", 0, "tabsize")[0];
            return ExpandTabs(context, text, JinjaArguments.Given(size) ? JinjaNumber.ToIndex(size, "the tab size") : 8);
        },
        ["isdigit"] = (_, text, a) => Plain("isdigit", a, All(text, c => char.IsDigit(c) || CharUnicodeInfo.GetDigitValue(c) >= 0)),
        ["isdecimal"] = (_, text, a) => Plain("isdecimal", a, All(text, char.IsDigit)),
        ["isnumeric"] = (_, text, a) => Plain("isnumeric", a, All(text, char.IsNumber)),
        ["isalpha"] = (_, text, a) => Plain("isalpha", a, All(text, char.IsLetter)),
        ["isalnum"] = (_, text, a) => Plain("isalnum", a, All(text, c => char.IsLetter(c) || char.IsNumber(c))),
        ["isspace"] = (_, text, a) => Plain("isspace", a, All(text, JinjaString.IsSpace)),
        ["isascii"] = (_, text, a) => Plain("isascii", a, text.All(char.IsAscii)),
        ["isupper"] = (_, text, a) => Plain("isupper", a, IsUpper(text)),
        ["islower"] = (_, text, a) => Plain("islower", a, IsLower(text)),
        ["istitle"] = (_, text, a) => Plain("istitle", a, text.Any(JinjaString.IsCased) && JinjaString.Title(text) == text),
        ["isidentifier"] = (_, text, a) => Plain("isidentifier", a, text.Length > 0 && (text[0] == '_' || char.IsLetter(text[0])) && text.All(c => c == '_' || char.IsLetterOrDigit(c))),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A method of a string, bound to it, or null.</summary>
    public static JinjaCallable? Find(string text, string name) =>
        Methods.TryGetValue(name, out Method? method)
            ? new JinjaCallable($"str.{name}", (context, arguments) =>
            {
                context.Budget.ChargeText(text.Length);
                return method(context, text, arguments);
            })
            : null;

    /// <summary>Replaces, and counts what that costs.</summary>
    public static string Replace(JinjaContext context, string text, string old, string with, int count)
    {
        context.Budget.ChargeSearch(text.Length, old.Length);
        long times = JinjaString.Count(text, old);
        times = count >= 0 ? Math.Min(times, count) : times;
        context.Budget.ChargeText(text.Length + (times * Math.Max(0, with.Length - old.Length)));
        return JinjaString.Replace(text, old, with, count);
    }

    /// <summary>Whether there are capital letters and no small ones.</summary>
    public static bool IsUpper(string text) => text.Any(char.IsUpper) && !text.Any(char.IsLower);

    /// <summary>Whether there are small letters and no capital ones.</summary>
    public static bool IsLower(string text) => text.Any(char.IsLower) && !text.Any(char.IsUpper);

    /// <summary>Pads in the middle as <c>str.center</c> does.</summary>
    public static string Center(JinjaContext context, string text, object? width, string fill)
    {
        int total = Width(context, text, width);
        int length = JinjaString.Length(text);
        int margin = Math.Max(0, total - length);
        int left = (margin / 2) + (margin & total & 1);
        return Repeat(fill, left) + text + Repeat(fill, margin - left);
    }

    /// <summary>A list of strings.</summary>
    public static JinjaList Strings(IEnumerable<string> parts) => new([.. parts]);

    private static T Plain<T>(string name, JinjaArguments arguments, T result)
    {
        arguments.Bind($"str.{name}", 0);
        return result;
    }

    private static string Text(string name, JinjaArguments arguments) => Text(name, arguments.Bind($"str.{name}", 1, "/text")[0]);

    private static string Text(string name, object? value) =>
        value as string ?? throw (value is JinjaUndefined missing ? missing.Error() : new JinjaException($"str.{name} wants a string, not {JinjaText.TypeName(value)}."));

    private static string Strip(string name, string text, JinjaArguments arguments, bool left, bool right)
    {
        object? set = arguments.Bind($"str.{name}", 0, "/characters")[0];
        return JinjaString.Strip(text, JinjaArguments.Given(set) && set is not null ? Text(name, set) : null, left, right);
    }

    private static JinjaList Split(string name, string text, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind($"str.{name}", 0, "sep", "maxsplit");
        int max = JinjaArguments.Given(a[1]) ? JinjaNumber.ToIndex(a[1], $"the number of splits of str.{name}") : -1;
        bool fromEnd = name == "rsplit";
        if (!JinjaArguments.Given(a[0]) || a[0] is null)
        {
            return Strings(fromEnd ? JinjaString.SplitSpaceFromEnd(text, max) : JinjaString.SplitSpace(text, max));
        }

        string separator = Text(name, a[0]);
        return separator.Length == 0
            ? throw new JinjaException($"str.{name}: the separator is empty.")
            : Strings(JinjaString.Split(text, separator, max, fromEnd));
    }

    private static JinjaTuple Partition(string name, string text, JinjaArguments arguments)
    {
        string separator = Text(name, arguments);
        if (separator.Length == 0)
        {
            throw new JinjaException($"str.{name}: the separator is empty.");
        }

        int at = name == "partition" ? text.IndexOf(separator, StringComparison.Ordinal) : text.LastIndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new JinjaTuple([text[..at], separator, text[(at + separator.Length)..]])
            : name == "partition" ? new JinjaTuple([text, string.Empty, string.Empty])
            : new JinjaTuple([string.Empty, string.Empty, text]);
    }

    private static bool Begins(string name, string text, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind($"str.{name}", 1, "/text", "/start", "/end");
        string part = Part(text, a[1], a[2], out _);
        IReadOnlyList<object?> wanted = a[0] is JinjaTuple tuple ? tuple.Items : [a[0]];
        return wanted.Any(item => name == "startswith"
            ? part.StartsWith(Text(name, item), StringComparison.Ordinal)
            : part.EndsWith(Text(name, item), StringComparison.Ordinal));
    }

    private static object Find(JinjaContext context, string name, string text, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind($"str.{name}", 1, "/text", "/start", "/end");
        string wanted = Text(name, a[0]);
        context.Budget.ChargeSearch(text.Length, wanted.Length);
        string part = Part(text, a[1], a[2], out int before);
        int at = name[0] == 'r' ? part.LastIndexOf(wanted, StringComparison.Ordinal) : part.IndexOf(wanted, StringComparison.Ordinal);
        if (at < 0)
        {
            return name.EndsWith("index", StringComparison.Ordinal) ? throw new JinjaException($"str.{name}: the text is not there.") : -1L;
        }

        return (long)(before + JinjaString.CodePoints(part, 0, at));
    }

    private static string Part(string text, object? start, object? end, out int before)
    {
        before = 0;
        if (!JinjaArguments.Given(start) && !JinjaArguments.Given(end))
        {
            return text;
        }

        int length = JinjaString.Length(text);
        int from = Bound(start, 0, length);
        int to = Bound(end, length, length);
        before = from;
        return from >= to ? string.Empty : text[JinjaString.Offset(text, from)..JinjaString.Offset(text, to)];
    }

    private static int Bound(object? value, int otherwise, int length)
    {
        if (!JinjaArguments.Given(value) || value is null)
        {
            return otherwise;
        }

        int index = JinjaNumber.ToIndex(value, "a place in a string");
        return Math.Clamp(index < 0 ? index + length : index, 0, length);
    }

    private static string Join(JinjaContext context, string separator, object? items)
    {
        var text = new StringBuilder();
        bool first = true;
        foreach (object? item in JinjaOps.Iterate(items))
        {
            text.Append(first ? string.Empty : separator).Append(Text("join", item));
            first = false;
            context.Budget.Charge(1 + ((separator.Length + ((string)item!).Length) / 8));
            if (text.Length > context.Budget.MaxText)
            {
                context.Budget.ChargeText(text.Length);
            }
        }

        return text.ToString();
    }

    private static int Width(JinjaContext context, string text, object? width)
    {
        int total = JinjaNumber.ToIndex(width, "a width");
        context.Budget.ChargeText(Math.Max(total, text.Length));
        return total;
    }

    private static string Pad(JinjaContext context, string name, string text, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind($"str.{name}", 1, "/width", "/fill");
        string fill = JinjaArguments.Given(a[1]) ? Text(name, a[1]) : " ";
        if (JinjaString.Length(fill) != 1)
        {
            throw new JinjaException($"str.{name} fills with one character, not with '{fill}'.");
        }

        if (name == "center")
        {
            return Center(context, text, a[0], fill);
        }

        string padding = Repeat(fill, Width(context, text, a[0]) - JinjaString.Length(text));
        return name == "ljust" ? text + padding : padding + text;
    }

    private static string Repeat(string fill, int times) => times <= 0 ? string.Empty : new StringBuilder().Insert(0, fill, times).ToString();

    private static string ExpandTabs(JinjaContext context, string text, int size)
    {
        var result = new StringBuilder();
        int column = 0;
        foreach (char c in text)
        {
            if (c == '\t')
            {
                int spaces = size > 0 ? size - (column % size) : 0;
                context.Budget.ChargeText((long)result.Length + spaces > context.Budget.MaxText ? long.MaxValue / 2 : spaces);
                result.Append(' ', spaces);
                column += spaces;
            }
            else
            {
                result.Append(c);
                column = c is '\n' or '\r' ? 0 : column + 1;
            }
        }

        return result.ToString();
    }

    private static bool All(string text, Func<char, bool> test) => text.Length > 0 && text.All(test);
}
