using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>Whitening over the counted tokens of a batch.</summary>
public static class Whitening
{
    /// <summary>(x − mean) / √(variance + ε), mean and variance over the counted elements.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="values">The values of the whole batch.</param>
    /// <param name="mask">Not 0 where an element counts; empty means all. Elements that do not count are transformed too.</param>
    /// <param name="options">Shift, variance, ε.</param>
    /// <param name="whitened">Where the result goes; may be the values' own memory. With fewer than two counted elements, or where all are equal, ε alone keeps the result finite.</param>
    public static void Apply<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> mask, WhiteningOptions options, Span<T> whitened)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        if (whitened.Length != values.Length || (mask.Length != values.Length && !mask.IsEmpty))
        {
            throw new ArgumentException($"There are {values.Length} values, {mask.Length} mask elements and room for {whitened.Length}: give one of each per token.", nameof(values));
        }

        double count = 0, sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (mask.IsEmpty || !T.IsZero(mask[i]))
            {
                count++;
                sum += double.CreateTruncating(values[i]);
            }
        }

        double mean = count == 0 ? 0 : sum / (count + options.CountEpsilon);
        double squares = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (mask.IsEmpty || !T.IsZero(mask[i]))
            {
                double deviation = double.CreateTruncating(values[i]) - mean;
                squares += deviation * deviation;
            }
        }

        double variance = count == 0 ? 0 : squares / (count + options.CountEpsilon);
        if (!options.PopulationVariance && count > 1)
        {
            double n = count + options.BesselEpsilon;
            variance *= n / (n - 1);
        }

        double scale = 1 / Math.Sqrt(options.EpsilonIsFloor ? Math.Max(variance, options.Epsilon) : variance + options.Epsilon);
        double shift = options.ShiftMean ? 0 : mean;
        for (int i = 0; i < values.Length; i++)
        {
            whitened[i] = T.CreateTruncating(((double.CreateTruncating(values[i]) - mean) * scale) + shift);
        }
    }
}
