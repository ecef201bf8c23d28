namespace RlvrSharp.Models;

/// <summary>The methods that mappings, lists and tuples have; strings have theirs in <see cref="JinjaStringMethods"/>.</summary>
internal static class JinjaMethods
{
    /// <summary>A method of a value, bound to it, or null.</summary>
    public static JinjaCallable? Find(object? value, string name) => value switch
    {
        string text => JinjaStringMethods.Find(text, name),
        JinjaDict dict => OfDict(dict, name),
        JinjaList list => OfList(list, name),
        JinjaTuple { Names: null } tuple => OfTuple(tuple, name),
        _ => null,
    };

    private static JinjaCallable? OfDict(JinjaDict dict, string name) => name switch
    {
        "items" or "keys" or "values" => new($"dict.{name}", (_, arguments) =>
        {
            arguments.Bind($"dict.{name}", 0);
            return new JinjaView($"dict_{name}", dict);
        }),
        "get" => new("dict.get", (_, arguments) =>
        {
            object?[] a = arguments.Bind("dict.get", 1, "/key", "/default");
            return dict.TryGet(a[0], out object? value) ? value : JinjaArguments.Given(a[1]) ? a[1] : null;
        }),
        "copy" => new("dict.copy", (context, arguments) =>
        {
            arguments.Bind("dict.copy", 0);
            var copy = new JinjaDict();
            AddPairs(context, copy, dict);
            return copy;
        }),
        "update" => new("dict.update", (context, arguments) =>
        {
            if (arguments.Positional.Count > 1)
            {
                throw new JinjaException("dict.update takes at most one argument without a name.");
            }

            Fill(context, dict, arguments);
            return null;
        }),
        "pop" => new("dict.pop", (_, arguments) =>
        {
            object?[] a = arguments.Bind("dict.pop", 1, "/key", "/default");
            return dict.Remove(a[0], out object? value) ? value
                : JinjaArguments.Given(a[1]) ? a[1]
                : throw new JinjaException("dict.pop: the mapping has no such key.");
        }),
        "setdefault" => new("dict.setdefault", (_, arguments) =>
        {
            object?[] a = arguments.Bind("dict.setdefault", 1, "/key", "/default");
            if (dict.TryGet(a[0], out object? value))
            {
                return value;
            }

            value = JinjaArguments.Given(a[1]) ? a[1] : null;
            dict.Set(a[0], value);
            return value;
        }),
        _ => null,
    };

    private static JinjaCallable? OfList(JinjaList list, string name) => name switch
    {
        "append" => new("list.append", (context, arguments) =>
        {
            object? item = arguments.Bind("list.append", 1, "/item")[0];
            context.Budget.ChargeText(list.Items.Count / 64);
            list.Items.Add(item);
            return null;
        }),
        "extend" => new("list.extend", (context, arguments) =>
        {
            List<object?> items = JinjaOps.ToList(arguments.Bind("list.extend", 1, "/items")[0], context.Budget);
            context.Budget.ChargeText((long)list.Items.Count + items.Count);
            list.Items.AddRange(items);
            return null;
        }),
        "insert" => new("list.insert", (context, arguments) =>
        {
            object?[] a = arguments.Bind("list.insert", 2, "/index", "/item");
            context.Budget.ChargeText(list.Items.Count);
            int index = JinjaNumber.ToIndex(a[0], "the index of list.insert");
            list.Items.Insert(Math.Clamp(index < 0 ? index + list.Items.Count : index, 0, list.Items.Count), a[1]);
            return null;
        }),
        "pop" => new("list.pop", (_, arguments) =>
        {
            object? given = arguments.Bind("list.pop", 0, "/index")[0];
            int index = JinjaArguments.Given(given) ? JinjaNumber.ToIndex(given, "the index of list.pop") : -1;
            index = index < 0 ? index + list.Items.Count : index;
            if (index < 0 || index >= list.Items.Count)
            {
                throw new JinjaException("list.pop: the list has no such item.");
            }

            object? item = list.Items[index];
            list.Items.RemoveAt(index);
            return item;
        }),
        "reverse" => new("list.reverse", (context, arguments) =>
        {
            arguments.Bind("list.reverse", 0);
            context.Budget.ChargeText(list.Items.Count);
            list.Items.Reverse();
            return null;
        }),
        "copy" => new("list.copy", (context, arguments) =>
        {
            arguments.Bind("list.copy", 0);
            return new JinjaList(JinjaOps.ToList(list, context.Budget));
        }),
        "index" or "count" => Search(list.Items, "list", name),
        _ => null,
    };

    private static JinjaCallable? OfTuple(JinjaTuple tuple, string name) => name is "index" or "count" ? Search(tuple.Items, "tuple", name) : null;

    private static JinjaCallable Search(IReadOnlyList<object?> items, string type, string name) => new($"{type}.{name}", (context, arguments) =>
    {
        object? wanted = arguments.Bind($"{type}.{name}", 1, "/item")[0];
        long count = 0;
        for (int i = 0; i < items.Count; i++)
        {
            context.Budget.Charge(1);
            if (!JinjaOps.AreEqual(items[i], wanted, context.Budget))
            {
                continue;
            }

            if (name == "index")
            {
                return (long)i;
            }

            count++;
        }

        return name == "count" ? count : throw new JinjaException($"{type}.index: the item is not there.");
    });

    /// <summary>Adds what <c>dict(…)</c> or <c>dict.update(…)</c> was given: a mapping or pairs, then the arguments with names.</summary>
    public static void Fill(JinjaContext context, JinjaDict dict, JinjaArguments arguments)
    {
        if (arguments.Positional.Count > 0)
        {
            if (arguments.Positional[0] is JinjaDict other)
            {
                AddPairs(context, dict, other);
            }
            else
            {
                foreach (object? pair in JinjaOps.ToList(arguments.Positional[0], context.Budget))
                {
                    List<object?> parts = JinjaOps.ToList(pair, context.Budget);
                    if (parts.Count != 2)
                    {
                        throw new JinjaException("a mapping is made from a mapping or from pairs.");
                    }

                    dict.Set(parts[0], parts[1]);
                }
            }
        }

        foreach (KeyValuePair<string, object?> pair in arguments.Named)
        {
            dict.Set(pair.Key, pair.Value);
        }
    }

    private static void AddPairs(JinjaContext context, JinjaDict dict, JinjaDict other)
    {
        context.Budget.ChargeText((long)dict.Count + other.Count);
        foreach (KeyValuePair<object?, object?> pair in other.Pairs.ToList())
        {
            dict.Set(pair.Key, pair.Value);
        }
    }
}
