using System.Globalization;
using System.Numerics;

namespace RlvrSharp.Models;

/// <summary>What Python does with values: truth, equality, order, membership, arithmetic, indexing and iteration.</summary>
internal static class JinjaOps
{
    private const int MaxDepth = 100;

    /// <summary>Whether a value counts as true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        BigInteger => true,
        string text => text.Length > 0,
        JinjaList list => list.Items.Count > 0,
        JinjaTuple tuple => tuple.Items.Length > 0,
        JinjaDict dict => dict.Count > 0,
        JinjaView view => view.Count > 0,
        JinjaRange range => range.Count > 0,
        _ => true,
    };

    /// <summary>Python's ==.</summary>
    public static bool AreEqual(object? left, object? right, JinjaBudget? budget) => AreEqual(left, right, budget, 0);

    /// <summary>A hash that agrees with <see cref="AreEqual(object?, object?, JinjaBudget?)"/> and with nothing outside this process.</summary>
    public static int Hash(object? value)
    {
        switch (value)
        {
            case string text:
                return string.GetHashCode(text, StringComparison.Ordinal);
            case bool flag:
                return flag ? 1L.GetHashCode() : 0L.GetHashCode();
            case long number:
                return number.GetHashCode();
            case BigInteger number:
                return ((double)number).GetHashCode();
            case double number:
                return number == Math.Floor(number) && Math.Abs(number) < 9e18 ? ((long)number).GetHashCode() : number.GetHashCode();
            case JinjaTuple tuple:
                var hash = default(HashCode);
                foreach (object? item in tuple.Items)
                {
                    hash.Add(Hash(item));
                }

                return hash.ToHashCode();
            case JinjaList or JinjaDict:
                throw new JinjaException($"{JinjaText.TypeName(value)} cannot be a key of a mapping.");
            case JinjaUndefined:
                return 7;
            default:
                return value?.GetHashCode() ?? 0;
        }
    }

    /// <summary>Orders two values; negative, zero or positive.</summary>
    public static int Compare(object? left, object? right, JinjaBudget budget)
    {
        budget.Charge(1);
        if (left is string a && right is string b)
        {
            budget.Charge(Math.Min(a.Length, b.Length) / 64);
            return JinjaString.Compare(a, b);
        }

        if (JinjaNumber.IsNumber(left) && JinjaNumber.IsNumber(right))
        {
            return left is double || right is double
                ? CompareMixed(left, right)
                : JinjaNumber.ToBig(left).CompareTo(JinjaNumber.ToBig(right));
        }

        IReadOnlyList<object?>? first = left is JinjaList && right is JinjaList || left is JinjaTuple && right is JinjaTuple ? Items(left) : null;
        if (first is null)
        {
            throw left is JinjaUndefined missing ? missing.Error()
                : right is JinjaUndefined absent ? absent.Error()
                : new JinjaException($"{JinjaText.TypeName(left)} and {JinjaText.TypeName(right)} have no order.");
        }

        IReadOnlyList<object?> second = Items(right)!;
        for (int i = 0; i < first.Count && i < second.Count; i++)
        {
            if (!AreEqual(first[i], second[i], budget))
            {
                budget.Enter();
                int order = Compare(first[i], second[i], budget);
                budget.Leave();
                return order;
            }
        }

        return first.Count.CompareTo(second.Count);
    }

    /// <summary>One comparison of a chain.</summary>
    public static bool Test(string op, object? left, object? right, JinjaBudget budget)
    {
        switch (op)
        {
            case "==":
                return AreEqual(left, right, budget);
            case "!=":
                return !AreEqual(left, right, budget);
            case "in":
                return Contains(right, left, budget);
            case "not in":
                return !Contains(right, left, budget);
            default:
                if (left is double.NaN || right is double.NaN)
                {
                    return false;
                }

                int order = Compare(left, right, budget);
                return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
        }
    }

    /// <summary>Whether a container holds an item (or a text another).</summary>
    public static bool Contains(object? container, object? item, JinjaBudget budget)
    {
        switch (container)
        {
            case string text:
                if (item is not string wanted)
                {
                    throw item is JinjaUndefined missing ? missing.Error() : new JinjaException($"a string can hold a string, not {JinjaText.TypeName(item)}.");
                }

                budget.ChargeSearch(text.Length, wanted.Length);
                return text.Contains(wanted, StringComparison.Ordinal);
            case JinjaDict dict:
                return dict.TryGet(item, out _);
            case JinjaUndefined:
                return false;
            case JinjaView { Kind: "dict_keys" } or JinjaList or JinjaTuple or JinjaRange or JinjaView or JinjaStream:
                foreach (object? element in Iterate(container))
                {
                    if (AreEqual(element, item, budget))
                    {
                        return true;
                    }
                }

                return false;
            default:
                throw new JinjaException($"'in' cannot look into {JinjaText.TypeName(container)}.");
        }
    }

    /// <summary>The items of a list or a tuple, else null.</summary>
    public static IReadOnlyList<object?>? Items(object? value) => value switch
    {
        JinjaList list => list.Items,
        JinjaTuple tuple => tuple.Items,
        _ => null,
    };

    /// <summary>Walks whatever can be walked.</summary>
    public static IEnumerable<object?> Iterate(object? value) => value switch
    {
        string text => JinjaString.Characters(text),
        JinjaList list => ByIndex(list.Items),
        JinjaTuple tuple => tuple.Items,
        JinjaDict dict => dict.Keys.ToList(),
        JinjaView view => view.Items.ToList(),
        JinjaStream stream => stream.Items,
        JinjaRange range => Enumerable.Range(0, range.Count).Select(i => (object?)range[i]),
        JinjaUndefined => [],
        JinjaLoop => throw new JinjaException("the variable 'loop' cannot be walked."),
        _ => throw new JinjaException($"{JinjaText.TypeName(value)} cannot be walked."),
    };

    /// <summary>Walks into a new list.</summary>
    public static List<object?> ToList(object? value, JinjaBudget budget)
    {
        List<object?> items = [];
        foreach (object? item in Iterate(value))
        {
            budget.Charge(1);
            items.Add(item);
        }

        budget.ChargeText(items.Count);
        return items;
    }

    /// <summary>Python's <c>len</c>.</summary>
    public static long Length(object? value) => value switch
    {
        string text => JinjaString.Length(text),
        JinjaList list => list.Items.Count,
        JinjaTuple tuple => tuple.Items.Length,
        JinjaDict dict => dict.Count,
        JinjaView view => view.Count,
        JinjaRange range => range.Count,
        JinjaUndefined => 0,
        JinjaLoop loop => loop.Length,
        _ => throw new JinjaException($"{JinjaText.TypeName(value)} has no length."),
    };

    /// <summary>Arithmetic, and + * % on texts and lists.</summary>
    public static object? Compute(string op, object? left, object? right, JinjaBudget budget)
    {
        if (JinjaNumber.IsNumber(left) && JinjaNumber.IsNumber(right))
        {
            return JinjaNumber.Compute(op, left, right);
        }

        if (op == "%" && left is string format)
        {
            return JinjaFormat.Percent(format, right, budget);
        }

        if (left is JinjaUndefined missing)
        {
            throw missing.Error();
        }

        if (right is JinjaUndefined absent)
        {
            throw absent.Error();
        }

        switch (op)
        {
            case "+" when left is string a && right is string b:
                budget.ChargeText((long)a.Length + b.Length);
                return a + b;
            case "+" when left is JinjaList a && right is JinjaList b:
                budget.ChargeText((long)a.Items.Count + b.Items.Count);
                return new JinjaList([.. a.Items, .. b.Items]);
            case "+" when left is JinjaTuple a && right is JinjaTuple b:
                budget.ChargeText((long)a.Items.Length + b.Items.Length);
                return new JinjaTuple([.. a.Items, .. b.Items]);
            case "*" when JinjaNumber.IsInteger(left) && right is string or JinjaList or JinjaTuple:
                return Repeat(right, JinjaNumber.ToIndex(left, "the factor"), budget);
            case "*" when JinjaNumber.IsInteger(right) && left is string or JinjaList or JinjaTuple:
                return Repeat(left, JinjaNumber.ToIndex(right, "the factor"), budget);
            default:
                throw new JinjaException($"'{op}' does not work on {JinjaText.TypeName(left)} and {JinjaText.TypeName(right)}.");
        }
    }

    /// <summary><c>value[key]</c>, or a <see cref="JinjaUndefined"/>.</summary>
    public static object? GetItem(object? value, object? key, JinjaBudget budget)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Error();
        }

        if (TryItem(value, key, budget, out object? item))
        {
            return item;
        }

        return key is string name ? Attribute(value, name) : Missing(value, key);
    }

    /// <summary><c>value.name</c>, or a <see cref="JinjaUndefined"/>.</summary>
    public static object? GetAttribute(object? value, string name)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Error();
        }

        object? attribute = Attribute(value, name);
        return attribute is JinjaUndefined && value is JinjaDict dict && dict.TryGet(name, out object? item) ? item : attribute;
    }

    // What a value has besides its items.
    private static object? Attribute(object? value, string name)
    {
        if (JinjaMethods.Find(value, name) is { } method)
        {
            return method;
        }

        switch (value)
        {
            case JinjaNamespace space when space.Attributes.TryGet(name, out object? attribute):
                return attribute;
            case JinjaLoop loop when loop.TryGet(name, out object? part):
                return part;
            case JinjaCallable { Attributes: { } attributes } when attributes.TryGetValue(name, out object? part):
                return part;
            case JinjaTuple { Names: { } names } tuple when Array.IndexOf(names, name) is >= 0 and var index:
                return tuple.Items[index];
            default:
                return Missing(value, name);
        }
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    public static object Slice(object? value, object? start, object? stop, object? step, JinjaBudget budget)
    {
        if (value is JinjaUndefined missing)
        {
            throw missing.Error();
        }

        int by = step is null ? 1 : JinjaNumber.ToIndex(step, "the step of a slice");
        if (by == 0)
        {
            throw new JinjaException("the step of a slice is 0.");
        }

        switch (value)
        {
            case string text when JinjaString.IsFlat(text):
                budget.ChargeText(text.Length);
                (int from, int to) = Bounds(text.Length, start, stop, by);
                return by == 1 ? (from < to ? text[from..to] : string.Empty) : string.Concat(Indices(from, to, by).Select(i => text[i]));
            case string text:
                budget.ChargeText(text.Length * 2L);
                List<string> characters = [.. JinjaString.Characters(text)];
                (from, to) = Bounds(characters.Count, start, stop, by);
                return string.Concat(Indices(from, to, by).Select(i => characters[i]));
            case JinjaList list:
                budget.ChargeText(list.Items.Count);
                (from, to) = Bounds(list.Items.Count, start, stop, by);
                return new JinjaList([.. Indices(from, to, by).Select(i => list.Items[i])]);
            case JinjaTuple tuple:
                budget.ChargeText(tuple.Items.Length);
                (from, to) = Bounds(tuple.Items.Length, start, stop, by);
                return new JinjaTuple([.. Indices(from, to, by).Select(i => tuple.Items[i])]);
            case JinjaRange range:
                (from, to) = Bounds(range.Count, start, stop, by);
                return new JinjaRange(range.Start + (from * range.Step), range.Start + (to * range.Step), range.Step * by);
            default:
                throw new JinjaException($"{JinjaText.TypeName(value)} cannot be sliced.");
        }
    }

    private static bool TryItem(object? value, object? key, JinjaBudget budget, out object? item)
    {
        item = null;
        switch (value)
        {
            case JinjaDict dict:
                return key is not (JinjaList or JinjaDict) && dict.TryGet(key, out item);
            case string or JinjaList or JinjaTuple or JinjaRange when JinjaNumber.IsInteger(key):
                long index = JinjaNumber.ToIndex(key, "an index");
                long length = Length(value);
                index = index < 0 ? index + length : index;
                if (index < 0 || index >= length)
                {
                    return false;
                }

                if (value is string text)
                {
                    budget.Charge(text.Length / 64);
                    item = JinjaString.At(text, (int)index);
                }
                else
                {
                    item = value is JinjaRange range ? range[(int)index] : Items(value)![(int)index];
                }

                return true;
            default:
                return false;
        }
    }

    private static JinjaUndefined Missing(object? value, object? key)
    {
        string shown = key switch
        {
            string name => $"'{name}'",
            long or bool => string.Create(CultureInfo.InvariantCulture, $"{key}"),
            _ => JinjaText.TypeName(key),
        };
        return new JinjaUndefined($"{JinjaText.TypeName(value)} has no item or attribute {shown}");
    }

    private static bool AreEqual(object? left, object? right, JinjaBudget? budget, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new JinjaException($"values nest deeper than {MaxDepth} levels and cannot be compared.");
        }

        switch (left)
        {
            case null:
                return right is null;
            case string a:
                if (right is not string b || a.Length != b.Length)
                {
                    return false;
                }

                budget?.Charge(a.Length / 64);
                return string.Equals(a, b, StringComparison.Ordinal);
            case JinjaUndefined:
                return right is JinjaUndefined;
            case JinjaList or JinjaTuple:
                if ((left is JinjaList) != (right is JinjaList) || Items(right) is not { } second)
                {
                    return false;
                }

                IReadOnlyList<object?> first = Items(left)!;
                if (first.Count != second.Count)
                {
                    return false;
                }

                for (int i = 0; i < first.Count; i++)
                {
                    budget?.Charge(1);
                    if (!AreEqual(first[i], second[i], budget, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            case JinjaDict one:
                if (right is not JinjaDict two || one.Count != two.Count)
                {
                    return false;
                }

                foreach (KeyValuePair<object?, object?> pair in one.Pairs)
                {
                    budget?.Charge(1);
                    if (!two.TryGet(pair.Key, out object? other) || !AreEqual(pair.Value, other, budget, depth + 1))
                    {
                        return false;
                    }
                }

                return true;
            case JinjaRange range:
                return right is JinjaRange same && range.Count == same.Count && (range.Count == 0 || (range.Start == same.Start && (range.Count == 1 || range.Step == same.Step)));
            default:
                if (JinjaNumber.IsNumber(left))
                {
                    return JinjaNumber.IsNumber(right)
                        && (left is double || right is double ? !IsNaN(left) && !IsNaN(right) && CompareMixed(left, right) == 0 : JinjaNumber.ToBig(left) == JinjaNumber.ToBig(right));
                }

                return ReferenceEquals(left, right);
        }
    }

    private static bool IsNaN(object? value) => value is double.NaN;

    // Exact, also where a whole number is too large for a double.
    private static int CompareMixed(object? left, object? right)
    {
        if (left is double a && right is double b)
        {
            return a.CompareTo(b);
        }

        if (left is not double number)
        {
            return -CompareMixed(right, left);
        }

        if (!double.IsFinite(number))
        {
            return number > 0 ? 1 : -1;
        }

        int order = new BigInteger(Math.Floor(number)).CompareTo(JinjaNumber.ToBig(right));
        return order != 0 || number == Math.Floor(number) ? order : 1;
    }

    private static object Repeat(object? value, int times, JinjaBudget budget)
    {
        times = Math.Max(times, 0);
        if (value is string text)
        {
            budget.ChargeText((long)text.Length * times);
            return text.Length == 0 ? string.Empty : new System.Text.StringBuilder(text.Length * times).Insert(0, text, times).ToString();
        }

        IReadOnlyList<object?> items = Items(value)!;
        budget.ChargeText((long)items.Count * times);
        IEnumerable<object?> repeated = items.Count == 0 ? [] : Enumerable.Repeat(items, times).SelectMany(item => item);
        return value is JinjaTuple ? new JinjaTuple([.. repeated]) : new JinjaList([.. repeated]);
    }

    private static (int From, int To) Bounds(int length, object? start, object? stop, int step)
    {
        int low = step < 0 ? -1 : 0;
        int high = step < 0 ? length - 1 : length;
        return (Clamp(start, step < 0 ? high : low), Clamp(stop, step < 0 ? low : high));

        int Clamp(object? bound, int otherwise)
        {
            if (bound is null)
            {
                return otherwise;
            }

            int index = JinjaNumber.ToIndex(bound, "the bound of a slice");
            return index < 0 ? Math.Max(index + length, low) : Math.Min(index, high);
        }
    }

    private static IEnumerable<int> Indices(int from, int to, int step)
    {
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            yield return (int)i;
        }
    }

    private static IEnumerable<object?> ByIndex(List<object?> items)
    {
        for (int i = 0; i < items.Count; i++)
        {
            yield return items[i];
        }
    }
}
