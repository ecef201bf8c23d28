namespace RlvrSharp.Advantages;

/// <summary>Generalised advantage estimation with a critic: PPO's.</summary>
public sealed class GaeEstimator : IAdvantageEstimator
{
    /// <summary>γ, λ, masked tokens.</summary>
    public GaeOptions Options { get; init; } = new();

    /// <summary>How the advantages are whitened over the batch's counted tokens; null leaves them. Returns never are.</summary>
    public WhiteningOptions? Whitening { get; init; } = new();

    /// <inheritdoc/>
    public bool NeedsValues => true;

    /// <inheritdoc/>
    public int MinGroupSize => 1;

    /// <inheritdoc/>
    public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var advantages = new float[rows.Count][];
        var returns = new float[rows.Count][];
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Values.Length != rows[i].Length)
            {
                throw new PolicyException($"A completion of {rows[i].Length} tokens has {rows[i].Values.Length} values, but GAE needs one per token: train a policy with a value head, or use an estimator without a critic.");
            }

            advantages[i] = AdvantageRows.TokenRewards(rows[i]);
            returns[i] = new float[rows[i].Length];
            Gae.Estimate<float>(advantages[i], rows[i].Values.Span, rows[i].Mask.Span, Options, advantages[i], returns[i]);
        }

        AdvantageRows.Whiten(rows, advantages, Whitening);
        return [.. advantages.Select((tokens, i) => new TokenAdvantages(tokens, returns[i]))];
    }
}
