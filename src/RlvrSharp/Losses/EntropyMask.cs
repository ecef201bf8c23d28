using System.Buffers;
using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>Keeps the tokens where the policy was undecided (arXiv 2506.01939: the top 20 % carry the learning).</summary>
public static class EntropyMask
{
    /// <summary>Marks the tokens whose entropy is at or above a quantile of the counted tokens' entropies.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="entropies">Entropies of the whole batch, in nats.</param>
    /// <param name="mask">Not 0 where a token counts.</param>
    /// <param name="share">The share of tokens to keep, above 0, at most 1; TRL's <c>top_entropy_quantile</c>.</param>
    /// <param name="keep">Where 1 (kept) or 0 goes; one per token. Use it as <see cref="PolicyTokens{T}.Scales"/>, so that the KL term stays on all tokens.</param>
    public static void TopShare<T>(ReadOnlySpan<T> entropies, ReadOnlySpan<T> mask, double share, Span<T> keep)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (mask.Length != entropies.Length || keep.Length != entropies.Length)
        {
            throw new ArgumentException($"There are {entropies.Length} entropies, {mask.Length} mask elements and room for {keep.Length}: give one of each per token.", nameof(entropies));
        }

        if (!(share is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share of tokens to keep lies above 0 and is 1 at most.");
        }

        double[] sorted = ArrayPool<double>.Shared.Rent(entropies.Length);
        int count = 0;
        for (int i = 0; i < entropies.Length; i++)
        {
            if (!T.IsZero(mask[i]))
            {
                sorted[count++] = double.CreateTruncating(entropies[i]);
            }
        }

        sorted.AsSpan(0, count).Sort();

        // The quantile lies between two neighbours, in proportion.
        double place = (1 - share) * (count - 1);
        int below = Math.Max(0, (int)place);
        double threshold = count == 0 ? double.PositiveInfinity
            : sorted[below] + ((place - below) * (sorted[Math.Min(below + 1, count - 1)] - sorted[below]));
        ArrayPool<double>.Shared.Return(sorted);
        for (int i = 0; i < entropies.Length; i++)
        {
            keep[i] = !T.IsZero(mask[i]) && double.CreateTruncating(entropies[i]) >= threshold ? T.One : T.Zero;
        }
    }
}
