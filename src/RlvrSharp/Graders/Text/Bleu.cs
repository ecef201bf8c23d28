namespace RlvrSharp.Graders.Text;

/// <summary>BLEU of one sentence (Papineni et al., 2002) and its Google variant (Wu et al., 2016), as NLTK 3.8 calculates them.</summary>
internal static class Bleu
{
    /// <summary>BLEU with n-grams of 1 to 4 words, each order of the same weight.</summary>
    /// <param name="input">The answer's words.</param>
    /// <param name="reference">The reference's words.</param>
    /// <param name="smoothing">What to do about orders without a match.</param>
    /// <returns>0 to 1; averages of neighbouring orders can pass 1.</returns>
    public static double Sentence(IReadOnlyList<string> input, IReadOnlyList<string> reference, BleuSmoothing smoothing)
    {
        var ids = new NgramIds();
        Dictionary<int, int>[] said = ids.Count(ids.Words(input), 5);
        Dictionary<int, int>[] wanted = ids.Count(ids.Words(reference), 5);
        Span<double> matches = stackalloc double[5];
        Span<double> totals = stackalloc double[5];
        for (int n = 0; n < 5; n++)
        {
            matches[n] = NgramIds.Overlap(said[n], wanted[n]);
            totals[n] = Math.Max(1, NgramIds.Total(said[n]));
        }

        if (matches[0] == 0)
        {
            return 0;
        }

        Span<double> precisions = stackalloc double[4];
        Smooth(smoothing, matches, totals, input.Count, precisions);
        double sum = 0;
        foreach (double precision in precisions)
        {
            sum += precision > 0 ? 0.25 * Math.Log(precision) : 0;
        }

        double brevity = input.Count > reference.Count ? 1 : input.Count == 0 ? 0 : Math.Exp(1 - ((double)reference.Count / input.Count));
        double score = brevity * Math.Exp(sum);
        return smoothing is BleuSmoothing.Method5 or BleuSmoothing.Method7 ? score : Math.Min(1, score);
    }

    /// <summary>GLEU: shared n-grams of 1 to 4 words over the greater of the two counts.</summary>
    /// <param name="input">The answer's words.</param>
    /// <param name="reference">The reference's words.</param>
    /// <returns>0 to 1.</returns>
    public static double Google(IReadOnlyList<string> input, IReadOnlyList<string> reference)
    {
        var ids = new NgramIds();
        Dictionary<int, int>[] said = ids.Count(ids.Words(input), 4);
        Dictionary<int, int>[] wanted = ids.Count(ids.Words(reference), 4);
        int shared = 0;
        int all = 0;
        int goal = 0;
        for (int n = 0; n < 4; n++)
        {
            shared += NgramIds.Overlap(said[n], wanted[n]);
            all += NgramIds.Total(said[n]);
            goal += NgramIds.Total(wanted[n]);
        }

        int most = Math.Max(all, goal);
        return most == 0 ? 0 : (double)shared / most;
    }

    private static void Smooth(BleuSmoothing smoothing, ReadOnlySpan<double> matches, ReadOnlySpan<double> totals, int words, Span<double> precisions)
    {
        for (int n = 0; n < 4; n++)
        {
            precisions[n] = matches[n] / totals[n];
        }

        int misses = 1;
        for (int n = 0; n < 4; n++)
        {
            bool missed = matches[n] == 0;
            switch (smoothing)
            {
                case BleuSmoothing.None when missed:
                    precisions[n] = 2.2250738585072014e-308;
                    break;
                case BleuSmoothing.Method1 when missed:
                    precisions[n] = 0.1 / totals[n];
                    break;
                case BleuSmoothing.Method2 when n > 0:
                    precisions[n] = (matches[n] + 1) / (totals[n] + 1);
                    break;
                case BleuSmoothing.Method3 when missed:
                    precisions[n] = 1 / (Math.Pow(2, misses++) * totals[n]);
                    break;
                case BleuSmoothing.Method4 or BleuSmoothing.Method7 when missed && words > 1:
                    precisions[n] = 1 / (Math.Pow(2, misses++) * 5 / Math.Log(words)) / totals[n];
                    break;
            }
        }

        if (smoothing is BleuSmoothing.Method5 or BleuSmoothing.Method7)
        {
            double five = matches[4] / totals[4];
            double before = precisions[0] + 1;
            for (int n = 0; n < 4; n++)
            {
                precisions[n] = (before + precisions[n] + (n < 3 ? precisions[n + 1] : five)) / 3;
                before = precisions[n];
            }
        }
    }
}
