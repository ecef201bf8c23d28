using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>Sequences side by side, padded at their ends, and which of their positions say something about an answer's token.</summary>
internal sealed class PaddedBatch
{
    private PaddedBatch(IReadOnlyList<int> members, int rows, int length, long[] ids, long[] sources, long[] targets, int[] starts)
    {
        Members = members;
        Rows = rows;
        Length = length;
        Ids = ids;
        Sources = sources;
        Targets = targets;
        Starts = starts;
    }

    /// <summary>The places of the sequences in the caller's list.</summary>
    public IReadOnlyList<int> Members { get; }

    public int Rows { get; }

    /// <summary>Positions of every row, padding included.</summary>
    public int Length { get; }

    /// <summary>[rows × length].</summary>
    public long[] Ids { get; }

    /// <summary>For each answer token the position, counted over all rows, whose output says how probable it is.</summary>
    public long[] Sources { get; }

    /// <summary>The answer tokens.</summary>
    public long[] Targets { get; }

    /// <summary>Where each member's tokens begin in <see cref="Targets"/>.</summary>
    public int[] Starts { get; }

    /// <summary>Cuts sequences into batches of at most so many positions, alike lengths together; one that is longer alone is a batch of its own.</summary>
    /// <param name="sequences">The sequences; those without an answer are left out.</param>
    /// <param name="maxTokens">The most positions of a batch, padding included.</param>
    public static IEnumerable<PaddedBatch> Cut(IReadOnlyList<TokenSequence> sequences, int maxTokens)
    {
        // The last token is never an input: nothing comes after it.
        int Inputs(int s) => sequences[s].PromptTokens.Length + sequences[s].Tokens.Length - 1;
        int[] order = [.. Enumerable.Range(0, sequences.Count).Where(s => sequences[s].Tokens.Length > 0).OrderByDescending(Inputs).ThenBy(s => s)];
        for (int from = 0; from < order.Length;)
        {
            int length = Inputs(order[from]);
            int count = Math.Clamp(maxTokens / length, 1, order.Length - from);
            yield return Create(sequences, order[from..(from + count)], length);
            from += count;
        }
    }

    public Tensor IdTensor(Device device) => tensor(Ids, [Rows, Length], device: device);

    private static PaddedBatch Create(IReadOnlyList<TokenSequence> sequences, int[] members, int length)
    {
        var ids = new long[members.Length * length];
        int answers = members.Sum(s => sequences[s].Tokens.Length);
        var sources = new long[answers];
        var targets = new long[answers];
        var starts = new int[members.Length];
        int at = 0;
        for (int row = 0; row < members.Length; row++)
        {
            ReadOnlySpan<int> prompt = sequences[members[row]].PromptTokens.Span;
            ReadOnlySpan<int> answer = sequences[members[row]].Tokens.Span;
            starts[row] = at;
            for (int i = 0; i < prompt.Length + answer.Length - 1; i++)
            {
                ids[(row * length) + i] = i < prompt.Length ? prompt[i] : answer[i - prompt.Length];
            }

            for (int t = 0; t < answer.Length; t++)
            {
                sources[at] = ((long)row * length) + prompt.Length + t - 1;
                targets[at++] = answer[t];
            }
        }

        return new PaddedBatch(members, members.Length, length, ids, sources, targets, starts);
    }
}
