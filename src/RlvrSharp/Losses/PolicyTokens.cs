using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>What a policy loss looks at: the tokens of one sequence, or for token-level losses of any number of sequences in a row.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public readonly ref struct PolicyTokens<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Log-probabilities under the policy that is trained.</summary>
    public required ReadOnlySpan<T> LogProbs { get; init; }

    /// <summary>Log-probabilities under the policy that the ratio is taken against.</summary>
    public required ReadOnlySpan<T> OldLogProbs { get; init; }

    /// <summary>Advantages.</summary>
    public required ReadOnlySpan<T> Advantages { get; init; }

    /// <summary>What each token's loss is multiplied by: mask × normaliser (see <see cref="TokenWeights"/>). A token with weight 0 is out: whatever stands in the other spans, NaN included, is ignored.</summary>
    public required ReadOnlySpan<T> Weights { get; init; }

    /// <summary>
    /// A second factor of the policy term alone, at least 0 and constant in the gradient: importance weights of an off-policy correction, rejection masks. Empty means 1.
    /// A KL term does not see it.
    /// </summary>
    public ReadOnlySpan<T> Scales { get; init; }

    /// <summary>
    /// Which tokens make up a sequence's ratio (not 0: in), where that is not the tokens that have a weight. Only sequence-level losses look at it; empty means Weights ≠ 0.
    /// </summary>
    public ReadOnlySpan<T> Mask { get; init; }

    /// <summary>
    /// What a <see cref="BatchObjective"/> said of each token when it looked at the whole batch (not 0: picked). Empty where the tokens are the whole batch, and for all other losses.
    /// </summary>
    public ReadOnlySpan<T> Marks { get; init; }

    internal ReadOnlySpan<T> SequenceMask => Mask.IsEmpty ? Weights : Mask;

    internal void Check(Span<T> gradient)
    {
        int length = LogProbs.Length;
        Check(OldLogProbs.Length, length, nameof(OldLogProbs), mayBeEmpty: false);
        Check(Advantages.Length, length, nameof(Advantages), mayBeEmpty: false);
        Check(Weights.Length, length, nameof(Weights), mayBeEmpty: false);
        Check(Scales.Length, length, nameof(Scales), mayBeEmpty: true);
        Check(Mask.Length, length, nameof(Mask), mayBeEmpty: true);
        Check(Marks.Length, length, nameof(Marks), mayBeEmpty: true);
        Check(gradient.Length, length, nameof(gradient), mayBeEmpty: false);
    }

    internal static void Check(int actual, int length, string name, bool mayBeEmpty)
    {
        if (actual != length && !(mayBeEmpty && actual == 0))
        {
            throw new ArgumentException($"{name} has {actual} elements, LogProbs {length}: give one per token.", name);
        }
    }
}
