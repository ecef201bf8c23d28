using System.Buffers;

namespace RlvrSharp.Losses;

/// <summary>
/// A whole loss as data: policy objective, KL term, entropy bonus, value loss. <see cref="Build"/> makes the delegate that a
/// policy's forward-backward calls once per sequence.
/// </summary>
public sealed record PolicyLossOptions
{
    /// <summary>The policy objective.</summary>
    /// <value>The default value is the clipped surrogate with 0.2 and 0.2.</value>
    public PolicyObjective Objective { get; init; } = new ClippedSurrogateOptions();

    /// <summary>
    /// The KL term toward <see cref="TrainingSequence.ReferenceLogProbs"/>. A coefficient of 0 only measures; sequences without reference log-probabilities measure nothing.
    /// </summary>
    /// <value>The default value measures k3.</value>
    public KlOptions Kl { get; init; } = new();

    /// <summary>The strength of the entropy bonus.</summary>
    /// <value>The default value is 0.</value>
    public double EntropyCoefficient { get; init; }

    /// <summary>The value loss, for policies with a value head; null leaves values alone.</summary>
    public ValueLossOptions? Value { get; init; }

    /// <summary>
    /// The correction for samples that another policy drew; sequences without <see cref="TrainingSequence.SamplerLogProbs"/> are left as they are. Its statistics come from
    /// <see cref="OffPolicy.Scales"/>, which a trainer can call once per step.
    /// </summary>
    public OffPolicyOptions? OffPolicy { get; init; }

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        IEnumerable<string> errors = Objective.Validate().Concat(Value?.Validate() ?? []).Concat(OffPolicy?.Validate() ?? []);
        if (!double.IsFinite(EntropyCoefficient))
        {
            errors = errors.Append($"EntropyCoefficient is {EntropyCoefficient}: set it to a finite number, 0 for none.");
        }

        if (!(Kl.Coefficient >= 0 && double.IsFinite(Kl.Coefficient)))
        {
            errors = errors.Append($"Kl.Coefficient is {Kl.Coefficient}, but a KL term pulls toward the reference: set it to 0 or more.");
        }

        return errors;
    }

    /// <summary>Makes the loss.</summary>
    /// <returns>A delegate without state: safe to call from several threads at once.</returns>
    /// <exception cref="ArgumentException">The settings make no sense; every failure is named.</exception>
    public PolicyLoss Build()
    {
        string[] errors = [.. Validate()];
        return errors.Length == 0 ? Evaluate : throw new ArgumentException(string.Join(Environment.NewLine, errors));
    }

    private LossTerms Evaluate(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients)
    {
        ReadOnlySpan<float> weights = sequence.Weights.Span;
        ReadOnlySpan<float> sampler = OffPolicy is null ? default : sequence.SamplerLogProbs.Span;
        bool bypass = !sampler.IsEmpty && OffPolicy!.UseSamplerAsOld;
        float[]? rented = sampler.IsEmpty ? null : ArrayPool<float>.Shared.Rent(weights.Length);
        Span<float> scales = rented is null ? default : rented.AsSpan(0, weights.Length);
        if (rented is not null)
        {
            Correct(sequence, outputs.LogProbs, sampler, OffPolicy!, scales);
        }

        var tokens = new PolicyTokens<float>
        {
            LogProbs = outputs.LogProbs,
            OldLogProbs = bypass ? sampler : sequence.OldLogProbs.Span,
            Advantages = sequence.Advantages.Span,
            Weights = weights,
            Scales = scales,
            Marks = sequence.Marks.Span,
        };
        LossTerms terms = Objective.Add(tokens, gradients.LogProbs);
        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }

        if (!sequence.ReferenceLogProbs.IsEmpty)
        {
            terms += KlPenalty.Add(tokens, sequence.ReferenceLogProbs.Span, Kl, Kl.Coefficient == 0 ? default : gradients.LogProbs);
        }
        else if (Kl.Coefficient != 0)
        {
            throw new PolicyException($"The KL coefficient is {Kl.Coefficient}, but the sequence has no reference log-probabilities: score it with the reference policy first, or set the coefficient to 0.");
        }

        if (!outputs.Entropies.IsEmpty)
        {
            terms += EntropyBonus.Add(outputs.Entropies, weights, EntropyCoefficient, EntropyCoefficient == 0 ? default : gradients.Entropies);
        }

        if (Value is { } value)
        {
            if (outputs.Values.IsEmpty && weights.Length > 0)
            {
                throw new PolicyException("The loss has a value term, but the policy has no value head: train a policy with one, or leave Value out.");
            }

            terms += RlvrSharp.Losses.ValueLoss.Add(outputs.Values, sequence.OldValues.Span, sequence.Returns.Span, weights, value, gradients.Values);
        }

        return terms;
    }

    private static void Correct(TrainingSequence sequence, ReadOnlySpan<float> logProbs, ReadOnlySpan<float> sampler, OffPolicyOptions options, Span<float> scales)
    {
        ReadOnlySpan<float> weights = sequence.Weights.Span;
        ReadOnlySpan<float> advantages = sequence.Advantages.Span;
        if (options.UseSamplerAsOld)
        {
            scales.Fill(1);
        }
        else
        {
            RlvrSharp.Losses.OffPolicy.Scales(sequence.OldLogProbs.Span, sampler, weights, options, scales, advantages);
        }

        if (options.MaxNegativeDivergence is { } divergence)
        {
            RlvrSharp.Losses.OffPolicy.MaskNegativeSequence(logProbs, sampler, advantages, weights, divergence, scales);
        }
    }
}
