namespace RlvrSharp.Policies.Kernels;

/// <summary>What a row of logits says at a temperature.</summary>
/// <param name="Max">The largest logit / temperature.</param>
/// <param name="LogSum">ln Σ exp(logit / temperature − max).</param>
/// <param name="Entropy">The entropy in nats.</param>
internal readonly record struct LogitStatistics(float Max, double LogSum, float Entropy)
{
    /// <summary>The log-probability of a token with this logit.</summary>
    public float LogProb(float logit, float inverseTemperature) => (float)((double)((logit * inverseTemperature) - Max) - LogSum);
}
