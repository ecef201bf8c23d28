namespace RlvrSharp.Advantages;

/// <summary>The chance that at least one of k answers is right.</summary>
public static class PassAtK
{
    /// <summary>The unbiased estimate from n answers, c of them right: 1 − C(n − c, k) / C(n, k) (arXiv 2107.03374, equation 1).</summary>
    /// <param name="count">n, 1 or more.</param>
    /// <param name="correct">c, 0 to n.</param>
    /// <param name="k">k, 1 to n.</param>
    /// <returns>A probability.</returns>
    public static double Unbiased(int count, int correct, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, count);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, count);

        // The chance that k drawn answers are all wrong, one draw after the other.
        double allWrong = 1;
        for (int i = 0; i < k; i++)
        {
            allWrong *= Math.Max(0, count - correct - i) / (double)(count - i);
        }

        return 1 - allWrong;
    }

    /// <summary>The mean of the unbiased estimate over problems.</summary>
    /// <param name="correct">Right answers per problem.</param>
    /// <param name="count">Answers per problem.</param>
    /// <param name="k">k, 1 to <paramref name="count"/>.</param>
    /// <returns>A probability; NaN without problems.</returns>
    public static double Mean(ReadOnlySpan<int> correct, int count, int k)
    {
        double sum = 0;
        foreach (int c in correct)
        {
            sum += Unbiased(count, c, k);
        }

        return sum / correct.Length;
    }
}
