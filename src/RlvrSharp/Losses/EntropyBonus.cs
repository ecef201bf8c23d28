using System.Numerics;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Losses;

/// <summary>The entropy bonus: a reward for staying undecided.</summary>
public static class EntropyBonus
{
    /// <summary>Adds −coefficient × Σ weight × entropy to a loss.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="entropies">Entropies, in nats.</param>
    /// <param name="weights">Mask × normaliser; a token with weight 0 is out.</param>
    /// <param name="coefficient">The strength; 0 measures only.</param>
    /// <param name="gradient">∂loss/∂entropy is added here. May be empty where the coefficient is 0.</param>
    /// <returns><see cref="LossTerms.Loss"/> and <see cref="LossTerms.EntropySum"/> (unweighted); the token count is left to the policy loss.</returns>
    public static LossTerms Add<T>(ReadOnlySpan<T> entropies, ReadOnlySpan<T> weights, double coefficient, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int length = entropies.Length;
        if (weights.Length != length || (gradient.Length != length && !(gradient.IsEmpty && coefficient == 0)))
        {
            throw new ArgumentException($"There are {length} entropies, {weights.Length} weights and room for {gradient.Length} gradients: give one of each per token.", nameof(entropies));
        }

        Vector256<T> negative = Vector256.Create(T.CreateTruncating(-coefficient));
        Vector256<double> loss = default, sum = default;
        for (int i = 0; i < length; i += Vector256<T>.Count)
        {
            Vector256<T> weight = Lanes.Load(weights, i);
            Vector256<T> entropy = Vector256.AndNot(Lanes.Load(entropies, i), Vector256.Equals(weight, Vector256<T>.Zero));
            Vector256<T> slope = negative * weight;
            loss = Lanes.AddWidened(loss, slope * entropy);
            sum = Lanes.AddWidened(sum, entropy);
            if (coefficient != 0)
            {
                Lanes.AddTo(gradient, i, slope);
            }
        }

        return new LossTerms { Loss = Lanes.Total(loss), EntropySum = Lanes.Total(sum) };
    }
}
