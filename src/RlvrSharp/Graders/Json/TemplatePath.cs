using System.Globalization;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>One <c>item.x[0].y</c> or <c>sample.output_text</c> inside a template.</summary>
internal sealed class TemplatePath
{
    private readonly Segment[] segments;

    private TemplatePath(string text, bool fromItem, Segment[] segments)
    {
        Text = text;
        FromItem = fromItem;
        this.segments = segments;
    }

    /// <summary>The path as written, without outer white space.</summary>
    public string Text { get; }

    /// <summary>The path in one way of writing, for comparing.</summary>
    public string Canonical => (FromItem ? "item" : "sample") + string.Concat(segments.Select(segment => $"['{segment.Name ?? segment.Index?.ToString(CultureInfo.InvariantCulture)}']"));

    /// <summary>Whether it reads the row (else the sample).</summary>
    public bool FromItem { get; }

    /// <summary>The first key after the namespace, or null where the path is the whole namespace.</summary>
    public string? Root => segments.Length > 0 ? segments[0].Name : null;

    /// <summary>Whether the path is exactly <c>sample.output_text</c>.</summary>
    public bool IsOutputText => !FromItem && segments is [{ Name: "output_text" }];

    /// <summary>Whether the path is a value within the answer's JSON, such as <c>sample.output_json.city</c>.</summary>
    public bool IsWithinOutputJson => !FromItem && segments is [{ Name: "output_json" }, _, ..];

    /// <summary>Parses a path.</summary>
    /// <param name="expression">What stands between the braces.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <returns>The path, or null.</returns>
    public static TemplatePath? TryParse(string expression, out string? problem)
    {
        string text = expression.Trim();
        problem = null;
        int end = 0;
        while (end < text.Length && text[end] is not ('.' or '['))
        {
            end++;
        }

        string space = text[..end];
        if (space is not ("item" or "sample"))
        {
            problem = text.Length == 0
                ? "{{ }} names nothing: write {{item.key}} or {{sample.output_text}}."
                : $"{{{{{JsonTexts.Cut(text)}}}}} starts with \"{JsonTexts.Cut(space)}\", but only the namespaces item and sample exist: write {{{{item.key}}}} or {{{{sample.output_text}}}}.";
            return null;
        }

        var segments = new List<Segment>();
        while (end < text.Length)
        {
            if (!ReadSegment(text, ref end, segments, out problem))
            {
                return null;
            }
        }

        return new TemplatePath(text, space == "item", [.. segments]);
    }

    /// <summary>Follows the path below its first key.</summary>
    /// <param name="value">The namespace's object, or the value of <see cref="Root"/>.</param>
    /// <param name="skip">How many segments <paramref name="value"/> already stands for.</param>
    /// <param name="problem">Where the path ends, for people.</param>
    /// <returns>The value, or null where there is none.</returns>
    public JsonElement? Follow(JsonElement value, int skip, out string? problem)
    {
        problem = null;
        for (int i = skip; i < segments.Length; i++)
        {
            Segment segment = segments[i];
            JsonElement next = default;
            bool found = segment.Name is { } name && JsonTexts.TryGet(value, name, out next);
            if (!found && segment.Index is { } index && value.ValueKind == JsonValueKind.Array && index < value.GetArrayLength())
            {
                next = value[index];
                found = true;
            }

            if (!found)
            {
                problem = value.ValueKind switch
                {
                    JsonValueKind.Object => $"there is no key \"{segment.Name ?? segment.Index?.ToString(CultureInfo.InvariantCulture)}\" in it",
                    JsonValueKind.Array => $"the list has {value.GetArrayLength()} element(s)",
                    _ => $"{value.ValueKind.ToString().ToLowerInvariant()} values have no parts",
                };
                return null;
            }

            value = next;
        }

        return value;
    }

    private static bool ReadSegment(string text, ref int at, List<Segment> segments, out string? problem)
    {
        problem = null;
        if (text[at] == '.')
        {
            int start = ++at;
            while (at < text.Length && text[at] is not ('.' or '[' or ']' or '{' or '}' or '|' or '(' or ')' or '"' or '\'' or '+' or '*' or '/' or ',') && !char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            string name = text[start..at];
            if (name.Length > 0 && (at == text.Length || text[at] is '.' or '['))
            {
                int? index = name.All(char.IsAsciiDigit) && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
                segments.Add(new Segment(name, index));
                return true;
            }
        }
        else if (text[at] == '[')
        {
            int start = at + 1;
            while (start < text.Length && char.IsWhiteSpace(text[start]))
            {
                start++;
            }

            // A quoted key may hold brackets.
            bool quoted = start < text.Length && text[start] is '\'' or '"';
            int quote = quoted ? text.IndexOf(text[start], start + 1) : -1;
            int close = quoted && quote < 0 ? -1 : text.IndexOf(']', quoted ? quote : at);
            string inside = close < 0 ? string.Empty : text[(at + 1)..close].Trim();
            if (inside.Length > 0 && inside.All(char.IsAsciiDigit) && int.TryParse(inside, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                segments.Add(new Segment(null, number));
                at = close + 1;
                return true;
            }

            if (quoted && close >= 0 && text[(quote + 1)..close].All(char.IsWhiteSpace))
            {
                segments.Add(new Segment(text[(start + 1)..quote], null));
                at = close + 1;
                return true;
            }
        }

        problem = $"{{{{{JsonTexts.Cut(text)}}}}} is not a path at \"{JsonTexts.Cut(text[Math.Min(at, text.Length - 1)..], 20)}\": write keys after dots, indexes as [0], other keys as ['my key']; "
            + "templates have no filters, slices or arithmetic.";
        return false;
    }

    private readonly record struct Segment(string? Name, int? Index);
}
