using System.Globalization;
using System.Text;

namespace RlvrSharp.Models;

/// <summary>The functions that every template finds.</summary>
internal static class JinjaGlobals
{
    private const int MaxRange = 100_000;

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, object?> All { get; } = new JinjaCallable[]
    {
        new("range", Range),
        new("namespace", Namespace),
        new("dict", (context, arguments) =>
        {
            var dict = new JinjaDict();
            JinjaMethods.Fill(context, dict, arguments);
            return dict;
        }),
        new("raise_exception", (context, arguments) =>
            throw new JinjaException(context.Str(arguments.Bind("raise_exception", 1, "message")[0]), fault: JinjaFault.Raised)),
        new("strftime_now", (context, arguments) => Strftime(
            context.Now, arguments.Bind("strftime_now", 1, "format")[0] as string ?? throw new JinjaException("strftime_now wants a format as a string."))),
        new("joiner", Joiner),
        new("cycler", Cycler),
    }.ToDictionary(function => function.Name, function => (object?)function, StringComparer.Ordinal);

    private static JinjaRange Range(JinjaContext context, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("range", 1, "/start", "/stop", "/step");
        long start = JinjaArguments.Given(a[1]) ? JinjaNumber.ToIndex(a[0], "the start of range") : 0;
        long stop = JinjaNumber.ToIndex(JinjaArguments.Given(a[1]) ? a[1] : a[0], "the end of range");
        long step = JinjaArguments.Given(a[2]) ? JinjaNumber.ToIndex(a[2], "the step of range") : 1;
        if (step == 0)
        {
            throw new JinjaException("the step of range is 0.");
        }

        var range = new JinjaRange(start, stop, step);
        return range.Count > MaxRange ? throw new JinjaException($"range has {range.Count} items; the most is {MaxRange}.") : range;
    }

    private static JinjaNamespace Namespace(JinjaContext context, JinjaArguments arguments)
    {
        var space = new JinjaNamespace();
        JinjaMethods.Fill(context, space.Attributes, arguments);
        return space;
    }

    // Empty the first time, the separator from then on.
    private static JinjaCallable Joiner(JinjaContext context, JinjaArguments arguments)
    {
        object? separator = arguments.Bind("joiner", 0, "sep")[0];
        bool used = false;
        return new JinjaCallable("joiner", (_, none) =>
        {
            none.Bind("joiner", 0);
            bool first = !used;
            used = true;
            return first ? string.Empty : JinjaArguments.Given(separator) ? separator : ", ";
        });
    }

    private static JinjaNamespace Cycler(JinjaContext context, JinjaArguments arguments)
    {
        if (arguments.Positional.Count == 0)
        {
            throw new JinjaException("cycler needs at least one item.");
        }

        var space = new JinjaNamespace();
        int at = 0;
        space.Attributes.Set("current", arguments.Positional[0]);
        space.Attributes.Set("next", new JinjaCallable("cycler.next", (_, _) => Move(at, (at + 1) % arguments.Positional.Count)));
        space.Attributes.Set("reset", new JinjaCallable("cycler.reset", (_, _) =>
        {
            Move(at, 0);
            return null;
        }));
        return space;

        object? Move(int from, int to)
        {
            at = to;
            space.Attributes.Set("current", arguments.Positional[to]);
            return arguments.Positional[from];
        }
    }

    private static string Strftime(DateTimeOffset now, string format)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            char code = format[++i];
            bool bare = code == '-' && i + 1 < format.Length;
            code = bare ? format[++i] : code;
            string part = Part(now, code);
            result.Append(bare && part.Length > 1 && char.IsAsciiDigit(part[0]) ? part.TrimStart('0').PadLeft(1, '0') : part);
        }

        return result.ToString();
    }

    private static string Part(DateTimeOffset now, char code)
    {
        string? format = code switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'd' => "dd",
            'B' => "MMMM",
            'b' or 'h' => "MMM",
            'A' => "dddd",
            'a' => "ddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'f' => "ffffff",
            'F' => "yyyy-MM-dd",
            'T' or 'X' => "HH:mm:ss",
            'R' => "HH:mm",
            'D' or 'x' => "MM/dd/yy",
            _ => null,
        };
        if (format is not null)
        {
            return now.ToString(format, CultureInfo.InvariantCulture);
        }

        return code switch
        {
            '%' => "%",
            'n' => "\n",
            't' => "\t",
            'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'u' => (now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            's' => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'c' => now.ToString("ddd MMM ", CultureInfo.InvariantCulture) + Part(now, 'e') + now.ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture),
            'z' or 'Z' => string.Empty,
            _ => throw new JinjaException($"strftime_now does not know the format '%{code}'."),
        };
    }
}
