using System.Text;

namespace RlvrSharp.Models;

/// <summary>This part has the filters that walk over items.</summary>
internal static partial class JinjaFilters
{
    private static object? Last(JinjaContext context, object? value, JinjaArguments arguments)
    {
        if (Only("last", arguments, value) is string text)
        {
            return JinjaString.Characters(text).LastOrDefault() ?? (object)new JinjaUndefined("the filter 'last' found nothing in an empty string");
        }

        List<object?> items = Reversible("last", context, value);
        return items.Count > 0 ? items[^1] : new JinjaUndefined("the filter 'last' found nothing in an empty sequence");
    }

    // What Python's reversed() takes.
    private static List<object?> Reversible(string name, JinjaContext context, object? value) =>
        value is JinjaStream
            ? name == "reverse" ? JinjaOps.ToList(value, context.Budget) : throw new JinjaException($"the filter '{name}' wants a sequence, not {JinjaText.TypeName(value)}.")
            : JinjaOps.ToList(value, context.Budget);

    private static string Join(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'join'", 0, "d", "attribute");
        string separator = JinjaArguments.Given(a[0]) ? context.Str(a[0]) : string.Empty;
        Func<object?, object?> read = Attribute(context, a[1], null);
        var text = new StringBuilder();
        bool first = true;
        foreach (object? item in JinjaOps.Iterate(value))
        {
            string part = context.Str(read(item));
            context.Budget.Charge(1 + ((separator.Length + part.Length) / 8));
            text.Append(first ? string.Empty : separator).Append(part);
            first = false;
            if (text.Length > context.Budget.MaxText)
            {
                context.Budget.ChargeText(text.Length);
            }
        }

        return text.ToString();
    }

    // Reads an attribute path such as "function.name" or "0.id"; without one, the item itself.
    private static Func<object?, object?> Attribute(JinjaContext context, object? path, object? otherwise, bool lower = false)
    {
        if (!JinjaArguments.Given(path) || path is null)
        {
            return lower ? Lower : item => item;
        }

        object?[] parts = path is string text
            ? [.. text.Split('.').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit) && long.TryParse(part, out long index) ? (object)index : part)]
            : [path];
        return item =>
        {
            foreach (object? part in parts)
            {
                item = JinjaOps.GetItem(item, part, context.Budget);
                if (item is JinjaUndefined && otherwise is not null)
                {
                    item = otherwise;
                }
            }

            return lower ? Lower(item) : item;
        };

        static object? Lower(object? item) => item is string word ? JinjaString.Lower(word) : item;
    }

    // The key of a sort: one attribute, or several between commas.
    private static Func<object?, object?> Key(JinjaContext context, object? path, bool caseSensitive)
    {
        if (path is not string text || !text.Contains(',', StringComparison.Ordinal))
        {
            return Attribute(context, path, null, lower: !caseSensitive);
        }

        Func<object?, object?>[] parts = [.. text.Split(',').Select(part => Attribute(context, part, null, lower: !caseSensitive))];
        return item => new JinjaList([.. parts.Select(part => part(item))]);
    }

    private static List<object?> Sorted(JinjaContext context, List<object?> items, Func<object?, object?> key, bool reverse)
    {
        Comparer<object?> order = Comparer<object?>.Create((left, right) => JinjaOps.Compare(left, right, context.Budget));
        List<(object? Key, object? Item)> pairs = [.. items.Select(item => (key(item), item))];
        try
        {
            return [.. (reverse ? pairs.OrderByDescending(pair => pair.Key, order) : pairs.OrderBy(pair => pair.Key, order)).Select(pair => pair.Item)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is JinjaException inner)
        {
            throw new JinjaException(inner.Message);
        }
    }

    private static bool Flag(object? value) => JinjaArguments.Given(value) && JinjaOps.IsTrue(value);

    private static JinjaList Sort(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'sort'", 0, "reverse", "case_sensitive", "attribute");
        return new JinjaList(Sorted(context, JinjaOps.ToList(value, context.Budget), Key(context, a[2], Flag(a[1])), Flag(a[0])));
    }

    private static JinjaList DictSort(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'dictsort'", 0, "case_sensitive", "by", "reverse");
        string by = JinjaArguments.Given(a[1]) ? context.Str(a[1]) : "key";
        if (by is not ("key" or "value") || value is not JinjaDict dict)
        {
            throw value is JinjaUndefined missing ? missing.Error() : new JinjaException("the filter 'dictsort' sorts a mapping by 'key' or by 'value'.");
        }

        return new JinjaList(Sorted(context, JinjaOps.ToList(new JinjaView("dict_items", dict), context.Budget), Attribute(context, by == "key" ? 0L : 1L, null, lower: !Flag(a[0])), Flag(a[2])));
    }

    private static JinjaStream Unique(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'unique'", 0, "case_sensitive", "attribute");
        Func<object?, object?> key = Attribute(context, a[1], null, lower: !Flag(a[0]));
        var seen = new JinjaDict();
        return new JinjaStream(JinjaOps.Iterate(value).Where(item =>
        {
            context.Budget.Charge(1);
            object? name = key(item);
            if (seen.TryGet(name, out _))
            {
                return false;
            }

            seen.Set(name, null);
            return true;
        }));
    }

    private static object? Extreme(string name, JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind($"the filter '{name}'", 0, "case_sensitive", "attribute");
        Func<object?, object?> key = Attribute(context, a[1], null, lower: !Flag(a[0]));
        object? best = new JinjaUndefined($"the filter '{name}' found nothing in an empty sequence");
        object? bestKey = null;
        bool any = false;
        foreach (object? item in JinjaOps.Iterate(value))
        {
            object? here = key(item);
            if (!any || (name == "max" ? JinjaOps.Test(">", here, bestKey, context.Budget) : JinjaOps.Test("<", here, bestKey, context.Budget)))
            {
                (best, bestKey) = (item, here);
            }

            any = true;
        }

        return best;
    }

    private static object? Sum(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'sum'", 0, "attribute", "start");
        Func<object?, object?> read = Attribute(context, a[0], null);
        object? total = JinjaArguments.Given(a[1]) ? a[1] : 0L;
        foreach (object? item in JinjaOps.Iterate(value))
        {
            context.Budget.Charge(1);
            total = JinjaOps.Compute("+", total, read(item), context.Budget);
        }

        return total;
    }

    private static JinjaStream Map(JinjaContext context, object? value, JinjaArguments arguments)
    {
        if (arguments.Positional.Count == 0)
        {
            object?[] a = arguments.Bind("the filter 'map'", 0, "attribute", "default");
            if (!JinjaArguments.Given(a[0]))
            {
                throw new JinjaException("the filter 'map' wants the name of a filter or an attribute.");
            }

            Func<object?, object?> read = Attribute(context, a[0], JinjaArguments.Given(a[1]) ? a[1] : null);
            return new JinjaStream(Items(context, value).Select(read));
        }

        string name = arguments.Positional[0] as string ?? throw new JinjaException("the filter 'map' wants the name of a filter as a string.");
        JinjaArguments rest = arguments.Skip(1);
        return new JinjaStream(Items(context, value).Select(item => Apply(context, name, item, rest)));
    }

    private static JinjaStream Select(string filter, JinjaContext context, object? value, JinjaArguments arguments)
    {
        bool wanted = filter.StartsWith("select", StringComparison.Ordinal);
        Func<object?, object?> read = item => item;
        if (filter.EndsWith("attr", StringComparison.Ordinal))
        {
            read = Attribute(context, arguments.Positional.Count > 0 ? arguments.Positional[0] : throw new JinjaException($"the filter '{filter}' wants the name of an attribute."), null);
            arguments = arguments.Skip(1);
        }

        if (arguments.Positional.Count == 0)
        {
            return new JinjaStream(Items(context, value).Where(item => JinjaOps.IsTrue(read(item)) == wanted));
        }

        string name = arguments.Positional[0] as string ?? throw new JinjaException($"the filter '{filter}' wants the name of a test as a string.");
        JinjaArguments rest = arguments.Skip(1);
        return new JinjaStream(Items(context, value).Where(item => JinjaTests.Apply(context, name, read(item), rest) == wanted));
    }

    private static IEnumerable<object?> Items(JinjaContext context, object? value)
    {
        // map and select give an empty stream for none as well as for undefined.
        foreach (object? item in value is null ? [] : JinjaOps.Iterate(value))
        {
            context.Budget.Charge(1);
            yield return item;
        }
    }

    private static JinjaStream Batch(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'batch'", 1, "linecount", "fill_with");
        int size = JinjaNumber.ToIndex(a[0], "the size of a batch");
        object? fill = JinjaArguments.Given(a[1]) ? a[1] : null;
        List<object?> rows = [];
        List<object?> row = [];
        foreach (object? item in JinjaOps.ToList(value, context.Budget))
        {
            if (row.Count == size)
            {
                rows.Add(new JinjaList(row));
                row = [];
            }

            row.Add(item);
        }

        if (row.Count > 0)
        {
            if (fill is not null && row.Count < size)
            {
                context.Budget.ChargeText(size);
                row.AddRange(Enumerable.Repeat(fill, size - row.Count));
            }

            rows.Add(new JinjaList(row));
        }

        return new JinjaStream(rows);
    }

    private static JinjaStream Slice(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'slice'", 1, "slices", "fill_with");
        int slices = JinjaNumber.ToIndex(a[0], "the number of slices");
        if (slices < 1)
        {
            throw new JinjaException("the filter 'slice' makes at least one slice.");
        }

        List<object?> items = JinjaOps.ToList(value, context.Budget);
        context.Budget.ChargeText(slices);
        object? fill = JinjaArguments.Given(a[1]) ? a[1] : null;
        (int size, int longer) = Math.DivRem(items.Count, slices);
        List<object?> columns = [];
        int at = 0;
        for (int i = 0; i < slices; i++)
        {
            int count = size + (i < longer ? 1 : 0);
            List<object?> column = items.GetRange(at, count);
            at += count;
            if (fill is not null && i >= longer)
            {
                column.Add(fill);
            }

            columns.Add(new JinjaList(column));
        }

        return new JinjaStream(columns);
    }

    private static JinjaList GroupBy(JinjaContext context, object? value, JinjaArguments arguments)
    {
        object?[] a = arguments.Bind("the filter 'groupby'", 1, "attribute", "default", "case_sensitive");
        object? otherwise = JinjaArguments.Given(a[1]) ? a[1] : null;
        Func<object?, object?> key = Attribute(context, a[0], otherwise, lower: !Flag(a[2]));
        Func<object?, object?> shown = Attribute(context, a[0], otherwise);
        List<object?> groups = [];
        List<object?> group = [];
        object? current = null;
        foreach (object? item in Sorted(context, JinjaOps.ToList(value, context.Budget), key, reverse: false))
        {
            object? name = key(item);
            if (group.Count == 0 || !JinjaOps.AreEqual(name, current, context.Budget))
            {
                group = [];
                groups.Add(new JinjaTuple([shown(item), new JinjaList(group)], ["grouper", "list"]));
                current = name;
            }

            group.Add(item);
        }

        return new JinjaList(groups);
    }
}
