using System.Buffers;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>The backward pass of attention. Weights are recomputed, not kept.</content>
internal sealed unsafe partial class Transformer
{
    /// <summary>One key-value head of a group: the gradients of all its queries, and of the keys and values that they share.</summary>
    private void AttendGroupBackward(HeadShape shape, LayerActivations a, TokenGroup group, int head, float* dOut, float* dq, float* dk, float* dv)
    {
        int longest = group.Answers.Count == 0 ? 0 : group.Answers.Max(answer => answer.Length);
        int promptFloats = Attention.PanelFloats(group.Prompt.Length, shape.Size);
        int answerFloats = Attention.PanelFloats(longest, shape.Size);
        int stride = Math.Max(Attention.ScoreStride(0, group.Prompt.Length), Attention.ScoreStride(group.Prompt.Length, longest));
        float[] scratch = ArrayPool<float>.Shared.Rent((2 * (promptFloats + answerFloats)) + (2 * Attention.RowBlock * stride));
        fixed (float* buffer = scratch)
        {
            float* promptValues = buffer + promptFloats;
            float* answerKeys = promptValues + promptFloats;
            float* answerValues = answerKeys + answerFloats;
            float* scores = answerValues + answerFloats;
            float* gradients = scores + (Attention.RowBlock * stride);
            PositionRun prompt = Run(shape, a, group.Prompt, head, buffer);
            PackValues(shape, a, group.Prompt, head, promptValues);
            var runs = new RunGradients { Shape = shape, Activations = a, Head = head, OutputGradient = dOut, QueryGradient = dq, KeyGradient = dk, ValueGradient = dv };
            AttendRunBackward(runs, default, default, null, prompt, group.Prompt, promptValues, scores, gradients, stride);
            foreach (RowSpan span in group.Answers)
            {
                PositionRun own = Run(shape, a, span, head, answerKeys);
                PackValues(shape, a, span, head, answerValues);
                AttendRunBackward(runs, prompt, group.Prompt, promptValues, own, span, answerValues, scores, gradients, stride);
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    private void PackValues(HeadShape shape, LayerActivations a, RowSpan span, int head, float* panels) =>
        Attention.PackPanels(a.Value.Pointer + ((long)span.Start * keys) + (head * shape.Size), keys, span.Length, shape.Size, panels);

    private void AttendRunBackward(
        RunGradients runs,
        PositionRun prompt,
        RowSpan promptRows,
        float* promptValues,
        PositionRun own,
        RowSpan ownRows,
        float* ownValues,
        float* scores,
        float* gradients,
        int stride)
    {
        HeadShape shape = runs.Shape;
        LayerActivations a = runs.Activations;
        int shared = Config.HeadCount / Config.KeyValueHeadCount;
        nint panelStride = Gemm.Panel * shape.Size;
        for (int h = runs.Head * shared; h < (runs.Head + 1) * shared; h++)
        {
            for (int i = 0; i < own.Length; i += Attention.RowBlock)
            {
                int rows = Math.Min(Attention.RowBlock, own.Length - i);
                PositionRun seen = own.First(i + rows);
                long at = ((long)(ownRows.Start + i) * queries) + (h * shape.Size);
                float* q = a.Query.Pointer + at;
                float* dOut = runs.OutputGradient + at;
                Attention.Weights(shape, q, queries, rows, prompt.Length + i, 1, prompt, seen, scores, stride);

                // ∂/∂weights = dO·Vᵀ, then through the softmax.
                if (prompt.Length > 0)
                {
                    Gemm.Multiply(dOut, queries, 1, promptValues, Gemm.Panel, panelStride, gradients, stride, rows, RoundUp(prompt.Length), shape.Size, false);
                }

                Gemm.Multiply(dOut, queries, 1, ownValues, Gemm.Panel, panelStride, gradients + prompt.Length, stride, rows, RoundUp(seen.Length), shape.Size, false);
                int width = RoundUp(prompt.Length + seen.Length);
                for (int r = 0; r < rows; r++)
                {
                    float pull = VectorMath.Dot(dOut + ((long)r * queries), a.Attended.Pointer + at + ((long)r * queries), shape.Size);
                    Softmax.AttentionBackward(scores + ((nint)r * stride), gradients + ((nint)r * stride), pull, shape.Scale, width);
                }

                float* dq = runs.QueryGradient + at;
                Spread(runs, promptRows, prompt.Length, 0, scores, gradients, stride, rows, q, dOut, dq, false);
                Spread(runs, ownRows, seen.Length, prompt.Length, scores, gradients, stride, rows, q, dOut, dq, prompt.Length > 0);
            }
        }
    }

    /// <summary>From the gradients of a block of scores to queries, and to the keys and values of one run of positions.</summary>
    private void Spread(
        RunGradients runs,
        RowSpan positions,
        int length,
        int column,
        float* scores,
        float* gradients,
        int stride,
        int rows,
        float* q,
        float* dOut,
        float* dq,
        bool accumulate)
    {
        if (length == 0)
        {
            return;
        }

        int size = runs.Shape.Size;
        long at = ((long)positions.Start * keys) + (runs.Head * size);
        float* key = runs.Activations.Key.Pointer + at;
        Gemm.Multiply(gradients + column, stride, 1, key, keys, Gemm.Panel, dq, queries, rows, size, length, accumulate);
        Gemm.Multiply(gradients + column, 1, stride, q, queries, Gemm.Panel, runs.KeyGradient + at, keys, length, size, rows, true);
        Gemm.Multiply(scores + column, 1, stride, dOut, queries, Gemm.Panel, runs.ValueGradient + at, keys, length, size, rows, true);
    }

    private static int RoundUp(int count) => (count + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel;

    private sealed class RunGradients
    {
        public required HeadShape Shape { get; init; }

        public required LayerActivations Activations { get; init; }

        public required int Head { get; init; }

        public required float* OutputGradient { get; init; }

        public required float* QueryGradient { get; init; }

        public required float* KeyGradient { get; init; }

        public required float* ValueGradient { get; init; }
    }
}
