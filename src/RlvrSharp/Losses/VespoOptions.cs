namespace RlvrSharp.Losses;

/// <summary>
/// The settings of VESPO (arXiv 2602.10693): −sg(φ(w))·A·log π with φ(w) = exp(λ + k·ln w − λ·w) and w the ratio of the whole sequence,
/// product over its tokens. φ(1) = 1.
/// </summary>
public sealed record VespoOptions : PolicyObjective
{
    /// <summary>k where the advantage is 0 or positive.</summary>
    /// <value>The default value is 2.</value>
    public double PositiveK { get; init; } = 2;

    /// <summary>λ where the advantage is 0 or positive; at least 1e-4.</summary>
    /// <value>The default value is 3.</value>
    public double PositiveLambda { get; init; } = 3;

    /// <summary>k where the advantage is negative.</summary>
    /// <value>The default value is 3.</value>
    public double NegativeK { get; init; } = 3;

    /// <summary>λ where the advantage is negative; at least 1e-4.</summary>
    /// <value>The default value is 2.</value>
    public double NegativeLambda { get; init; } = 2;

    /// <summary>
    /// Whether <see cref="PolicyTokens{T}.Scales"/> hold the importance weight of the whole sequence, repeated for each token, so that it enters w once; otherwise each token's own enters.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool ScalesArePerSequence { get; init; }

    /// <inheritdoc/>
    public override string Name => "VESPO";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.Vespo(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(PositiveK >= 0 && NegativeK >= 0 && PositiveLambda >= 0 && NegativeLambda >= 0))
        {
            yield return $"VESPO's k are {PositiveK} and {NegativeK}, its λ {PositiveLambda} and {NegativeLambda}: set all to 0 or more.";
        }
    }
}
