namespace RlvrSharp.Models.Tokenization;

/// <summary>A part of the text on its way to the model.</summary>
/// <param name="Text">The string it lies in.</param>
/// <param name="Start">Its first char.</param>
/// <param name="Length">Its length; never 0 between steps.</param>
/// <param name="AtStart">Whether it begins where the whole text began.</param>
internal readonly record struct Piece(string Text, int Start, int Length, bool AtStart)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    public Piece With(string text) => new(text, 0, text.Length, AtStart);
}

/// <summary>What happens to the delimiters when a text is cut.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>A step that cuts pieces into smaller ones; merges never cross a cut.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts one piece.</summary>
    public abstract void Apply(in Piece piece, List<Piece> output);

    /// <summary>Cuts at a delimiter; <paramref name="invert"/> takes what lies between for the delimiter.</summary>
    public sealed class Split(Delimiter delimiter, SplitBehavior behavior, bool invert = false) : PreTokenizer
    {
        public override void Apply(in Piece piece, List<Piece> output)
        {
            var segments = new List<Segment>();
            delimiter.Cut(piece.Span, segments);
            if (invert)
            {
                for (int i = 0; i < segments.Count; i++)
                {
                    segments[i] = segments[i] with { IsMatch = !segments[i].IsMatch };
                }
            }

            Gather(piece, segments, output);
        }

        private void Gather(in Piece piece, List<Segment> segments, List<Piece> output)
        {
            switch (behavior)
            {
                case SplitBehavior.MergedWithNext:
                    // From the end: a delimiter takes what follows it, unless that is a delimiter too.
                    var reversed = new List<Segment>();
                    bool later = false;
                    for (int i = segments.Count - 1; i >= 0; i--)
                    {
                        Segment segment = segments[i];
                        if (segment.IsMatch && !later && reversed.Count > 0)
                        {
                            reversed[^1] = reversed[^1] with { Start = segment.Start };
                        }
                        else
                        {
                            reversed.Add(segment);
                        }

                        later = segment.IsMatch;
                    }

                    for (int i = reversed.Count - 1; i >= 0; i--)
                    {
                        AddPiece(piece, reversed[i].Start, reversed[i].End, output);
                    }

                    break;
                case SplitBehavior.MergedWithPrevious or SplitBehavior.Contiguous:
                    int start = -1;
                    int end = 0;
                    bool earlier = false;
                    foreach (Segment segment in segments)
                    {
                        bool joins = behavior == SplitBehavior.Contiguous ? segment.IsMatch == earlier : segment.IsMatch && !earlier;
                        if (start >= 0 && !joins)
                        {
                            AddPiece(piece, start, end, output);
                            start = -1;
                        }

                        start = start < 0 ? segment.Start : start;
                        end = segment.End;
                        earlier = segment.IsMatch;
                    }

                    if (start >= 0)
                    {
                        AddPiece(piece, start, end, output);
                    }

                    break;
                default:
                    foreach (Segment segment in segments)
                    {
                        if (behavior == SplitBehavior.Isolated || !segment.IsMatch)
                        {
                            AddPiece(piece, segment.Start, segment.End, output);
                        }
                    }

                    break;
            }
        }

        private static void AddPiece(in Piece piece, int start, int end, List<Piece> output)
        {
            if (end > start)
            {
                output.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
            }
        }
    }

    /// <summary>Puts a space before every piece that has none.</summary>
    public sealed class PrefixSpace : PreTokenizer
    {
        public override void Apply(in Piece piece, List<Piece> output) => output.Add(piece.Span[0] == ' ' ? piece : piece.With(string.Concat(" ", piece.Span)));
    }

    /// <summary>Writes bytes as visible characters.</summary>
    public sealed class Bytes : PreTokenizer
    {
        public override void Apply(in Piece piece, List<Piece> output) => output.Add(piece.With(ByteAlphabet.Map(piece.Span)));
    }

    /// <summary>SentencePiece's way: spaces become a visible sign, and a word begins at its sign.</summary>
    public sealed class Metaspace : PreTokenizer
    {
        private readonly string replacement;
        private readonly bool prepend;
        private readonly bool onlyFirst;
        private readonly Split? split;

        public Metaspace(string replacement, bool prepend, bool onlyFirst, bool cut)
        {
            (this.replacement, this.prepend, this.onlyFirst) = (replacement, prepend, onlyFirst);
            split = cut ? new Split(new Delimiter(replacement), SplitBehavior.MergedWithNext) : null;
        }

        public override void Apply(in Piece piece, List<Piece> output)
        {
            string text = piece.Span.ToString().Replace(" ", replacement, StringComparison.Ordinal);
            if (prepend && (!onlyFirst || piece.AtStart) && !text.StartsWith(replacement, StringComparison.Ordinal))
            {
                text = replacement + text;
            }

            Piece changed = piece.With(text);
            if (split is null)
            {
                output.Add(changed);
            }
            else
            {
                split.Apply(changed, output);
            }
        }
    }

    /// <summary>Every so many code points.</summary>
    public sealed class FixedLength(int length) : PreTokenizer
    {
        public override void Apply(in Piece piece, List<Piece> output)
        {
            ReadOnlySpan<char> text = piece.Span;
            int start = 0;
            int count = 0;
            for (int at = 0; at < text.Length;)
            {
                CodePoints.At(text, at, out int size);
                at += size;
                if (++count == length || at == text.Length)
                {
                    output.Add(new Piece(piece.Text, piece.Start + start, at - start, piece.AtStart && start == 0));
                    (start, count) = (at, 0);
                }
            }
        }
    }
}
