namespace RlvrSharp.Models.Tokenization;

/// <summary>Finds added tokens in a text: the leftmost, and of those that begin there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Node root = new();
    private readonly System.Buffers.SearchValues<char> firsts;

    /// <summary>Makes a matcher.</summary>
    /// <param name="tokens">The tokens and the text each is found by; for equal texts the later counts.</param>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        foreach ((AddedToken token, string text) in tokens)
        {
            if (text.Length > 0)
            {
                Node node = root;
                foreach (char character in text)
                {
                    node = node.Next.TryGetValue(character, out Node? next) ? next : node.Next[character] = new Node();
                }

                node.Token = token;
            }
        }

        firsts = System.Buffers.SearchValues.Create([.. root.Next.Keys]);
    }

    /// <summary>Cuts a text at its added tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="output">Called in order with each part: its range, and the token or null.</param>
    public void Cut(ReadOnlySpan<char> text, List<(int Start, int End, AddedToken? Token)> output)
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            int skip = text[at..].IndexOfAny(firsts);
            if (skip < 0)
            {
                break;
            }

            at += skip;
            if (Longest(text, at, out int matchEnd) is not { } token)
            {
                at++;
                continue;
            }

            int start = at;
            int end = matchEnd;
            at = matchEnd;
            if (token.SingleWord
                && ((start > 0 && CodePoints.IsWordOrJoiner(CodePoints.Before(text, start, out _)))
                    || (end < text.Length && CodePoints.IsWordOrJoiner(CodePoints.At(text, end, out _)))))
            {
                continue;
            }

            // What the token before took along is not taken again; a token that has nothing left then is dropped.
            start = token.LeftStrip ? Math.Max(start, done) : start;
            while (token.LeftStrip && start > done && CodePoints.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.RightStrip && end < text.Length && CodePoints.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (start >= end)
            {
                continue;
            }

            if (start > done)
            {
                output.Add((done, start, null));
            }

            output.Add((start, end, token));
            done = end;
        }

        if (done < text.Length)
        {
            output.Add((done, text.Length, null));
        }
    }

    private AddedToken? Longest(ReadOnlySpan<char> text, int at, out int end)
    {
        AddedToken? found = null;
        end = at;
        Node? node = root;
        for (int i = at; i < text.Length && node.Next.TryGetValue(text[i], out node); i++)
        {
            if (node.Token is not null)
            {
                (found, end) = (node.Token, i + 1);
            }
        }

        return found;
    }

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
