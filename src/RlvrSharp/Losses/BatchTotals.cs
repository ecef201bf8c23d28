namespace RlvrSharp.Losses;

/// <summary>What token weights need to know of the whole optimiser step. Sums, so that parts of a batch, wherever they are, can be added.</summary>
/// <param name="Tokens">Counted tokens.</param>
/// <param name="Sequences">Sequences with at least one counted token.</param>
/// <param name="EmptySequences">Sequences without one.</param>
/// <param name="Prompts">Prompts with at least one counted token.</param>
public readonly record struct BatchTotals(double Tokens, double Sequences, double EmptySequences = 0, double Prompts = 0)
{
    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static BatchTotals operator +(BatchTotals left, BatchTotals right) => Add(left, right);

    /// <summary>Adds two parts of a batch.</summary>
    /// <param name="left">One part.</param>
    /// <param name="right">The other.</param>
    /// <returns>Both together.</returns>
    public static BatchTotals Add(BatchTotals left, BatchTotals right) => new(
        left.Tokens + right.Tokens, left.Sequences + right.Sequences, left.EmptySequences + right.EmptySequences, left.Prompts + right.Prompts);

    /// <summary>Counts sequences of one prompt or of many.</summary>
    /// <param name="lengths">The number of counted tokens of each sequence.</param>
    /// <param name="promptLengths">The number of counted tokens of each prompt's completions together; empty where prompts do not matter.</param>
    /// <returns>The totals.</returns>
    public static BatchTotals Count(ReadOnlySpan<int> lengths, ReadOnlySpan<int> promptLengths = default)
    {
        long tokens = 0;
        int sequences = 0;
        foreach (int length in lengths)
        {
            tokens += length;
            sequences += length > 0 ? 1 : 0;
        }

        int prompts = 0;
        foreach (int length in promptLengths)
        {
            prompts += length > 0 ? 1 : 0;
        }

        return new BatchTotals(tokens, sequences, lengths.Length - sequences, prompts);
    }
}
