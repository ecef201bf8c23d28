using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>
/// Normalised texts by edit distance: similarity 1 − distance / longer length, in Unicode characters; below the threshold nothing, above it a ramp from 0 to
/// 1, so that a text just good enough earns little.
/// </summary>
internal sealed class SimilarityFieldComparer(double threshold, TextFoldings foldings) : FieldComparer("similarity")
{
    // Longer texts must be equal: what takes the square of the length is no grade but a way to stall.
    private const int MaxLength = 5000;

    internal override object Prepare(AnswerValue expected) => expected.Kind == AnswerKind.String
        ? Runes(expected.Text, foldings)
        : throw new FieldValueFault($"is {Show(expected)}, but the comparer 'similarity' wants a text");

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        var expected = (int[])prepared;
        if (actual.Kind != AnswerKind.String)
        {
            return 0;
        }

        int[] given = Runes(actual.Text, foldings);
        int longer = Math.Max(expected.Length, given.Length);
        if (expected.AsSpan().SequenceEqual(given))
        {
            return 1;
        }

        int allowed = (int)Math.Floor((1 - threshold) * longer);
        if (longer > MaxLength || Math.Abs(expected.Length - given.Length) > allowed)
        {
            return 0;
        }

        double similarity = 1 - ((double)Distance(expected, given, allowed) / longer);
        return Math.Max(0, (similarity - threshold) / (1 - threshold));
    }

    internal override IEnumerable<string> Validate() => threshold is >= 0.5 and < 1
        ? []
        : [FormattableString.Invariant($"its threshold is {threshold}: use 0.5 to below 1; lower ones pay for texts that are alike by chance")];

    internal override void WriteParameters(JsonObject json)
    {
        json["threshold"] = threshold;
        TextFieldComparer.WriteFoldings(json, foldings);
    }

    /// <summary>Levenshtein's distance, or something above the limit where it is above the limit; only the diagonal band that can stay within it is computed.</summary>
    internal static int Distance(ReadOnlySpan<int> a, ReadOnlySpan<int> b, int limit)
    {
        int far = limit + 1;
        int[] rented = ArrayPool<int>.Shared.Rent(b.Length + 1);
        Span<int> row = rented.AsSpan(0, b.Length + 1); // [prefix of b], the distance to the current prefix of a
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j <= limit ? j : far;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int from = Math.Max(1, i - limit), to = Math.Min(b.Length, i + limit);
            int diagonal = row[from - 1];
            row[from - 1] = from == 1 && i <= limit ? i : far;
            for (int j = from; j <= to; j++)
            {
                int above = row[j];
                int best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                best = Math.Min(best, Math.Min(above, row[j - 1]) + 1);
                row[j] = Math.Min(best, far);
                diagonal = above;
            }

            if (to < b.Length)
            {
                row[to + 1] = far;
            }
        }

        int distance = row[b.Length];
        ArrayPool<int>.Shared.Return(rented);
        return distance;
    }

    private static int[] Runes(ReadOnlySpan<char> text, TextFoldings foldings)
    {
        var key = new KeyBuffer(stackalloc char[256]);
        TextFolding.Fold(text, foldings, ref key);
        int count = 0;
        foreach (Rune _ in key.Written.EnumerateRunes())
        {
            count++;
        }

        int[] runes = new int[count];
        int at = 0;
        foreach (Rune rune in key.Written.EnumerateRunes())
        {
            runes[at++] = rune.Value;
        }

        key.Dispose();
        return runes;
    }
}
