using System.Diagnostics.CodeAnalysis;

namespace RlvrSharp.Models;

// The values of a template besides null (none), bool, long, BigInteger, double and string.

/// <summary>What a name or an item that does not exist gives: empty when printed, an error when used further.</summary>
internal sealed class JinjaUndefined(string what)
{
    /// <summary>What is missing, in words.</summary>
    public string What => what;

    public JinjaException Error() => new($"{what}; test it with 'is defined' or give it to the template.");
}

/// <summary>A list.</summary>
internal sealed class JinjaList(List<object?> items)
{
    public List<object?> Items => items;
}

/// <summary>A tuple, with names for its items where it has them (as groups have).</summary>
internal sealed class JinjaTuple(object?[] items, string[]? names = null)
{
    public object?[] Items => items;

    public string[]? Names => names;
}

/// <summary>A mapping that keeps the order in which keys came.</summary>
internal sealed class JinjaDict
{
    private static readonly object NoneKey = new();
    private readonly OrderedDictionary<object, object?> items = new(KeyComparer.Instance);

    public int Count => items.Count;

    public IEnumerable<object?> Keys
    {
        get
        {
            foreach (KeyValuePair<object, object?> pair in items)
            {
                yield return Unwrap(pair.Key);
            }
        }
    }

    public IEnumerable<KeyValuePair<object?, object?>> Pairs
    {
        get
        {
            foreach (KeyValuePair<object, object?> pair in items)
            {
                yield return new(Unwrap(pair.Key), pair.Value);
            }
        }
    }

    public bool TryGet(object? key, out object? value) => items.TryGetValue(key ?? NoneKey, out value);

    public void Set(object? key, object? value) => items[key ?? NoneKey] = value;

    public bool Remove(object? key, out object? value) => items.Remove(key ?? NoneKey, out value);

    private static object? Unwrap(object key) => ReferenceEquals(key, NoneKey) ? null : key;

    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        bool IEqualityComparer<object>.Equals(object? x, object? y) => ReferenceEquals(x, y) || JinjaOps.AreEqual(x, y, null);

        public int GetHashCode([DisallowNull] object obj) => JinjaOps.Hash(obj);
    }
}

/// <summary>What <c>range</c> gives.</summary>
internal sealed class JinjaRange(long start, long stop, long step)
{
    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public int Count => (int)Math.Max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);

    public long this[int index] => start + (index * step);
}

/// <summary>The keys, values or pairs of a mapping: can be walked and counted, not indexed.</summary>
internal sealed class JinjaView(string kind, JinjaDict dict)
{
    public string Kind => kind;

    public int Count => dict.Count;

    public IEnumerable<object?> Items => kind switch
    {
        "dict_keys" => dict.Keys,
        "dict_values" => dict.Pairs.Select(pair => pair.Value),
        _ => dict.Pairs.Select(pair => (object?)new JinjaTuple([pair.Key, pair.Value])),
    };
}

/// <summary>A stream that can be walked once, as <c>map</c> and <c>select</c> give.</summary>
internal sealed class JinjaStream(IEnumerable<object?> items)
{
    private readonly IEnumerator<object?> enumerator = items.GetEnumerator();

    public IEnumerable<object?> Items
    {
        get
        {
            while (enumerator.MoveNext())
            {
                yield return enumerator.Current;
            }
        }
    }
}

/// <summary>What <c>namespace()</c> gives: the one thing whose attributes <c>set</c> may change.</summary>
internal sealed class JinjaNamespace
{
    public JinjaDict Attributes { get; } = new();
}

/// <summary>Something that can be called.</summary>
internal sealed class JinjaCallable(string name, Func<JinjaContext, JinjaArguments, object?> body, IReadOnlyDictionary<string, object?>? attributes = null)
{
    public string Name => name;

    public IReadOnlyDictionary<string, object?>? Attributes => attributes;

    public object? Call(JinjaContext context, JinjaArguments arguments) => body(context, arguments);
}
