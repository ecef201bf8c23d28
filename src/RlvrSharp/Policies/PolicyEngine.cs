using System.Text.Json;

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

    public IReadOnlyList<Completion> Sample(IReadOnlyList<SampleRequest> requests, SamplingOptions sampling, CancellationToken cancellationToken)
    {
        CheckSampling(sampling);
        var byMessages = new Dictionary<IReadOnlyList<PromptMessage>, (string? Tools, int[] Tokens)>(ReferenceEqualityComparer.Instance);
        var byTokens = new Dictionary<int[], int[]>(TokenComparer.Instance);
        var prompts = new int[requests.Count][];
        for (int i = 0; i < requests.Count; i++)
        {
            string? tools = requests[i].Tools.ValueKind == JsonValueKind.Undefined ? null : requests[i].Tools.GetRawText();
            bool known = byMessages.TryGetValue(requests[i].Messages, out (string? Tools, int[] Tokens) prepared) && prepared.Tools == tools;
            int[] tokens = prepared.Tokens;
            if (!known)
            {
                tokens = Codec.EncodePrompt(requests[i].Messages, requests[i].Tools);
                if (!byTokens.TryAdd(tokens, tokens))
                {
                    tokens = byTokens[tokens];
                }

                byMessages[requests[i].Messages] = (tools, tokens);
                CheckPrompt(tokens, $"Request {i}", needsRoom: true);
            }

            prompts[i] = tokens;
        }

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
        CheckTemperature(temperature);
        CheckSequences(sequences);
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

    /// <summary>Refuses sequences that the model cannot read, naming the first one.</summary>
    public void CheckSequences(IReadOnlyList<TokenSequence> sequences)
    {
        for (int i = 0; i < sequences.Count; i++)
        {
            CheckPrompt(sequences[i].PromptTokens.Span, $"Sequence {i}", needsRoom: false);
            CheckIds(sequences[i].Tokens.Span, $"Sequence {i}", "answer");
            int length = sequences[i].PromptTokens.Length + sequences[i].Tokens.Length;
            if (length > ContextLength)
            {
                throw new PolicyException(
                    $"Sequence {i} has {sequences[i].PromptTokens.Length} prompt and {sequences[i].Tokens.Length} answer tokens, {length} together; the model's context is {ContextLength}. Shorten the prompt or lower the longest answer.");
            }
        }
    }

    public static void CheckTemperature(double temperature)
    {
        if (!(temperature > 0) || !double.IsFinite(temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature that log-probabilities are computed at is a number above 0.");
        }
    }

    private static void CheckSampling(SamplingOptions sampling)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sampling.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(sampling.TopK);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampling.MaxTokens, 1);
        if (!(sampling.TopP > 0 && sampling.TopP <= 1) || !double.IsFinite(sampling.Temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(sampling), $"Temperature is {sampling.Temperature} and TopP {sampling.TopP}: temperature is a finite number, TopP above 0 and at most 1.");
        }
    }

    private void CheckPrompt(ReadOnlySpan<int> tokens, string what, bool needsRoom)
    {
        if (tokens.IsEmpty)
        {
            throw new PolicyException($"{what} has an empty prompt; a model needs at least one token to go on from.");
        }

        CheckIds(tokens, what, "prompt");
        if (tokens.Length > ContextLength || (needsRoom && tokens.Length == ContextLength))
        {
            throw new PolicyException(
                $"{what} has a prompt of {tokens.Length} tokens, and the model's context is {ContextLength}, prompt and answer together. Shorten the prompt or use a model with a longer context.");
        }
    }

    private void CheckIds(ReadOnlySpan<int> tokens, string what, string part)
    {
        int vocabulary = Transformer.Config.VocabularySize;
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
            {
                throw new PolicyException($"{what} has the id {tokens[i]} at {part} token {i}; the model knows the ids 0 to {vocabulary - 1}. Was it tokenized for another model?");
            }
        }
    }
}
