namespace RlvrSharp;

/// <summary>What a policy says about each token of one answer, without gradients. All three are as long as the answer, or empty.</summary>
/// <param name="LogProbs">The natural logarithm of each token's probability at the asked temperature.</param>
/// <param name="Entropies">The entropy, in nats, of the distribution each token was drawn from.</param>
/// <param name="Values">The value head's estimate before each token; empty for a policy without a value head.</param>
public sealed record TokenScores(ReadOnlyMemory<float> LogProbs, ReadOnlyMemory<float> Entropies, ReadOnlyMemory<float> Values);
