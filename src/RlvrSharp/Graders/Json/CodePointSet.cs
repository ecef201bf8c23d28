using System.Globalization;
using System.Text;

namespace RlvrSharp.Graders.Json;

/// <summary>A set of letters, written for a platform whose expressions see UTF-16 units: letters beyond the first 65,536 become pairs.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;

    private readonly List<(int First, int Last)> ranges = [];
    private readonly StringBuilder categories = new();

    /// <summary>Adds a range.</summary>
    /// <exception cref="ArgumentException">It ends before it begins.</exception>
    public void Add(int first, int last)
    {
        if (first > last)
        {
            throw new ArgumentException("a range in [ ] ends before it begins");
        }

        ranges.Add((first, last));
    }

    /// <summary>Adds ranges, each written as its first and its last letter.</summary>
    public CodePointSet Add(string pairs)
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            Add(pairs[i], pairs[i + 1]);
        }

        return this;
    }

    /// <summary>Adds all letters but those of some ranges.</summary>
    public CodePointSet AddOthers(string pairs)
    {
        ranges.AddRange(Others(new CodePointSet().Add(pairs).ranges));
        return this;
    }

    /// <summary>Adds a category, which the platform knows for the first 65,536 letters only.</summary>
    public void AddCategory(string escape) => categories.Append(escape);

    /// <summary>The set, or all letters that are not in it, as a regular expression of one piece.</summary>
    public string Write(bool negated)
    {
        List<(int First, int Last)> astral = [.. (negated ? Others(ranges) : ranges).Where(range => range.Last > char.MaxValue)
            .Select(range => (Math.Max(range.First, 0x10000), range.Last))];
        var units = new StringBuilder();
        foreach ((int first, int last) in ranges)
        {
            AppendRange(units, first, Math.Min(last, 0xD7FF));
            AppendRange(units, Math.Max(first, 0xE000), Math.Min(last, char.MaxValue));
        }

        units.Append(categories);

        // Halves of a pair are no letters, so neither a class nor its opposite has them.
        string single = negated ? $"[^{units}\\uD800-\\uDFFF]" : units.Length > 0 ? $"[{units}]" : "[^\\u0000-\\uFFFF]";
        if (astral.Count == 0)
        {
            return single;
        }

        var text = new StringBuilder("(?:").Append(single);
        foreach ((int first, int last) in astral)
        {
            AppendPairs(text, first, last);
        }

        return text.Append(')').ToString();
    }

    private static List<(int First, int Last)> Others(List<(int First, int Last)> ranges)
    {
        var others = new List<(int, int)>();
        int next = 0;
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (first > next)
            {
                others.Add((next, first - 1));
            }

            next = Math.Max(next, last + 1);
        }

        if (next <= Last)
        {
            others.Add((next, Last));
        }

        return others;
    }

    private static void AppendRange(StringBuilder text, int first, int last)
    {
        if (first <= last)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\u{first:X4}-\\u{last:X4}");
        }
    }

    private static void AppendPairs(StringBuilder text, int first, int last)
    {
        // As long as the second halves do not run from their first to their last, the first half stands alone.
        while (first <= last)
        {
            int high = 0xD800 + ((first - 0x10000) >> 10), low = 0xDC00 + (first & 0x3FF);
            int whole = (last + 1 - first) >> 10;
            int highs = low == 0xDC00 && whole > 0 ? whole : 1;
            int lastLow = highs == whole && low == 0xDC00 ? 0xDFFF : Math.Min(0xDFFF, low + last - first);
            text.Append('|');
            AppendUnits(text, high, high + highs - 1);
            AppendUnits(text, low, lastLow);
            first = low == 0xDC00 && whole > 0 ? first + (highs << 10) : first + lastLow - low + 1;
        }
    }

    private static void AppendUnits(StringBuilder text, int first, int last)
    {
        text.Append('[');
        AppendRange(text, first, last);
        text.Append(']');
    }
}
