using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>
/// Draws completions with a continuous batch: finished sequences leave, waiting ones take their place, equal prompts are computed once.
/// Who is in the batch with whom changes no bit of any completion.
/// </summary>
internal sealed unsafe class Sampler
{
    private const int PrefillRows = 4096;
    private readonly Transformer transformer;
    private readonly ITokenCodec codec;
    private readonly SamplingOptions options;
    private readonly int maxBatch;
    private readonly HashSet<int> endTokens;
    private readonly int hidden;

    public Sampler(Transformer transformer, ITokenCodec codec, SamplingOptions options, int maxBatch)
    {
        this.transformer = transformer;
        this.codec = codec;
        this.options = options;
        this.maxBatch = maxBatch;
        endTokens = [.. transformer.Config.EndTokens];
        hidden = transformer.Config.HiddenSize;
    }

    /// <summary>The most bytes that caches took at once.</summary>
    public long PeakCacheBytes { get; private set; }

    /// <summary>Draws one completion per prompt; entries of <paramref name="prompts"/> that are the same array are computed once.</summary>
    public Completion[] Sample(IReadOnlyList<int[]> prompts, IReadOnlyList<ulong> streams, CancellationToken cancellationToken)
    {
        var result = new Completion[prompts.Count];
        var prepared = new Dictionary<int[], Prompt>(ReferenceEqualityComparer.Instance);
        foreach (int[] tokens in prompts)
        {
            if (!prepared.TryGetValue(tokens, out Prompt? prompt))
            {
                prepared.Add(tokens, prompt = new Prompt(tokens));
            }

            prompt.Waiting++;
        }

        // Requests with the same prompt go together, so that a prompt's keys and values are needed for a short time only.
        int[] order = [.. Enumerable.Range(0, prompts.Count).OrderBy(i => prepared[prompts[i]].First(i)).ThenBy(i => i)];
        var active = new List<Active>();
        int next = 0;
        var states = new FloatBuffer(Math.Min(maxBatch, Math.Max(order.Length, 1)) * hidden);
        float* rows = states.Pointer;
        while (next < order.Length || active.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entering = new List<Active>();
            while (next < order.Length && active.Count + entering.Count < maxBatch)
            {
                int index = order[next++];
                entering.Add(new Active(index, prepared[prompts[index]], new KeyedRandom(streams[index])));
            }

            // The last step's states first: computing new prompts overwrites them.
            if (active.Count > 0)
            {
                new ReadOnlySpan<float>(transformer.LastHidden, active.Count * hidden).CopyTo(states.Span);
            }

            Prefill(entering, cancellationToken);
            foreach (Active row in entering)
            {
                row.Prompt.LastState.CopyTo(states.Span[(active.Count * hidden)..]);
                active.Add(row);
            }

            Draw(active, rows);
            foreach (Active done in active.Where(row => row.Finish is not null))
            {
                result[done.Index] = Complete(done);
            }

            PeakCacheBytes = Math.Max(PeakCacheBytes, active.Sum(row => row.Cache.Bytes) + prepared.Values.Sum(prompt => prompt.Cache?.Bytes ?? 0));
            active.RemoveAll(row => row.Finish is not null);
            if (active.Count > 0)
            {
                transformer.Step([.. active.Select(row => row.Tokens[^1])], [.. active.Select(row => row.Prompt.Cache!)], [.. active.Select(row => row.Cache)]);
            }
        }

        return result;
    }

    private void Prefill(List<Active> entering, CancellationToken cancellationToken)
    {
        List<Prompt> fresh = [.. entering.Select(row => row.Prompt).Where(prompt => prompt.Cache is null).Distinct()];
        for (int from = 0; from < fresh.Count;)
        {
            int to = from + 1;
            int rows = fresh[from].Tokens.Length;
            while (to < fresh.Count && rows + fresh[to].Tokens.Length <= PrefillRows)
            {
                rows += fresh[to++].Tokens.Length;
            }

            List<Prompt> part = fresh[from..to];
            List<TokenSequence> sequences = [.. part.Select(prompt => new TokenSequence { PromptTokens = prompt.Tokens, Tokens = default })];
            TokenBatch batch = TokenBatch.Create(sequences, [.. Enumerable.Range(0, part.Count).Select(i => new[] { i })]);
            foreach (Prompt prompt in part)
            {
                prompt.Cache = new KeyValueCache(transformer.Config, prompt.Tokens.Length) { Length = prompt.Tokens.Length };
            }

            transformer.Forward(batch, keep: false, [.. part.Select(prompt => prompt.Cache!)], cancellationToken);
            for (int i = 0; i < part.Count; i++)
            {
                RowSpan span = batch.Groups[i].Prompt;
                part[i].LastState = new ReadOnlySpan<float>(transformer.LastHidden + ((long)(span.Start + span.Length - 1) * hidden), hidden).ToArray();
            }

            from = to;
        }

        foreach (Active row in entering)
        {
            row.Cache = new KeyValueCache(transformer.Config, Math.Min(options.MaxTokens, 64));
        }
    }

    private void Draw(List<Active> active, float* states)
    {
        float inverseTemperature = options.Temperature > 0 ? (float)(1 / options.Temperature) : 1f;
        int vocabulary = transformer.Config.VocabularySize;
        float* logits = transformer.Logits(states, active.Count);
        int stride = transformer.LogitStride;
        transformer.Pool.For(active.Count, r =>
        {
            Active row = active[r];
            float* at = logits + ((long)r * stride);
            LogitStatistics statistics = Softmax.Statistics(at, vocabulary, inverseTemperature);
            int token;
            float logit;
            if (options.Temperature > 0)
            {
                float[] copy = System.Buffers.ArrayPool<float>.Shared.Rent(stride);
                fixed (float* weights = copy)
                {
                    new ReadOnlySpan<float>(at, stride).CopyTo(copy);
                    token = TokenSampler.Draw(weights, vocabulary, inverseTemperature, statistics.Max, options.TopK, options.TopP, row.NextUniform());
                }

                System.Buffers.ArrayPool<float>.Shared.Return(copy);
                logit = at[token];
            }
            else
            {
                token = TokenSampler.Greedy(at, vocabulary);
                logit = at[token];
            }

            row.Tokens.Add(token);
            row.LogProbs.Add(statistics.LogProb(logit, inverseTemperature));
            if (endTokens.Contains(token))
            {
                row.Finish = FinishReason.Stop;
            }
            else if (row.Tokens.Count >= options.MaxTokens || row.Prompt.Tokens.Length + row.Tokens.Count >= transformer.Config.ContextLength)
            {
                row.Finish = FinishReason.Length;
            }
        });
    }

    private Completion Complete(Active row)
    {
        int[] tokens = [.. row.Tokens];
        if (--row.Prompt.Waiting == 0)
        {
            row.Prompt.Cache = null;
        }

        return new Completion
        {
            Text = codec.Decode(tokens),
            PromptTokens = row.Prompt.Tokens,
            Tokens = tokens,
            LogProbs = row.LogProbs.ToArray(),
            FinishReason = row.Finish!.Value,
        };
    }

    private sealed class Prompt(int[] tokens)
    {
        private int first = int.MaxValue;

        public int[] Tokens { get; } = tokens;

        /// <summary>Requests that are not finished.</summary>
        public int Waiting { get; set; }

        public KeyValueCache? Cache { get; set; }

        /// <summary>The residual stream after the last layer at the last token.</summary>
        public float[] LastState { get; set; } = [];

        /// <summary>The first request with this prompt, given that requests ask in order.</summary>
        public int First(int index) => first = Math.Min(first, index);
    }

    private sealed class Active(int index, Prompt prompt, KeyedRandom random)
    {
        private KeyedRandom random = random;

        public int Index { get; } = index;

        public Prompt Prompt { get; } = prompt;

        public KeyValueCache Cache { get; set; } = null!;

        public List<int> Tokens { get; } = [];

        public List<float> LogProbs { get; } = [];

        public FinishReason? Finish { get; set; }

        public double NextUniform() => random.NextDouble();
    }
}
