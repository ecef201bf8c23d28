using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>Mean and spread of a group's rewards.</summary>
/// <param name="Count">The number of rewards that are not missing.</param>
/// <param name="Mean">Their mean; 0 where there are none.</param>
/// <param name="SampleStd">Their standard deviation with n − 1 below; 0 for fewer than two.</param>
/// <param name="PopulationStd">Their standard deviation with n below.</param>
/// <param name="IsFlat">Whether they are all equal within the reward's resolution: such a group teaches nothing.</param>
public readonly record struct GroupStatistics(int Count, double Mean, double SampleStd, double PopulationStd, bool IsFlat)
{
    /// <summary>Computes the statistics, skipping NaN.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">The rewards.</param>
    /// <param name="resolution">Rewards that differ by no more than this × max(1, largest |reward|) are equal.</param>
    /// <returns>The statistics.</returns>
    public static GroupStatistics Of<T>(ReadOnlySpan<T> rewards, double resolution = 1e-6)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int count = 0;
        double sum = 0, low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (T reward in rewards)
        {
            if (!T.IsNaN(reward))
            {
                double value = double.CreateTruncating(reward);
                count++;
                sum += value;
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }
        }

        if (count == 0)
        {
            return new GroupStatistics(0, 0, 0, 0, true);
        }

        double mean = sum / count;
        double squares = 0;
        foreach (T reward in rewards)
        {
            if (!T.IsNaN(reward))
            {
                double deviation = double.CreateTruncating(reward) - mean;
                squares += deviation * deviation;
            }
        }

        bool flat = high - low <= resolution * Math.Max(1, Math.Max(Math.Abs(low), Math.Abs(high)));
        return new GroupStatistics(count, mean, count > 1 ? Math.Sqrt(squares / (count - 1)) : 0, Math.Sqrt(squares / count), flat);
    }
}
