namespace RlvrSharp.Policies;

/// <content>Forward with gradients, backward, optimiser step.</content>
public sealed partial class ManagedPolicy
{
    /// <summary>For tests: false computes a shared prompt once per sequence instead of once per group.</summary>
    internal bool SharePrompts { get; set; } = true;

    /// <inheritdoc/>
    public Task<LossTerms> ForwardBackwardAsync(
        IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        ObjectDisposedException.ThrowIf(disposed, this);
        PolicyEngine.CheckTemperature(temperature);
        engine.CheckSequences(batch);
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
                    return optimizer.Step(options, learningRate);
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
            foreach (IReadOnlyList<IReadOnlyList<int>> pass in BatchPlan.Passes(sequences, options.MaxTokensPerPass, SharePrompts))
            {
                TokenBatch batch = TokenBatch.Create(sequences, pass);
                Transformer.Forward(batch, keep: true, null, cancellationToken);
                Transformer.Score(batch, inverseTemperature, outputs, cancellationToken);
                foreach (int s in pass.SelectMany(group => group))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    terms[s] = Evaluate(sequences[s], loss, outputs, batch.OutputStarts[s]);
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
