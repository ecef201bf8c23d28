namespace RlvrSharp.Graders;

/// <summary>Reads and writes field paths such as <c>items[].price</c> and <c>['a.b'].c</c>.</summary>
internal static class FieldPath
{
    /// <summary>Splits a path into names; the <c>[]</c> after a list's name says nothing that the reference does not, and is dropped.</summary>
    /// <returns>The names, or null with a fault.</returns>
    public static IReadOnlyList<string>? Split(string path, out string fault)
    {
        fault = "";
        var names = new List<string>();
        int at = 0;
        while (at < path.Length)
        {
            if (path[at] == '[' && at + 1 < path.Length && path[at + 1] == '\'')
            {
                int close = path.IndexOf("']", at + 2, StringComparison.Ordinal);
                if (close < 0)
                {
                    fault = "a quoted name is not closed: write ['name']";
                    return null;
                }

                names.Add(path[(at + 2)..close]);
                at = close + 2;
            }
            else
            {
                int start = at;
                while (at < path.Length && path[at] is not ('.' or '[' or ']'))
                {
                    at++;
                }

                if (at == start)
                {
                    fault = "a name is empty: write names joined by single dots";
                    return null;
                }

                names.Add(path[start..at]);
            }

            while (at + 1 < path.Length && path[at] == '[' && path[at + 1] == ']')
            {
                at += 2;
            }

            if (at == path.Length)
            {
                return names;
            }

            if (path[at] == '.')
            {
                at++;
                if (at == path.Length)
                {
                    break;
                }
            }
            else if (path[at] != '[' || at + 1 == path.Length || path[at + 1] != '\'')
            {
                fault = "brackets hold nothing, for the elements of a list, or a quoted name: write items[].price or ['a.b']";
                return null;
            }
        }

        fault = path.Length == 0 ? "it is empty: write a field's name" : "it ends in a dot: leave that out";
        return null;
    }

    /// <summary>The first name of a path of a trace, such as <c>x</c> of <c>x[0].y</c> and <c>a.b</c> of <c>['a.b'][0]</c>; what cannot be split stays whole.</summary>
    public static string First(string path)
    {
        if (path.StartsWith("['", StringComparison.Ordinal))
        {
            // A quoted name may hold the closing marks itself: the first that a path can go on behind.
            for (int close = path.IndexOf("']", 2, StringComparison.Ordinal); close >= 0; close = path.IndexOf("']", close + 1, StringComparison.Ordinal))
            {
                if (close + 2 == path.Length || path[close + 2] is '.' or '[')
                {
                    return path[2..close];
                }
            }

            return path;
        }

        int end = path.AsSpan().IndexOfAny('.', '[');
        return end > 0 ? path[..end] : path;
    }

    public static string Join(string parent, string name)
    {
        bool plain = name.Length > 0 && name.AsSpan().IndexOfAny(".[]'") < 0;
        return (parent.Length == 0, plain) switch
        {
            (true, true) => name,
            (false, true) => $"{parent}.{name}",
            (_, false) => $"{parent}['{name}']",
        };
    }

    public static string Element(string parent, int index) => FormattableString.Invariant($"{parent}[{index}]");
}
