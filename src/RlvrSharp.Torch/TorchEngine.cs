using RlvrSharp.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>Sampling and scoring over a model, one call at a time: what a trainable policy and its frozen reference have in common.</summary>
internal sealed class TorchEngine(TorchModel model, ITokenCodec codec, TorchPolicyOptions options) : IDisposable
{
    /// <summary>Held during every computation.</summary>
    public Lock Gate { get; } = new();

    public TorchModel Model { get; } = model;

    public TorchHead Head { get; } = new(model, options.MaxLogitRows);

    public ITokenCodec Codec { get; } = codec;

    public SequenceCheck Check { get; } = new(model.Config);

    public IReadOnlyList<Completion> Sample(IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, CancellationToken cancellationToken)
    {
        SequenceCheck.Sampling(sampling);
        int[][] prompts = Check.Encode(requests, Codec);
        ulong[] streams = [.. requests.Select(request => request.Stream)];
        lock (Gate)
        {
            using IDisposable off = no_grad();
            using DisposeScope scope = NewDisposeScope();
            return new TorchSampler(Model, Head, Codec, sampling, options).Sample(prompts, streams, cancellationToken);
        }
    }

    public IReadOnlyList<TokenScores> Score(IReadOnlyList<TokenSequence> sequences, double temperature, CancellationToken cancellationToken)
    {
        SequenceCheck.Temperature(temperature);
        Check.Sequences(sequences);
        var result = new TokenScores[sequences.Count];
        Array.Fill(result, new TokenScores(default, default, default));
        lock (Gate)
        {
            using IDisposable off = no_grad();
            foreach (PaddedBatch batch in PaddedBatch.Cut(sequences, options.MaxTokensPerPass))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                Tensor x = Model.Run(Model.Embed(batch.IdTensor(Model.Device)));
                TorchHead.Scores scores = Head.Score(Select(Model.FinalNorm(x), batch), tensor(batch.Targets, device: Model.Device), 1 / temperature);
                for (int i = 0; i < batch.Members.Count; i++)
                {
                    int from = batch.Starts[i];
                    int count = sequences[batch.Members[i]].Tokens.Length;
                    result[batch.Members[i]] = new TokenScores(
                        scores.LogProbs.AsMemory(from, count),
                        scores.Entropies.AsMemory(from, count),
                        scores.Values.Length == 0 ? default : scores.Values.AsMemory(from, count));
                }
            }
        }

        return result;
    }

    /// <summary>The rows that say something about an answer's token.</summary>
    public static Tensor Select(Tensor states, PaddedBatch batch) =>
        states.reshape((long)batch.Rows * batch.Length, states.shape[2]).index_select(0, tensor(batch.Sources, device: states.device));

    public void Dispose() => Model.Dispose();
}
