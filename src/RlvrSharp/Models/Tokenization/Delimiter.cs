namespace RlvrSharp.Models.Tokenization;

/// <summary>A part of a text: found by a delimiter, or lying between two that were.</summary>
internal readonly record struct Segment(int Start, int End, bool IsMatch);

/// <summary>What cuts a text: a string, a pattern, or a kind of code point.</summary>
internal sealed class Delimiter
{
    private readonly Pattern? pattern;
    private readonly Func<int, bool>? kind;

    public Delimiter(string literal) => Literal = literal;

    public Delimiter(Pattern pattern) => this.pattern = pattern;

    public Delimiter(Func<int, bool> kind) => this.kind = kind;

    /// <summary>The string, if it is one.</summary>
    public string? Literal { get; }

    /// <summary>Cuts a text into matches and what lies between, in order, covering all of it.</summary>
    public void Cut(ReadOnlySpan<char> text, List<Segment> segments)
    {
        int done = 0;
        if (pattern is not null)
        {
            int last = -1;
            for (int from = 0; from <= text.Length && pattern.Find(text, from, out int start, out int end);)
            {
                // An empty match right after another match does not count.
                if (end > start || end != last)
                {
                    AddSegment(segments, ref done, start, end);
                    last = end;
                }

                from = end > start ? end : end + (end < text.Length && CodePoints.At(text, end, out int length) >= 0 ? length : 1);
            }
        }
        else if (kind is not null)
        {
            for (int at = 0; at < text.Length;)
            {
                bool match = kind(CodePoints.At(text, at, out int length));
                if (match)
                {
                    AddSegment(segments, ref done, at, at + length);
                }

                at += length;
            }
        }
        else if (Literal!.Length > 0)
        {
            for (int at; (at = text[done..].IndexOf(Literal, StringComparison.Ordinal)) >= 0;)
            {
                AddSegment(segments, ref done, done + at, done + at + Literal.Length);
            }
        }

        if (done < text.Length)
        {
            segments.Add(new Segment(done, text.Length, false));
        }
    }

    private static void AddSegment(List<Segment> segments, ref int done, int start, int end)
    {
        if (start > done)
        {
            segments.Add(new Segment(done, start, false));
        }

        segments.Add(new Segment(start, end, true));
        done = end;
    }
}
