namespace RlvrSharp.Policies;

/// <summary>
/// A policy without a value head together with a critic of its own: above the seam they look like one policy with values. The critic is
/// any trainable policy that has a value head; only its values are used and trained.
/// </summary>
public sealed class PolicyWithCritic : ITrainablePolicy
{
    private const string CriticFolder = "critic";
    private readonly ITrainablePolicy policy;
    private readonly ITrainablePolicy critic;
    private readonly double criticLearningRateFactor;

    /// <summary>Puts the two together.</summary>
    /// <param name="policy">What answers.</param>
    /// <param name="critic">What estimates values; it must read the same tokens.</param>
    /// <param name="criticLearningRateFactor">The critic's learning rate, as a multiple of the policy's.</param>
    /// <exception cref="ArgumentException">The critic has no value head, or another vocabulary.</exception>
    public PolicyWithCritic(ITrainablePolicy policy, ITrainablePolicy critic, double criticLearningRateFactor = 1)
    {
        this.policy = policy ?? throw new ArgumentNullException(nameof(policy));
        this.critic = critic ?? throw new ArgumentNullException(nameof(critic));
        if (!critic.HasValueHead)
        {
            throw new ArgumentException("The critic has no value head, so it has no values to give: load it with one.", nameof(critic));
        }

        if (critic.Codec.VocabularySize != policy.Codec.VocabularySize)
        {
            throw new ArgumentException(
                $"The critic has {critic.Codec.VocabularySize} tokens and the policy {policy.Codec.VocabularySize}: both must read the same tokens.", nameof(critic));
        }

        if (!(criticLearningRateFactor > 0 && double.IsFinite(criticLearningRateFactor)))
        {
            throw new ArgumentOutOfRangeException(nameof(criticLearningRateFactor), criticLearningRateFactor, "The factor on the critic's learning rate must be above 0.");
        }

        this.criticLearningRateFactor = criticLearningRateFactor;
    }

    /// <inheritdoc/>
    public ITokenCodec Codec => policy.Codec;

    /// <inheritdoc/>
    public int ContextLength => Math.Min(policy.ContextLength, critic.ContextLength);

    /// <inheritdoc/>
    public bool HasValueHead => true;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> SampleAsync(
        IReadOnlyList<SampleRequest> requests, SamplingOptions options, CancellationToken cancellationToken = default) =>
        policy.SampleAsync(requests, options, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TokenScores>> ScoreAsync(
        IReadOnlyList<TokenSequence> sequences, double temperature = 1, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(sequences, temperature, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<TokenScores> values = await critic.ScoreAsync(sequences, temperature, cancellationToken).ConfigureAwait(false);
        return scores.Zip(values, (score, value) => score with { Values = value.Values }).ToArray();
    }

    /// <inheritdoc/>
    public IPolicy CreateReference() => policy.CreateReference();

    /// <inheritdoc/>
    /// <remarks>The critic runs forward first, then the policy forward and backward with the values at hand, then the critic backward.</remarks>
    public async Task<LossTerms> ForwardBackwardAsync(
        IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        IReadOnlyList<TokenScores> scores = await critic.ScoreAsync(batch, temperature, cancellationToken).ConfigureAwait(false);
        var values = new Dictionary<TrainingSequence, (ReadOnlyMemory<float> Values, float[] Gradients)>(batch.Count, ReferenceEqualityComparer.Instance);
        var own = new TrainingSequence[batch.Count];
        for (int i = 0; i < batch.Count; i++)
        {
            // The critic learns with all its layers even while the policy's are to stay; its loss looks at nothing but the tokens.
            own[i] = batch[i].StopValueGradient ? new TrainingSequence { PromptTokens = batch[i].PromptTokens, Tokens = batch[i].Tokens } : batch[i];
            values[batch[i]] = values[own[i]] = (scores[i].Values, new float[scores[i].Values.Length]);
        }

        LossTerms terms = await policy.ForwardBackwardAsync(
            batch,
            (sequence, outputs, gradients) =>
            {
                (ReadOnlyMemory<float> known, float[] valueGradients) = values[sequence];
                return loss(
                    sequence,
                    new TokenOutputs { LogProbs = outputs.LogProbs, Entropies = outputs.Entropies, Values = known.Span },
                    new TokenGradients { LogProbs = gradients.LogProbs, Entropies = gradients.Entropies, Values = valueGradients });
            },
            temperature,
            cancellationToken).ConfigureAwait(false);
        await critic.ForwardBackwardAsync(
            own,
            (sequence, _, gradients) =>
            {
                values[sequence].Gradients.CopyTo(gradients.Values);
                return default;
            },
            temperature,
            cancellationToken).ConfigureAwait(false);
        return terms;
    }

    /// <inheritdoc/>
    /// <returns>The gradient norm of the policy; the critic's gradients are clipped to the same norm on their own.</returns>
    public async Task<double> OptimizerStepAsync(AdamWOptions options, double learningRate, CancellationToken cancellationToken = default)
    {
        double norm = await policy.OptimizerStepAsync(options, learningRate, cancellationToken).ConfigureAwait(false);

        // A step that the policy skips, the critic skips too.
        double criticRate = double.IsFinite(norm) ? learningRate * criticLearningRateFactor : 0;
        await critic.OptimizerStepAsync(options, criticRate, CancellationToken.None).ConfigureAwait(false);
        return norm;
    }

    /// <inheritdoc/>
    /// <remarks>The critic lies in the folder <c>critic</c>; tools that load models pass it over.</remarks>
    public async Task SaveAsync(string directory, bool withOptimizerState = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string temporary = directory + ".with-critic";
        if (Directory.Exists(temporary))
        {
            // Left by a save that was killed.
            Directory.Delete(temporary, recursive: true);
        }

        try
        {
            await policy.SaveAsync(temporary, withOptimizerState, cancellationToken).ConfigureAwait(false);
            await critic.SaveAsync(Path.Combine(temporary, CriticFolder), withOptimizerState, cancellationToken).ConfigureAwait(false);
            Directory.Move(temporary, directory);
        }
        catch
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The critic is loaded first. Where the policy's part is damaged, the policy keeps its weights and the critic has its new ones: load a
    /// whole folder before going on.
    /// </remarks>
    public async Task LoadAsync(string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string criticDirectory = Path.Combine(directory, CriticFolder);
        if (!Directory.Exists(criticDirectory))
        {
            throw new CheckpointException($"{directory} has no folder \"{CriticFolder}\", so it was saved without the critic: load it into a policy without one.");
        }

        await critic.LoadAsync(criticDirectory, cancellationToken).ConfigureAwait(false);
        await policy.LoadAsync(directory, cancellationToken).ConfigureAwait(false);
    }
}
