using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>Rewards that come in parts, one per grader. A part that is NaN is missing.</summary>
public static class RewardParts
{
    /// <summary>The weighted sum of one completion's parts; missing parts are left out, and where all are missing so is the sum.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="parts">The parts.</param>
    /// <param name="weights">One weight per part.</param>
    /// <returns>The reward, or NaN.</returns>
    public static T WeightedSum<T>(ReadOnlySpan<T> parts, ReadOnlySpan<T> weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (parts.Length != weights.Length)
        {
            throw new ArgumentException($"There are {parts.Length} reward parts and {weights.Length} weights: give one weight per part.", nameof(weights));
        }

        T sum = T.Zero;
        bool any = false;
        for (int k = 0; k < parts.Length; k++)
        {
            if (!T.IsNaN(parts[k]))
            {
                sum += parts[k] * weights[k];
                any = true;
            }
        }

        return any ? sum : T.NaN;
    }
}
