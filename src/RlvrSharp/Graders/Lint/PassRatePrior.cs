namespace RlvrSharp.Graders.Lint;

/// <summary>What is to be expected of a problem's pass rate before its own samples are seen: a beta distribution fitted to the other problems.</summary>
/// <remarks>
/// Its mean is the others' pass rate, (c + ½) / (n + 1) over all their samples. Its spread is the correlation ρ of two samples of one problem, from the
/// variance between and within problems, counted once for each problem beyond the first beside one ½ (the weight of a + b is 1/ρ − 1). So a single
/// problem has Beta(½, ½), and many problems that nobody passed make it plain that the next one will not be passed either. Rates that form clusters with
/// nothing between them are no beta distribution, and are smoothed.
/// </remarks>
internal sealed class PassRatePrior
{
    private readonly double passed;
    private readonly double samples;
    private readonly double weight;

    public PassRatePrior(IReadOnlyList<CalibrationProblem> problems)
    {
        passed = problems.Sum(problem => (double)problem.Passed);
        samples = problems.Sum(problem => (double)problem.Samples);
        int count = problems.Count;
        double correlation = count == 0 ? 0.5 : (0.5 + ((count - 1) * Correlation(problems))) / count;
        weight = (1 / correlation) - 1;
    }

    /// <summary>The chance that the next k samples of a problem all pass.</summary>
    /// <param name="problem">One of the problems.</param>
    /// <param name="k">How many.</param>
    /// <returns>The expectation of p^k.</returns>
    public double AllPassed(CalibrationProblem problem, int k) => Power(problem.Passed, problem.Samples, Mean(problem), k);

    /// <summary>The chance that the next k samples of a problem all miss.</summary>
    /// <param name="problem">One of the problems.</param>
    /// <param name="k">How many.</param>
    /// <returns>The expectation of (1 − p)^k.</returns>
    public double AllMissed(CalibrationProblem problem, int k) => Power(problem.Samples - problem.Passed, problem.Samples, 1 - Mean(problem), k);

    private double Mean(CalibrationProblem problem) => (passed - problem.Passed + 0.5) / (samples - problem.Samples + 1);

    private double Power(int c, int n, double mean, int k)
    {
        double product = 1;
        for (int i = 0; i < k; i++)
        {
            product *= (c + (mean * weight) + i) / (n + weight + i);
        }

        return product;
    }

    // The intraclass correlation from the mean squares between and within problems.
    private double Correlation(IReadOnlyList<CalibrationProblem> problems)
    {
        double pooled = passed / samples;
        double between = 0;
        double within = 0;
        double squares = 0;
        foreach (CalibrationProblem problem in problems)
        {
            double n = problem.Samples;
            double rate = problem.Passed / n;
            between += n * (rate - pooled) * (rate - pooled);
            within += n * rate * (1 - rate);
            squares += n * n;
        }

        int count = problems.Count;
        if (count < 2 || samples <= count)
        {
            return 0.5;
        }

        between /= count - 1;
        within /= samples - count;
        double size = (samples - (squares / samples)) / (count - 1);
        double total = between + ((size - 1) * within);
        return total <= 0 ? 0 : Math.Clamp((between - within) / total, 0, 1);
    }
}
