namespace RlvrSharp.Policies;

/// <summary>
/// Sequences laid out as rows of one matrix. Sequences with the same prompt form a group: the prompt's rows are there once, each
/// answer's rows follow, and an answer's tokens see the prompt's and their own.
/// </summary>
internal sealed class TokenBatch
{
    /// <summary>The token of each row.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>The position of each row in its sequence.</summary>
    public required int[] Positions { get; init; }

    public required IReadOnlyList<TokenGroup> Groups { get; init; }

    /// <summary>The row that predicts each answer token, group by group.</summary>
    public required int[] OutputRows { get; init; }

    /// <summary>The answer token that each output is about.</summary>
    public required int[] OutputTargets { get; init; }

    /// <summary>The first output of each sequence, by the sequence's place in the list the batch was made from.</summary>
    public required int[] OutputStarts { get; init; }

    public int Rows => Tokens.Length;

    public int Outputs => OutputRows.Length;

    /// <summary>Lays sequences out.</summary>
    /// <param name="sequences">The sequences, checked.</param>
    /// <param name="groups">Which sequences share a prompt; every index once.</param>
    public static TokenBatch Create(IReadOnlyList<TokenSequence> sequences, IReadOnlyList<IReadOnlyList<int>> groups)
    {
        var tokens = new List<int>();
        var positions = new List<int>();
        var outputRows = new List<int>();
        var outputTargets = new List<int>();
        var starts = new int[sequences.Count];
        var made = new List<TokenGroup>(groups.Count);
        foreach (IReadOnlyList<int> members in groups)
        {
            int firstOutput = outputRows.Count;
            ReadOnlySpan<int> prompt = sequences[members[0]].PromptTokens.Span;
            var promptSpan = new RowSpan(tokens.Count, prompt.Length);
            Add(prompt, 0);
            var answers = new List<RowSpan>(members.Count);
            foreach (int member in members)
            {
                ReadOnlySpan<int> answer = sequences[member].Tokens.Span;
                starts[member] = outputRows.Count;
                var span = new RowSpan(tokens.Count, Math.Max(answer.Length - 1, 0));
                for (int t = 0; t < answer.Length; t++)
                {
                    // The prompt's last token predicts the answer's first; the answer's last token predicts nothing that is asked for.
                    outputRows.Add(t == 0 ? promptSpan.Start + promptSpan.Length - 1 : span.Start + t - 1);
                    outputTargets.Add(answer[t]);
                }

                if (span.Length > 0)
                {
                    Add(answer[..^1], prompt.Length);
                    answers.Add(span);
                }
            }

            made.Add(new TokenGroup(promptSpan, answers, firstOutput, outputRows.Count - firstOutput));
        }

        return new TokenBatch
        {
            Tokens = [.. tokens],
            Positions = [.. positions],
            Groups = made,
            OutputRows = [.. outputRows],
            OutputTargets = [.. outputTargets],
            OutputStarts = starts,
        };

        void Add(ReadOnlySpan<int> part, int firstPosition)
        {
            for (int i = 0; i < part.Length; i++)
            {
                tokens.Add(part[i]);
                positions.Add(firstPosition + i);
            }
        }
    }
}
