using System.Numerics;

namespace RlvrSharp.Advantages;

/// <summary>Generalised advantage estimation and plain discounted returns, over one sequence.</summary>
public static class Gae
{
    /// <summary>
    /// δₜ = rₜ + γV₊ − Vₜ, Aₜ = δₜ + γλA₊, return = A + V (arXiv 1506.02438, equations 11, 12 and 16), "₊" being the next token. The value after the end is 0.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">Rewards per token.</param>
    /// <param name="values">The value before each token.</param>
    /// <param name="mask">Not 0 where a token counts; empty means all.</param>
    /// <param name="options">γ, λ, what becomes of masked tokens.</param>
    /// <param name="advantages">Where the advantages go, not whitened. A masked token gets what flows through it.</param>
    /// <param name="returns">Where the returns go.</param>
    /// <param name="ends">Not 0 at the last token of a sequence, where several are packed in a row; empty where there is one sequence.</param>
    public static void Estimate<T>(
        ReadOnlySpan<T> rewards, ReadOnlySpan<T> values, ReadOnlySpan<T> mask, GaeOptions options, Span<T> advantages, Span<T> returns, ReadOnlySpan<T> ends = default)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        int length = rewards.Length;
        if (values.Length != length || advantages.Length != length || returns.Length != length || (mask.Length != length && !mask.IsEmpty) || (ends.Length != length && !ends.IsEmpty))
        {
            throw new ArgumentException(
                $"There are {length} rewards, {values.Length} values, {mask.Length} mask elements, {ends.Length} ends, and room for {advantages.Length} advantages and {returns.Length} returns: give one of each per token.",
                nameof(values));
        }

        int counted = 0;
        foreach (T value in mask)
        {
            counted += T.IsZero(value) ? 0 : 1;
        }

        double lambda = options.LambdaFor(mask.IsEmpty ? length : counted);
        if (options.ReturnLambda is { } returnLambda && returnLambda != lambda)
        {
            Recur(rewards, values, mask, options, returnLambda, ends, returns, default);
            AddValues(values, mask, options, returns);
            Recur(rewards, values, mask, options, lambda, ends, advantages, default);
        }
        else
        {
            Recur(rewards, values, mask, options, lambda, ends, advantages, returns);
        }
    }

    /// <summary>Gₜ = rₜ + γGₜ₊₁: discounted returns. At a masked token the sum starts again after its reward was added (verl's REINFORCE++), or its reward counts as 0.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="rewards">Rewards per token.</param>
    /// <param name="mask">Not 0 where a token counts; empty means all.</param>
    /// <param name="discount">γ.</param>
    /// <param name="masked"><see cref="MaskedTokens.Cut"/> starts again after a masked token (verl), <see cref="MaskedTokens.Zero"/> takes its reward as 0 (OpenRLHF, ReMax), <see cref="MaskedTokens.Skip"/> passes over it without discount.</param>
    /// <param name="returns">Where the returns go.</param>
    public static void Returns<T>(ReadOnlySpan<T> rewards, ReadOnlySpan<T> mask, double discount, MaskedTokens masked, Span<T> returns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double running = 0;
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            bool counts = mask.IsEmpty || !T.IsZero(mask[t]);
            double reward = double.CreateTruncating(rewards[t]);
            double value = masked switch
            {
                MaskedTokens.Zero when !counts => discount * running,
                MaskedTokens.Skip when !counts => running,
                _ => reward + (discount * running),
            };
            returns[t] = T.CreateTruncating(value);
            running = masked == MaskedTokens.Cut && !counts ? 0 : value;
        }
    }

    private static void Recur<T>(
        ReadOnlySpan<T> rewards, ReadOnlySpan<T> values, ReadOnlySpan<T> mask, GaeOptions options, double lambda, ReadOnlySpan<T> ends, Span<T> advantages, Span<T> returns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double nextValue = 0, running = 0;
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            bool counts = mask.IsEmpty || options.Masked == MaskedTokens.Ignore || !T.IsZero(mask[t]);
            double reward = double.CreateTruncating(rewards[t]);
            double value = double.CreateTruncating(values[t]);
            if (!counts && options.Masked == MaskedTokens.Zero)
            {
                reward = value = 0;
            }

            if ((!counts && options.Masked == MaskedTokens.Cut) || (!ends.IsEmpty && !T.IsZero(ends[t])))
            {
                nextValue = running = 0;
            }

            if (counts || options.Masked != MaskedTokens.Skip)
            {
                running = reward + (options.Discount * nextValue) - value + (options.Discount * lambda * running);
                nextValue = value;
            }

            advantages[t] = T.CreateTruncating(running);
            if (!returns.IsEmpty)
            {
                returns[t] = T.CreateTruncating(running + value);
            }
        }
    }

    private static void AddValues<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> mask, GaeOptions options, Span<T> returns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int t = 0; t < returns.Length; t++)
        {
            bool isZero = options.Masked == MaskedTokens.Zero && !mask.IsEmpty && T.IsZero(mask[t]);
            returns[t] += isZero ? T.Zero : values[t];
        }
    }
}
