using System.Text;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>The fuzzy comparisons, 0 to 1, by code point.</summary>
internal static class FuzzyMatch
{
    /// <summary>Compares two texts.</summary>
    /// <param name="function">Which comparison.</param>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>0 to 1.</returns>
    public static double Compare(FuzzyFunction function, string input, string reference)
    {
        int[] a = CodePoints.Of(input);
        int[] b = CodePoints.Of(reference);
        return function switch
        {
            FuzzyFunction.Ratio => Ratio(a, b),
            FuzzyFunction.PartialRatio => PartialRatio(a, b),
            FuzzyFunction.TokenSortRatio => Ratio(Join(Sorted(CodePoints.Words(a))), Join(Sorted(CodePoints.Words(b)))),
            FuzzyFunction.TokenSetRatio => TokenSetRatio(a, b),
            FuzzyFunction.TokenRatio => TokenRatio(a, b),
            FuzzyFunction.WeightedRatio => WeightedRatio(a, b),
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "There is no such fuzzy comparison."),
        };
    }

    /// <summary>Lower case, every character but letters, digits and underscores a space, outer spaces off: the package's own preparation.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The prepared text.</returns>
    public static string Process(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool keep = Rune.IsLetterOrDigit(rune) || rune.Value == '_'
                || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.LetterNumber or System.Globalization.UnicodeCategory.OtherNumber;
            if (keep)
            {
                builder.Append(rune);
            }
            else
            {
                builder.Append(' ');
            }
        }

        return LowerCase.Of(builder.ToString().Trim(' '));
    }

    private static double Ratio(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => Similarity(a.Length + b.Length - (2 * CommonSubsequence.Length(a, b)), a.Length + b.Length);

    private static double Similarity(int distance, int total) => total == 0 ? 1 : 1 - ((double)distance / total);

    private static double PartialRatio(int[] a, int[] b)
    {
        if (a.Length == 0 && b.Length == 0)
        {
            return 1;
        }

        if (a.Length == b.Length)
        {
            return Math.Max(BestWindow(a, b), BestWindow(b, a));
        }

        return a.Length < b.Length ? BestWindow(a, b) : BestWindow(b, a);
    }

    // Windows that begin or end with a code point the shorter text lacks cannot be the best and are left out.
    private static double BestWindow(int[] shorter, int[] longer)
    {
        var pattern = new CommonSubsequence(shorter);
        HashSet<int> letters = [.. shorter];
        int size = shorter.Length;
        double best = 0;

        // Ends cut off on the left, whole windows, ends cut off on the right.
        for (int end = 1; end < longer.Length && best < 1; end++)
        {
            if (letters.Contains(longer[end - 1]))
            {
                Try(Math.Max(0, end - size), end);
            }
        }

        for (int from = longer.Length - size; from < longer.Length && best < 1; from++)
        {
            if (letters.Contains(longer[from]))
            {
                Try(from, longer.Length);
            }
        }

        return best;

        void Try(int from, int to) =>
            best = Math.Max(best, Similarity(size + (to - from) - (2 * pattern.With(longer.AsSpan(from, to - from))), size + (to - from)));
    }

    private static double TokenSetRatio(int[] a, int[] b)
    {
        (List<int[]> both, List<int[]> onlyA, List<int[]> onlyB) = Split(CodePoints.Words(a), CodePoints.Words(b));
        if (both.Count + onlyA.Count == 0 || both.Count + onlyB.Count == 0)
        {
            return 0;
        }

        if (both.Count > 0 && (onlyA.Count == 0 || onlyB.Count == 0))
        {
            return 1;
        }

        int[] restA = Join(onlyA);
        int[] restB = Join(onlyB);
        int common = Join(both).Length;
        int space = common != 0 ? 1 : 0;
        int wholeA = common + space + restA.Length;
        int wholeB = common + space + restB.Length;
        double result = Similarity(restA.Length + restB.Length - (2 * CommonSubsequence.Length(restA, restB)), wholeA + wholeB);
        return common == 0 ? result
            : Math.Max(result, Math.Max(Similarity(space + restA.Length, common + wholeA), Similarity(space + restB.Length, common + wholeB)));
    }

    private static double TokenRatio(int[] a, int[] b) =>
        Math.Max(TokenSetRatio(a, b), Ratio(Join(Sorted(CodePoints.Words(a))), Join(Sorted(CodePoints.Words(b)))));

    private static double PartialTokenRatio(int[] a, int[] b)
    {
        List<int[]> wordsA = Sorted(CodePoints.Words(a));
        List<int[]> wordsB = Sorted(CodePoints.Words(b));
        (List<int[]> both, List<int[]> onlyA, List<int[]> onlyB) = Split(wordsA, wordsB);
        if (both.Count > 0)
        {
            return 1;
        }

        double result = PartialRatio(Join(wordsA), Join(wordsB));
        return wordsA.Count == onlyA.Count && wordsB.Count == onlyB.Count ? result : Math.Max(result, PartialRatio(Join(onlyA), Join(onlyB)));
    }

    private static double WeightedRatio(int[] a, int[] b)
    {
        if (a.Length == 0 || b.Length == 0)
        {
            return 0;
        }

        double lengths = (double)Math.Max(a.Length, b.Length) / Math.Min(a.Length, b.Length);
        double result = Ratio(a, b);
        if (lengths < 1.5)
        {
            return Math.Max(result, TokenRatio(a, b) * 0.95);
        }

        double scale = lengths < 8 ? 0.9 : 0.6;
        result = Math.Max(result, PartialRatio(a, b) * scale);
        return Math.Max(result, PartialTokenRatio(a, b) * 0.95 * scale);
    }

    private static List<int[]> Sorted(List<int[]> words)
    {
        var sorted = new List<int[]>(words);
        sorted.Sort((x, y) => x.AsSpan().SequenceCompareTo(y));
        return sorted;
    }

    private static int[] Join(List<int[]> words)
    {
        var joined = new List<int>();
        foreach (int[] word in words)
        {
            if (joined.Count > 0)
            {
                joined.Add(' ');
            }

            joined.AddRange(word);
        }

        return [.. joined];
    }

    // The words of both, of a only and of b only: each once, sorted.
    private static (List<int[]> Both, List<int[]> OnlyA, List<int[]> OnlyB) Split(List<int[]> a, List<int[]> b)
    {
        List<int[]> left = Unique(Sorted(a));
        List<int[]> right = Unique(Sorted(b));
        (List<int[]> Both, List<int[]> OnlyA, List<int[]> OnlyB) result = ([], [], []);
        int i = 0;
        int j = 0;
        while (i < left.Count || j < right.Count)
        {
            int order = i == left.Count ? 1 : j == right.Count ? -1 : left[i].AsSpan().SequenceCompareTo(right[j]);
            (order == 0 ? result.Both : order < 0 ? result.OnlyA : result.OnlyB).Add(order <= 0 ? left[i] : right[j]);
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return result;
    }

    private static List<int[]> Unique(List<int[]> sorted)
    {
        var unique = new List<int[]>();
        foreach (int[] word in sorted)
        {
            if (unique.Count == 0 || !unique[^1].AsSpan().SequenceEqual(word))
            {
                unique.Add(word);
            }
        }

        return unique;
    }
}
