using System.Buffers;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>The forward pass.</content>
internal sealed unsafe partial class Transformer
{
    /// <summary>Runs a batch through all layers; the residual stream after the last is in <see cref="LastHidden"/>.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="keep">Whether the backward pass will follow.</param>
    /// <param name="caches">Where each group's prompt keys and values go, for decoding; null if nowhere.</param>
    /// <param name="cancellationToken">Checked before each layer.</param>
    public void Forward(TokenBatch batch, bool keep, IReadOnlyList<KeyValueCache>? caches, CancellationToken cancellationToken)
    {
        int rows = batch.Rows;
        rope.Need(batch.Positions.Max() + 1);
        float* last = FloatBuffer.Ensure(ref lastHidden, (long)rows * hidden).Pointer;
        for (int l = 0; l < Config.LayerCount; l++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LayerActivations layer = Prepare(l, rows, keep);
            if (l == 0)
            {
                Embed(batch.Tokens, rows, layer.Input.Pointer);
            }

            float* output = l + 1 < Config.LayerCount ? Prepare(l + 1, rows, keep, inputOnly: true).Input.Pointer : last;
            if (keep && RecomputeActivations)
            {
                layer.Input = inputs[l]!;
            }

            int index = l;
            Layer(l, layer, rows, batch.Positions, keep, () => AttendGroups(index, layer, batch, caches), output);
        }
    }

    /// <summary>Runs a layer again from its kept input, so that its backward pass has all it needs.</summary>
    private LayerActivations Recompute(int index, TokenBatch batch)
    {
        LayerActivations layer = Prepare(index, batch.Rows, keep: true);
        Layer(index, layer, batch.Rows, batch.Positions, keep: true, () => AttendGroups(index, layer, batch, null), LastHidden);
        return layer;
    }

    /// <summary>The activations that a layer writes: its own where they are kept, else those that all layers share.</summary>
    private LayerActivations Prepare(int layer, int rows, bool keep, bool inputOnly = false)
    {
        bool recompute = keep && RecomputeActivations;
        LayerActivations a = Activations(keep && !recompute ? layer : 0);
        if (recompute)
        {
            while (inputs.Count <= layer)
            {
                inputs.Add(null);
            }

            FloatBuffer? input = inputs[layer];
            inputs[layer] = FloatBuffer.Ensure(ref input, (long)rows * hidden);
            a.Input = inputs[layer]!;
        }

        if (!(recompute && inputOnly))
        {
            a.Ensure(rows, hidden, queries, keys, inner, Config.QueryKeyNorm && keep);
        }

        return a;
    }

    /// <summary>The residual stream after the last layer, before the final norm: [rows × hidden].</summary>
    public float* LastHidden => lastHidden!.Pointer;

    private void Embed(int[] tokens, int rows, float* target) => ForRows(rows, (from, to) =>
    {
        for (int r = from; r < to; r++)
        {
            Weights.Embedding.CopyRow(tokens[r], target + ((long)r * hidden));
        }
    });

    /// <summary>One layer; <paramref name="output"/> may be the layer's own input.</summary>
    private void Layer(int index, LayerActivations a, int rows, int[] positions, bool keep, Action attention, float* output)
    {
        LayerWeights w = Weights.Layers[index];
        float* x = a.Input.Pointer;
        float* n = FloatBuffer.Ensure(ref normed, (long)rows * hidden).Pointer;
        Norm(x, w.InputNorm, n, rows);
        MatrixWork.Forward(
            pool,
            n,
            hidden,
            rows,
            accumulate: false,
            new LinearTarget(w.Query, a.Query.Pointer),
            new LinearTarget(w.Key, a.Key.Pointer),
            new LinearTarget(w.Value, a.Value.Pointer));
        ForRows(rows, (from, to) =>
        {
            for (int r = from; r < to; r++)
            {
                NormAndTurn(a.Query.Pointer + ((long)r * queries), Config.HeadCount, w.QueryNorm, keep ? a.RawQueryAt((long)r * queries) : null, positions[r]);
                NormAndTurn(a.Key.Pointer + ((long)r * keys), Config.KeyValueHeadCount, w.KeyNorm, keep ? a.RawKeyAt((long)r * keys) : null, positions[r]);
            }
        });

        attention();

        float* middle = a.Middle.Pointer;
        Copy(x, middle, (long)rows * hidden);
        MatrixWork.Forward(pool, a.Attended.Pointer, queries, rows, accumulate: true, new LinearTarget(w.Output, middle));
        Norm(middle, w.FeedForwardNorm, n, rows);
        MatrixWork.Forward(pool, n, hidden, rows, accumulate: false, new LinearTarget(w.Gate, a.Gate.Pointer), new LinearTarget(w.Up, a.Up.Pointer));
        float* active = FloatBuffer.Ensure(ref activated, (long)rows * inner).Pointer;
        ForRows(rows, (from, to) =>
            SwiGlu.Forward(a.Gate.Pointer + ((long)from * inner), a.Up.Pointer + ((long)from * inner), active + ((long)from * inner), (to - from) * inner));
        Copy(middle, output, (long)rows * hidden);
        MatrixWork.Forward(pool, active, inner, rows, accumulate: true, new LinearTarget(w.Down, output));
    }

    private void Norm(float* x, Parameter weight, float* y, int rows) => ForRows(rows, (from, to) =>
    {
        for (int r = from; r < to; r++)
        {
            RmsNorm.Forward(x + ((long)r * hidden), weight.Values, y + ((long)r * hidden), hidden, epsilon);
        }
    });

    private void NormAndTurn(float* heads, int count, Parameter? norm, float* raw, int position)
    {
        int size = Config.HeadSize;
        if (norm is not null && raw is not null)
        {
            Copy(heads, raw, (long)count * size);
        }

        for (int h = 0; h < count; h++)
        {
            float* head = heads + (h * size);
            if (norm is not null)
            {
                RmsNorm.Forward(head, norm.Values, head, size, epsilon);
            }

            Rope.Turn(head, rope.Cosine(position), rope.Sine(position), rope.Half, inverse: false);
        }
    }

    private void AttendGroups(int layer, LayerActivations a, TokenBatch batch, IReadOnlyList<KeyValueCache>? caches)
    {
        int heads = Config.KeyValueHeadCount;
        pool.For(batch.Groups.Count * heads, unit =>
        {
            int group = unit / heads;
            int head = unit % heads;
            AttendGroup(Shape(layer), a, batch.Groups[group], head);
            caches?[group].Write(layer, head, a.Key.Pointer, a.Value.Pointer, batch.Groups[group].Prompt);
        });
    }

    /// <summary>One key-value head of a group: the prompt on itself, then each answer on the prompt and itself.</summary>
    private void AttendGroup(HeadShape shape, LayerActivations a, TokenGroup group, int head)
    {
        int longest = group.Answers.Count == 0 ? 0 : group.Answers.Max(answer => answer.Length);
        int promptFloats = Attention.PanelFloats(group.Prompt.Length, shape.Size);
        int scoreStride = Math.Max(Attention.ScoreStride(0, group.Prompt.Length), Attention.ScoreStride(group.Prompt.Length, longest));
        float[] scratch = ArrayPool<float>.Shared.Rent(promptFloats + Attention.PanelFloats(longest, shape.Size) + (Attention.RowBlock * scoreStride));
        fixed (float* buffer = scratch)
        {
            float* promptPanels = buffer;
            float* answerPanels = buffer + promptFloats;
            float* scores = answerPanels + Attention.PanelFloats(longest, shape.Size);
            PositionRun prompt = Run(shape, a, group.Prompt, head, promptPanels);
            AttendRun(shape, a, default, prompt, group.Prompt.Start, head, scores, scoreStride);
            foreach (RowSpan span in group.Answers)
            {
                PositionRun own = Run(shape, a, span, head, answerPanels);
                AttendRun(shape, a, prompt, own, span.Start, head, scores, scoreStride);
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    private PositionRun Run(HeadShape shape, LayerActivations a, RowSpan span, int head, float* panels)
    {
        Attention.PackPanels(a.Key.Pointer + ((long)span.Start * keys) + (head * shape.Size), keys, span.Length, shape.Size, panels);
        return new PositionRun
        {
            KeyPanels = panels,
            KeyPanelStride = Gemm.Panel * shape.Size,
            Values = a.Value.Pointer + ((long)span.Start * keys) + (head * shape.Size),
            ValueStride = keys,
            Length = span.Length,
        };
    }

    private void AttendRun(HeadShape shape, LayerActivations a, PositionRun prompt, PositionRun own, int firstRow, int head, float* scores, int scoreStride)
    {
        int shared = Config.HeadCount / Config.KeyValueHeadCount;
        for (int h = head * shared; h < (head + 1) * shared; h++)
        {
            for (int i = 0; i < own.Length; i += Attention.RowBlock)
            {
                int rows = Math.Min(Attention.RowBlock, own.Length - i);
                PositionRun seen = own.First(i + rows);
                long at = ((long)(firstRow + i) * queries) + (h * shape.Size);
                Attention.Weights(shape, a.Query.Pointer + at, queries, rows, prompt.Length + i, 1, prompt, seen, scores, scoreStride);
                Attention.Outputs(shape, scores, scoreStride, rows, prompt, seen, a.Attended.Pointer + at, queries);
            }
        }
    }
}
