namespace RlvrSharp.Policies;

/// <summary>Which sequences share a prompt, and which groups go through one pass together.</summary>
internal static class BatchPlan
{
    /// <summary>Groups sequences with equal prompts, in the order of their first, and cuts the groups into passes of bounded size.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="maxRows">Rows of one pass; a single answer that is longer gets a pass of its own.</param>
    /// <param name="share">False gives every sequence a prompt of its own.</param>
    public static List<IReadOnlyList<IReadOnlyList<int>>> Passes(IReadOnlyList<TokenSequence> sequences, int maxRows, bool share = true)
    {
        var groups = new List<List<int>>();
        var byPrompt = new Dictionary<ReadOnlyMemory<int>, List<int>>(PromptComparer.Instance);
        for (int i = 0; i < sequences.Count; i++)
        {
            if (!share || !byPrompt.TryGetValue(sequences[i].PromptTokens, out List<int>? members))
            {
                members = [];
                groups.Add(members);
                byPrompt.TryAdd(sequences[i].PromptTokens, members);
            }

            members.Add(i);
        }

        var passes = new List<IReadOnlyList<IReadOnlyList<int>>>();
        var pass = new List<IReadOnlyList<int>>();
        long rows = 0;
        foreach (List<int> members in groups)
        {
            int prompt = sequences[members[0]].PromptTokens.Length;
            var part = new List<int>();
            foreach (int member in members)
            {
                int answer = sequences[member].Tokens.Length;
                if (rows > 0 && rows + (part.Count == 0 ? prompt : 0) + answer > maxRows)
                {
                    if (part.Count > 0)
                    {
                        pass.Add(part);
                        part = [];
                    }

                    passes.Add(pass);
                    pass = [];
                    rows = 0;
                }

                rows += (part.Count == 0 ? prompt : 0) + answer;
                part.Add(member);
            }

            pass.Add(part);
        }

        if (pass.Count > 0)
        {
            passes.Add(pass);
        }

        return passes;
    }

    private sealed class PromptComparer : IEqualityComparer<ReadOnlyMemory<int>>
    {
        public static PromptComparer Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<int> x, ReadOnlyMemory<int> y) => x.Equals(y) || x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<int> obj) => TokenComparer.Hash(obj.Span);
    }
}
