namespace RlvrSharp.Policies;

/// <content>Forward with gradients, backward, optimiser step.</content>
public sealed partial class ManagedPolicy
{
    private ReadOnlyMemory<int> probe;
    private double learningRates;
    private bool adaptersShow;

    /// <summary>For tests: false computes a shared prompt once per sequence instead of once per group.</summary>
    internal bool SharePrompts { get; set; } = true;

    /// <inheritdoc/>
    public Task<LossTerms> ForwardBackwardAsync(
        IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        ObjectDisposedException.ThrowIf(disposed, this);
        if (optimizer.Parameters.All(parameter => parameter.Name.StartsWith("value_head", StringComparison.Ordinal)))
        {
            throw new PolicyException("The weights are kept as bfloat16, which cannot be trained: set ManagedPolicyOptions.Lora to train adapters, or switch BFloat16Weights off.");
        }

        SequenceCheck.Temperature(temperature);
        engine.Check.Sequences(batch);
        return Task.Run(() => ForwardBackward(batch, loss, (float)(1 / temperature), cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<double> OptimizerStepAsync(AdamWOptions options, double learningRate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(disposed, this);
        return Task.Run(
            () =>
            {
                lock (engine.Gate)
                {
                    double norm = optimizer.Step(options, learningRate);
                    if (this.options.Lora is not null && !adaptersShow && norm > 0 && double.IsFinite(norm))
                    {
                        // A warm-up's first steps may be too small to show in a float: then the check waits for the one that is not.
                        learningRates += learningRate;
                        if (learningRates >= 1e-6)
                        {
                            CheckAdapters();
                            adaptersShow = true;
                        }
                    }

                    return norm;
                }
            },
            cancellationToken);
    }

    private LossTerms ForwardBackward(IReadOnlyList<TrainingSequence> sequences, PolicyLoss loss, float inverseTemperature, CancellationToken cancellationToken)
    {
        var terms = new LossTerms[sequences.Count];
        lock (engine.Gate)
        {
            var outputs = new OutputBuffers();
            probe = sequences.Count == 0 ? probe : sequences[0].PromptTokens;
            foreach (IReadOnlyList<IReadOnlyList<int>> pass in BatchPlan.Passes(sequences, options.MaxTokensPerPass, SharePrompts))
            {
                TokenBatch batch = TokenBatch.Create(sequences, pass);
                Transformer.Forward(batch, keep: true, null, cancellationToken);
                Transformer.Score(batch, inverseTemperature, outputs, cancellationToken);
                foreach (int s in pass.SelectMany(group => group))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    terms[s] = Evaluate(sequences[s], loss, outputs, batch.OutputStarts[s]);
                    if (outputs.Values.Length > 0 && !sequences[s].StopValueGradient)
                    {
                        outputs.ValueGradients.AsSpan(batch.OutputStarts[s], sequences[s].Tokens.Length).CopyTo(outputs.SharedValueGradients.AsSpan(batch.OutputStarts[s]));
                    }
                }

                if (batch.Outputs > 0)
                {
                    Transformer.Backward(batch, inverseTemperature, outputs, cancellationToken);
                }
            }
        }

        var sum = default(LossTerms);
        foreach (LossTerms part in terms)
        {
            sum += part;
        }

        return sum;
    }

    /// <summary>After the first step the adapters must show in what is sampled; training that does not reach the sampler would go unnoticed.</summary>
    private void CheckAdapters()
    {
        ReadOnlyMemory<int> tokens = probe[..Math.Min(probe.Length, 8)];
        var without = new Transformer(config, Transformer.Weights.Share(config, withAdapters: false), Transformer.Pool);
        if (tokens.Length > 0 && Transformer.NextLogits(tokens).AsSpan().SequenceEqual(without.NextLogits(tokens)))
        {
            throw new PolicyException("Training moved the adapters, but the model samples as without them. Please report this with the model's config.json.");
        }
    }

    private static LossTerms Evaluate(TrainingSequence sequence, PolicyLoss loss, OutputBuffers outputs, int from)
    {
        int count = sequence.Tokens.Length;
        bool values = outputs.Values.Length > 0;
        return loss(
            sequence,
            new TokenOutputs
            {
                LogProbs = outputs.LogProbs.AsSpan(from, count),
                Entropies = outputs.Entropies.AsSpan(from, count),
                Values = values ? outputs.Values.AsSpan(from, count) : default,
            },
            new TokenGradients
            {
                LogProbs = outputs.LogProbGradients.AsSpan(from, count),
                Entropies = outputs.EntropyGradients.AsSpan(from, count),
                Values = values ? outputs.ValueGradients.AsSpan(from, count) : default,
            });
    }
}
