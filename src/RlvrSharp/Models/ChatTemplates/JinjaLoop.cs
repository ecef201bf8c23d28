namespace RlvrSharp.Models;

/// <summary>The variable <c>loop</c>: where a loop stands. Items are drawn one by one, ahead only when a template asks.</summary>
internal sealed class JinjaLoop(IEnumerable<object?> items, int depth0, JinjaBudget budget) : IDisposable
{
    private readonly IEnumerator<object?> source = items.GetEnumerator();
    private readonly Queue<object?> ahead = new();
    private readonly JinjaUndefined noPrevious = new("there is no previous item");
    private readonly JinjaUndefined noNext = new("there is no next item");
    private object? previous;
    private object? lastChanged = JinjaArguments.Missing;
    private long index0 = -1;

    /// <summary>The item at hand.</summary>
    public object? Current { get; private set; }

    /// <summary>For loops marked <c>recursive</c>: runs the loop's body over other items.</summary>
    public Func<JinjaArguments, object?>? Recurse { get; set; }

    /// <summary>The number of items.</summary>
    public long Length
    {
        get
        {
            while (Draw())
            {
            }

            return index0 + 1 + ahead.Count;
        }
    }

    /// <summary>Goes to the next item.</summary>
    public bool MoveNext()
    {
        if (ahead.Count == 0 && !Draw())
        {
            return false;
        }

        previous = index0 < 0 ? noPrevious : Current;
        Current = ahead.Dequeue();
        index0++;
        return true;
    }

    /// <summary>An attribute of the variable.</summary>
    public bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => index0 + 1,
            "index0" => index0,
            "first" => index0 == 0,
            "last" => !Peek(),
            "length" => Length,
            "revindex" => Length - index0,
            "revindex0" => Length - index0 - 1,
            "previtem" => previous,
            "nextitem" => Peek() ? ahead.Peek() : noNext,
            "depth" => depth0 + 1L,
            "depth0" => (long)depth0,
            "cycle" => new JinjaCallable("loop.cycle", (_, arguments) => arguments.Positional.Count == 0
                ? throw new JinjaException("loop.cycle needs at least one argument.")
                : arguments.Positional[(int)(index0 % arguments.Positional.Count)]),
            "changed" => new JinjaCallable("loop.changed", Changed),
            _ => JinjaArguments.Missing,
        };
        return JinjaArguments.Given(value);
    }

    public void Dispose() => source.Dispose();

    private bool Peek() => ahead.Count > 0 || Draw();

    private bool Draw()
    {
        if (!source.MoveNext())
        {
            return false;
        }

        budget.Charge(1);
        ahead.Enqueue(source.Current);
        return true;
    }

    private object? Changed(JinjaContext context, JinjaArguments arguments)
    {
        var now = new JinjaTuple([.. arguments.Positional]);
        bool same = JinjaArguments.Given(lastChanged) && JinjaOps.AreEqual(lastChanged, now, context.Budget);
        lastChanged = now;
        return !same;
    }
}
