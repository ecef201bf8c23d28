using System.Numerics;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>The clipped value loss of PPO.</summary>
public static class ValueLoss
{
    /// <summary>Adds coefficient × ½ × Σ weight × max((V − R)², (clip(V, V_old ± c) − R)²).</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="values">What the value head says now.</param>
    /// <param name="oldValues">What it said at the start of the step.</param>
    /// <param name="returns">What it should have said.</param>
    /// <param name="weights">Mask × normaliser; a token with weight 0 is out.</param>
    /// <param name="options">Clip range and coefficient.</param>
    /// <param name="gradient">∂loss/∂value is added here.</param>
    /// <returns><see cref="LossTerms.Loss"/>, <see cref="LossTerms.ValueLoss"/> and <see cref="LossTerms.ValueClippedCount"/> (the clipped branch is the larger); the token count is left to the policy loss.</returns>
    public static LossTerms Add<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<T> oldValues, ReadOnlySpan<T> returns, ReadOnlySpan<T> weights, ValueLossOptions options, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        int length = values.Length;
        if (oldValues.Length != length || returns.Length != length || weights.Length != length || gradient.Length != length)
        {
            throw new ArgumentException(
                $"There are {length} values, {oldValues.Length} old values, {returns.Length} returns, {weights.Length} weights and room for {gradient.Length} gradients: give one of each per token.",
                nameof(values));
        }

        Vector256<T> clip = Vector256.Create(T.CreateSaturating(options.Clip));
        Vector256<T> coefficient = Vector256.Create(T.CreateTruncating(options.Coefficient));
        Vector256<T> half = Vector256.Create(T.CreateTruncating(0.5));
        Vector256<double> sum = default;
        long clippedCount = 0;
        for (int i = 0; i < length; i += Vector256<T>.Count)
        {
            Vector256<T> weight = Lanes.Load(weights, i);
            Vector256<T> counted = ~Vector256.Equals(weight, Vector256<T>.Zero);
            Vector256<T> value = Lanes.Load(values, i) & counted;
            Vector256<T> old = Lanes.Load(oldValues, i) & counted;
            Vector256<T> target = Lanes.Load(returns, i) & counted;
            Vector256<T> bounded = Lanes.Clamp(value, old - clip, old + clip);
            Vector256<T> error = value - target;
            Vector256<T> boundedError = bounded - target;
            Vector256<T> free = error * error;
            Vector256<T> clipped = boundedError * boundedError;
            Vector256<T> takesClipped = Vector256.GreaterThan(clipped, free);
            Vector256<T> factor = weight * coefficient;
            sum = Lanes.AddWidened(sum, factor * half * Vector256.ConditionalSelect(takesClipped, clipped, free));

            // Where the clipped branch is strictly the larger, the clamp is active and its slope 0.
            Lanes.AddTo(gradient, i, Vector256.AndNot(factor * error, takesClipped));
            clippedCount += Lanes.Count(takesClipped & counted);
        }

        double loss = Lanes.Total(sum);
        return new LossTerms { Loss = loss, ValueLoss = loss, ValueClippedCount = clippedCount };
    }
}
