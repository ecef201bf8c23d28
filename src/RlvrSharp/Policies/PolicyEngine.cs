namespace RlvrSharp.Policies;

/// <summary>Sampling and scoring over a transformer, one call at a time: what a trainable policy and its frozen reference have in common.</summary>
internal sealed class PolicyEngine(Transformer transformer, ITokenCodec codec, ManagedPolicyOptions options)
{
    /// <summary>Held during every computation.</summary>
    public Lock Gate { get; } = new();

    public Transformer Transformer { get; } = transformer;

    public ITokenCodec Codec { get; } = codec;

    /// <summary>The most bytes that keys and values of sequences being sampled took so far.</summary>
    public long PeakCacheBytes { get; private set; }

    public int ContextLength => Transformer.Config.ContextLength;

    /// <summary>Refuses what the model cannot read.</summary>
    public SequenceCheck Check { get; } = new(transformer.Config);

    public IReadOnlyList<Completion> Sample(IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, CancellationToken cancellationToken)
    {
        SequenceCheck.Sampling(sampling);
        int[][] prompts = Check.Encode(requests, Codec);
        ulong[] streams = [.. requests.Select(request => request.Stream)];
        lock (Gate)
        {
            var sampler = new Sampler(Transformer, Codec, sampling, options.MaxBatch);
            Completion[] completions = sampler.Sample(prompts, streams, cancellationToken);
            PeakCacheBytes = Math.Max(PeakCacheBytes, sampler.PeakCacheBytes);
            return completions;
        }
    }

    public IReadOnlyList<TokenScores> Score(IReadOnlyList<TokenSequence> sequences, double temperature, CancellationToken cancellationToken)
    {
        SequenceCheck.Temperature(temperature);
        Check.Sequences(sequences);
        var result = new TokenScores[sequences.Count];
        lock (Gate)
        {
            var outputs = new OutputBuffers();
            foreach (IReadOnlyList<IReadOnlyList<int>> pass in BatchPlan.Passes(sequences, options.MaxTokensPerPass))
            {
                TokenBatch batch = TokenBatch.Create(sequences, pass);
                Transformer.Forward(batch, keep: false, null, cancellationToken);
                Transformer.Score(batch, (float)(1 / temperature), outputs, cancellationToken);
                foreach (int s in pass.SelectMany(group => group))
                {
                    int from = batch.OutputStarts[s];
                    int count = sequences[s].Tokens.Length;
                    result[s] = new TokenScores(
                        outputs.LogProbs.AsMemory(from, count),
                        outputs.Entropies.AsMemory(from, count),
                        outputs.Values.Length == 0 ? default : outputs.Values.AsMemory(from, count));
                }
            }
        }

        return result;
    }
}
