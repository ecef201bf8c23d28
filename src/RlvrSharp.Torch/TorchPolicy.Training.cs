using RlvrSharp.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <content>Forward with gradients, backward, optimiser step.</content>
public sealed partial class TorchPolicy
{
    /// <inheritdoc/>
    public Task<LossTerms> ForwardBackwardAsync(
        IReadOnlyList<TrainingSequence> batch, PolicyLoss loss, double temperature = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        ObjectDisposedException.ThrowIf(disposed, this);
        SequenceCheck.Temperature(temperature);
        engine.Check.Sequences(batch);
        return Task.Run(() => TorchFault.Explain(() => ForwardBackward(batch, loss, 1 / temperature, cancellationToken)), cancellationToken);
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
                    cancellationToken.ThrowIfCancellationRequested();
                    return TorchFault.Explain(() => optimizer.Step(options, learningRate));
                }
            },
            cancellationToken);
    }

    private LossTerms ForwardBackward(IReadOnlyList<TrainingSequence> sequences, PolicyLoss loss, double inverseTemperature, CancellationToken cancellationToken)
    {
        var terms = new LossTerms[sequences.Count];
        lock (engine.Gate)
        {
            // Whether gradients are recorded is the thread's, and this thread may have done other work before.
            using IDisposable on = enable_grad();
            foreach (PaddedBatch batch in PaddedBatch.Cut(sequences, options.MaxTokensPerPass))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                Pass(batch, sequences, loss, inverseTemperature, terms);
            }

            // A loss counts sequences without tokens too, if it wants.
            for (int s = 0; s < sequences.Count; s++)
            {
                if (sequences[s].Tokens.Length == 0)
                {
                    terms[s] = loss(sequences[s], default, default);
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

    private void Pass(PaddedBatch batch, IReadOnlyList<TrainingSequence> sequences, PolicyLoss loss, double inverseTemperature, LossTerms[] terms)
    {
        TorchModel model = engine.Model;
        Tensor ids = batch.IdTensor(model.Device);
        Tensor targets = tensor(batch.Targets, device: model.Device);
        TorchParameter embedding = model.Weights.Embedding;
        Tensor embedded;
        using (no_grad())
        {
            embedded = model.Embed(ids);
        }

        Tensor[] inputs = options.RecomputeActivations ? RunKeepingInputs(embedded) : [];
        embedded.requires_grad = embedding.Trained;
        Tensor states = TorchEngine.Select(model.FinalNorm(options.RecomputeActivations ? inputs[^1] : model.Run(embedded)), batch);
        Tensor gradient;
        using (no_grad())
        {
            Tensor fixedStates = states.detach();
            TorchHead.Scores scores = engine.Head.Score(fixedStates, targets, inverseTemperature);
            int rows = scores.LogProbs.Length;
            float[] logProbs = new float[rows], entropies = new float[rows], values = new float[scores.Values.Length], shared = new float[scores.Values.Length];
            for (int i = 0; i < batch.Members.Count; i++)
            {
                TrainingSequence sequence = sequences[batch.Members[i]];
                int from = batch.Starts[i], count = sequence.Tokens.Length;
                bool valued = values.Length > 0;
                terms[batch.Members[i]] = loss(
                    sequence,
                    new TokenOutputs
                    {
                        LogProbs = scores.LogProbs.AsSpan(from, count),
                        Entropies = scores.Entropies.AsSpan(from, count),
                        Values = valued ? scores.Values.AsSpan(from, count) : default,
                    },
                    new TokenGradients
                    {
                        LogProbs = logProbs.AsSpan(from, count),
                        Entropies = entropies.AsSpan(from, count),
                        Values = valued ? values.AsSpan(from, count) : default,
                    });
                if (valued && !sequence.StopValueGradient)
                {
                    values.AsSpan(from, count).CopyTo(shared.AsSpan(from));
                }
            }

            gradient = engine.Head.Backward(fixedStates, targets, inverseTemperature, logProbs, entropies, values, shared);
        }

        if (states.requires_grad)
        {
            autograd.backward(states, gradient);
        }

        if (options.RecomputeActivations)
        {
            BackwardThroughLayers(inputs);
        }

        using (no_grad())
        {
            if (embedding.Trained)
            {
                embedding.AddRows(ids.reshape(-1), embedded.grad!.reshape(-1, config.HiddenSize));
            }

            foreach (TorchParameter parameter in optimizer.Parameters)
            {
                parameter.Collect();
            }
        }
    }

    /// <summary>The inputs of all layers and, last, what the final norm reads; each begins a graph of its own.</summary>
    private Tensor[] RunKeepingInputs(Tensor embedded)
    {
        var inputs = new Tensor[config.LayerCount + 1];
        using (no_grad())
        {
            inputs[0] = embedded;
            for (int layer = 0; layer < config.LayerCount; layer++)
            {
                using DisposeScope scope = NewDisposeScope();
                inputs[layer + 1] = engine.Model.Layer(layer, inputs[layer]).MoveToOuterDisposeScope();
            }
        }

        inputs[^1].requires_grad = true;
        return inputs;
    }

    private void BackwardThroughLayers(Tensor[] inputs)
    {
        Tensor gradient = inputs[^1].grad!;
        for (int layer = config.LayerCount - 1; layer >= 0; layer--)
        {
            using DisposeScope scope = NewDisposeScope();
            inputs[layer].requires_grad = true;
            autograd.backward(engine.Model.Layer(layer, inputs[layer]), gradient);
            gradient.Dispose();
            inputs[layer + 1].Dispose();
            gradient = inputs[layer].grad!.MoveToOuterDisposeScope();
        }
    }
}
