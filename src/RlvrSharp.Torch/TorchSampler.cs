using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>
/// Draws completions with a continuous batch: finished sequences leave their slot, waiting ones take it, requests with the same prompt are
/// prefilled once. Random numbers come from each request's own stream and are drawn here, not on the device, whose generator can't be resumed.
/// </summary>
internal sealed class TorchSampler
{
    private readonly TorchModel model;
    private readonly TorchHead head;
    private readonly ITokenCodec codec;
    private readonly SamplingOptions sampling;
    private readonly TorchPolicyOptions options;
    private readonly HashSet<int> endTokens;

    public TorchSampler(TorchModel model, TorchHead head, ITokenCodec codec, SamplingOptions sampling, TorchPolicyOptions options)
    {
        this.model = model;
        this.head = head;
        this.codec = codec;
        this.sampling = sampling;
        this.options = options;
        endTokens = [.. model.Config.EndTokens];
    }

    /// <summary>Draws one completion per prompt; equal prompts are the same array.</summary>
    public Completion[] Sample(int[][] prompts, ulong[] streams, CancellationToken cancellationToken)
    {
        var result = new Completion[prompts.Length];
        if (prompts.Length == 0)
        {
            return result;
        }

        var first = new Dictionary<int[], int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < prompts.Length; i++)
        {
            first.TryAdd(prompts[i], i);
        }

        int[] order = [.. Enumerable.Range(0, prompts.Length).OrderBy(i => first[prompts[i]]).ThenBy(i => i)];
        int slots = Math.Min(options.MaxBatch, prompts.Length);
        int positions = (int)Math.Min(model.Config.ContextLength, prompts.Max(prompt => prompt.Length) + (long)sampling.MaxTokens);
        var cache = new TorchCache(model.Config.LayerCount, slots, model.Config.KeyValueHeadCount, positions, model.Config.HeadSize, model.Precision, model.Device);
        var active = new List<Active>();
        int next = 0;
        while (next < order.Length || active.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();

            // Some places are left empty for a while, so that several prompts enter in one pass.
            int free = slots - active.Count;
            Tensor? entered = null;
            int before = active.Count;
            if (next < order.Length && (active.Count == 0 || free >= Math.Max(1, slots / 4) || free >= order.Length - next))
            {
                int count = Math.Min(free, order.Length - next);
                foreach (int index in order.AsSpan(next, count))
                {
                    active.Add(new Active(index, prompts[index], streams[index]));
                }

                next += count;
                entered = Prefill(active, before, cache, cancellationToken);
            }

            Tensor? stepped = before == 0 ? null : Step(active[..before], cache);
            Tensor states = stepped is null ? entered! : entered is null ? stepped : cat([stepped, entered], 0);
            Draw(active, head.Logits(states));
            for (int slot = active.Count - 1; slot >= 0; slot--)
            {
                if (active[slot].Finish is not null)
                {
                    result[active[slot].Index] = Complete(active[slot]);
                    int last = active.Count - 1;
                    if (slot != last)
                    {
                        cache.Move(last, slot, active[last].Length - 1);
                        active[slot] = active[last];
                    }

                    active.RemoveAt(last);
                }
            }
        }

        return result;
    }

    // The states at the end of the prompts of the sequences from a place on, [count × hidden], and their keys and values in the cache.
    private Tensor Prefill(List<Active> active, int from, TorchCache cache, CancellationToken cancellationToken)
    {
        var groups = new List<(int Slot, int Count, int[] Prompt)>();
        for (int slot = from; slot < active.Count; slot++)
        {
            if (groups.Count > 0 && ReferenceEquals(groups[^1].Prompt, active[slot].Prompt))
            {
                groups[^1] = groups[^1] with { Count = groups[^1].Count + 1 };
            }
            else
            {
                groups.Add((slot, 1, active[slot].Prompt));
            }
        }

        var states = new Tensor[groups.Count];
        int[] byLength = [.. Enumerable.Range(0, groups.Count).OrderByDescending(g => groups[g].Prompt.Length).ThenBy(g => g)];
        for (int at = 0; at < byLength.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = groups[byLength[at]].Prompt.Length;
            int[] part = byLength[at..(at + Math.Clamp(options.MaxTokensPerPass / length, 1, byLength.Length - at))];
            at += part.Length;
            var ids = new long[part.Length * length];
            for (int row = 0; row < part.Length; row++)
            {
                int[] prompt = groups[part[row]].Prompt;
                for (int i = 0; i < prompt.Length; i++)
                {
                    ids[(row * length) + i] = prompt[i];
                }
            }

            using DisposeScope scope = NewDisposeScope();
            Tensor x = model.Run(model.Embed(tensor(ids, [part.Length, length], device: model.Device)), (layer, keys, values) =>
            {
                for (int row = 0; row < part.Length; row++)
                {
                    (int slot, int count, int[] prompt) = groups[part[row]];
                    cache.Write(layer, keys.narrow(0, row, 1), values.narrow(0, row, 1), prompt.Length, slot, count);
                }
            });
            Tensor normed = model.FinalNorm(x);
            for (int row = 0; row < part.Length; row++)
            {
                (_, int count, int[] prompt) = groups[part[row]];
                states[part[row]] = normed.narrow(0, row, 1).narrow(1, prompt.Length - 1, 1).reshape(1, model.Config.HiddenSize)
                    .expand(count, model.Config.HiddenSize).clone().MoveToOuterDisposeScope();
            }
        }

        return cat(states, 0);
    }

    private Tensor Step(List<Active> active, TorchCache cache)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = tensor(active.Select(row => (long)row.Tokens[^1]).ToArray(), device: model.Device);
        Tensor positions = tensor(active.Select(row => (long)row.Length - 1).ToArray(), device: model.Device);
        return model.Step(ids, positions, active.Max(row => row.Length), cache).MoveToOuterDisposeScope();
    }

    private void Draw(List<Active> active, Tensor logits)
    {
        using Scalar scale = (sampling.Temperature > 0 ? 1 / sampling.Temperature : 1).ToScalar();
        Tensor logs = nn.functional.log_softmax(logits.mul(scale), -1);
        Tensor chosen = sampling.Temperature > 0 ? Invert(logs, active) : logits.argmax(-1);
        var logProbs = new float[active.Count];
        TorchHead.Copy(logs.gather(1, chosen.unsqueeze(1)), logProbs);
        long[] tokens = chosen.cpu().data<long>().ToArray();
        for (int i = 0; i < active.Count; i++)
        {
            Active row = active[i];
            row.Tokens.Add((int)tokens[i]);
            row.LogProbs.Add(logProbs[i]);
            if (endTokens.Contains((int)tokens[i]))
            {
                row.Finish = FinishReason.Stop;
            }
            else if (row.Tokens.Count >= sampling.MaxTokens || row.Length >= model.Config.ContextLength)
            {
                row.Finish = FinishReason.Length;
            }
        }
    }

    /// <summary>Draws by inversion: the first token, ids ascending, whose cumulated weight passes u times the whole.</summary>
    private Tensor Invert(Tensor logs, List<Active> active)
    {
        long vocabulary = logs.shape[1];
        Tensor weights = logs.exp();
        using Scalar nothing = 0.0.ToScalar();
        if (sampling.TopK > 0 && sampling.TopK < vocabulary)
        {
            // Tokens as probable as the k-th are kept with it.
            Tensor floor = logs.topk(sampling.TopK, -1).values.narrow(1, sampling.TopK - 1, 1);
            weights.masked_fill_(logs.lt(floor), nothing);
        }

        if (sampling.TopP < 1)
        {
            // From the least probable up: a token is outside if those above it reach the share. Of equals the larger id is above, as in managed code.
            (Tensor sorted, Tensor ids) = weights.sort(-1, descending: false, stable: true);
            Tensor sums = sorted.to(ScalarType.Float64).cumsum(-1);
            Tensor all = sums.narrow(1, vocabulary - 1, 1);
            using Scalar share = sampling.TopP.ToScalar();
            Tensor outside = all.sub(sums).ge(all.mul(share));
            Tensor dropped = zeros_like(outside, requires_grad: false).scatter_(1, ids, outside);
            weights.masked_fill_(dropped, nothing);
        }

        Tensor cumulated = weights.to(ScalarType.Float64).cumsum(-1);
        Tensor total = cumulated.narrow(1, vocabulary - 1, 1);
        Tensor uniform = tensor(active.Select(row => row.NextUniform()).ToArray(), device: model.Device).unsqueeze(1);
        Tensor found = searchsorted(cumulated, uniform.mul(total), right: true);

        // Rounding may put u · total at the total itself: then the last token with a weight.
        Tensor last = cumulated.lt(total).sum([-1L], keepdim: true);
        return minimum(found, last).squeeze(1);
    }

    private Completion Complete(Active row)
    {
        int[] tokens = [.. row.Tokens];
        return new Completion
        {
            Text = codec.Decode(tokens),
            PromptTokens = row.Prompt,
            Tokens = tokens,
            LogProbs = row.LogProbs.ToArray(),
            FinishReason = row.Finish!.Value,
        };
    }

    private sealed class Active(int index, int[] prompt, ulong stream)
    {
        private KeyedRandom random = new(stream);

        public int Index { get; } = index;

        public int[] Prompt { get; } = prompt;

        public List<int> Tokens { get; } = [];

        public List<float> LogProbs { get; } = [];

        public int Length => Prompt.Length + Tokens.Count;

        public FinishReason? Finish { get; set; }

        public double NextUniform() => random.NextDouble();
    }
}
