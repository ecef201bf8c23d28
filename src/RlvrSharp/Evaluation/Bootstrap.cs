namespace RlvrSharp.Evaluation;

/// <summary>Intervals by resampling rows (Efron's percentile bootstrap), from a fixed random stream.</summary>
/// <remarks>
/// The unit is the row: several draws on one row are averaged first, because they are not independent of each other. With fewer
/// than about 20 rows every such interval is too narrow; report the rows too.
/// </remarks>
public static class Bootstrap
{
    /// <summary>The number of resamples unless said otherwise.</summary>
    public const int DefaultResamples = 2000;

    /// <summary>The mean of one value per row, with an interval.</summary>
    /// <param name="values">One value per row.</param>
    /// <param name="confidence">The share of such intervals that hold the true mean, such as 0.95.</param>
    /// <param name="resamples">How many resamples.</param>
    /// <param name="seed">The random stream's key.</param>
    /// <returns>The estimate; all NaN for no rows.</returns>
    public static Estimate Mean(ReadOnlySpan<double> values, double confidence = 0.95, int resamples = DefaultResamples, ulong seed = 0)
    {
        CheckArguments(confidence, resamples);
        if (values.IsEmpty)
        {
            return new Estimate(double.NaN, double.NaN, double.NaN, 0);
        }

        double mean = Average(values);
        var random = new KeyedRandom(KeyedRandom.Key(seed, (ulong)values.Length));
        var means = new double[resamples];
        for (int b = 0; b < resamples; b++)
        {
            double sum = 0;
            for (int i = 0; i < values.Length; i++)
            {
                sum += values[random.NextInt32(values.Length)];
            }

            means[b] = sum / values.Length;
        }

        Array.Sort(means);
        double tail = (1 - confidence) / 2;
        return new Estimate(mean, Math.Min(mean, Quantile(means, tail)), Math.Max(mean, Quantile(means, 1 - tail)), values.Length);
    }

    /// <summary>The mean difference after − before over the same rows, with an interval.</summary>
    /// <param name="before">One value per row.</param>
    /// <param name="after">One value per row, in the same order.</param>
    /// <param name="confidence">As in <see cref="Mean"/>.</param>
    /// <param name="resamples">As in <see cref="Mean"/>.</param>
    /// <param name="seed">As in <see cref="Mean"/>.</param>
    /// <returns>The difference: above 0 is better where its <see cref="Estimate.Low"/> is above 0.</returns>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    public static Estimate PairedDifference(
        ReadOnlySpan<double> before, ReadOnlySpan<double> after, double confidence = 0.95, int resamples = DefaultResamples, ulong seed = 0)
    {
        if (before.Length != after.Length)
        {
            throw new ArgumentException($"A paired difference needs the same rows twice, but there are {before.Length} before and {after.Length} after.", nameof(after));
        }

        var differences = new double[before.Length];
        for (int i = 0; i < differences.Length; i++)
        {
            differences[i] = after[i] - before[i];
        }

        return Mean(differences, confidence, resamples, seed);
    }

    private static void CheckArguments(double confidence, int resamples)
    {
        if (!(confidence > 0 && confidence < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "The confidence must lie between 0 and 1, such as 0.95.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
    }

    private static double Average(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)Math.Floor(place);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
