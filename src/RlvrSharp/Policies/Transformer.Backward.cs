using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>The backward pass. Adds to the gradients of the weights; every sum runs over rows ascending, whatever the threads.</content>
internal sealed unsafe partial class Transformer
{
    private FloatBuffer? transposed;
    private FloatBuffer? streamGradient;
    private FloatBuffer? normedGradient;
    private FloatBuffer? innerGradient;
    private FloatBuffer? attendedGradient;
    private FloatBuffer? queryGradient;
    private FloatBuffer? keyGradient;
    private FloatBuffer? valueGradient;
    private float[] roots = [];

    /// <summary>The backward pass of <see cref="Forward"/> and <see cref="Score"/>, which must just have run with this batch.</summary>
    public void Backward(TokenBatch batch, float inverseTemperature, OutputBuffers outputs, CancellationToken cancellationToken)
    {
        float* d = ScoreBackward(batch, inverseTemperature, outputs, cancellationToken);
        for (int l = Config.LayerCount - 1; l >= 0; l--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LayerWeights w = Weights.Layers[l];
            LayerActivations a = RecomputeActivations ? Recompute(l, batch) : Activations(l);
            FeedForwardBackward(w, a, batch.Rows, d);
            AttentionBlockBackward(l, w, a, batch, d);
        }

        EmbeddingBackward(batch, d);
    }

    /// <summary>On entry <paramref name="d"/> is the gradient of the layer's output, afterwards that of the stream between its two blocks.</summary>
    private void FeedForwardBackward(LayerWeights w, LayerActivations a, int rows, float* d)
    {
        float* gate = a.Gate.Pointer;
        float* up = a.Up.Pointer;
        float* active = FloatBuffer.Ensure(ref innerGradient, (long)rows * inner).Pointer;
        MatrixWork.InputGradient(pool, d, hidden, rows, w.Down, active, inner, accumulate: false, ref transposed);
        ForRows(rows, (from, to) =>
            SwiGlu.Backward(gate + ((long)from * inner), up + ((long)from * inner), active + ((long)from * inner), (to - from) * inner));
        MatrixWork.WeightGradient(pool, d, hidden, active, inner, rows, w.Down, ref transposed);

        float* n = normed!.Pointer;
        float* dn = FloatBuffer.Ensure(ref normedGradient, (long)rows * hidden).Pointer;
        Norm(a.Middle.Pointer, w.FeedForwardNorm, n, rows);
        MatrixWork.InputGradient(pool, gate, inner, rows, w.Gate, dn, hidden, accumulate: false, ref transposed);
        MatrixWork.InputGradient(pool, up, inner, rows, w.Up, dn, hidden, accumulate: true, ref transposed);
        MatrixWork.WeightGradient(pool, gate, inner, n, hidden, rows, w.Gate, ref transposed);
        MatrixWork.WeightGradient(pool, up, inner, n, hidden, rows, w.Up, ref transposed);
        NormBackward(w.FeedForwardNorm, a.Middle.Pointer, dn, d, rows);
    }

    /// <summary>On entry <paramref name="d"/> is the gradient of the stream after attention, afterwards that of the layer's input.</summary>
    private void AttentionBlockBackward(int layer, LayerWeights w, LayerActivations a, TokenBatch batch, float* d)
    {
        int rows = batch.Rows;
        float* attended = FloatBuffer.Ensure(ref attendedGradient, (long)rows * queries).Pointer;
        float* dq = FloatBuffer.Ensure(ref queryGradient, (long)rows * queries).Pointer;
        float* dk = FloatBuffer.Ensure(ref keyGradient, (long)rows * keys).Pointer;
        float* dv = FloatBuffer.Ensure(ref valueGradient, (long)rows * keys).Pointer;
        MatrixWork.InputGradient(pool, d, hidden, rows, w.Output, attended, queries, accumulate: false, ref transposed);
        MatrixWork.WeightGradient(pool, d, hidden, a.Attended.Pointer, queries, rows, w.Output, ref transposed);
        new Span<float>(dk, rows * keys).Clear();
        new Span<float>(dv, rows * keys).Clear();
        int heads = Config.KeyValueHeadCount;
        pool.For(batch.Groups.Count * heads, unit => AttendGroupBackward(Shape(layer), a, batch.Groups[unit / heads], unit % heads, attended, dq, dk, dv));

        TurnBack(dq, Config.HeadCount, rows, batch.Positions);
        TurnBack(dk, Config.KeyValueHeadCount, rows, batch.Positions);
        if (w.QueryNorm is { } queryNorm && w.KeyNorm is { } keyNorm)
        {
            HeadNormBackward(queryNorm, a.RawQueryAt(0), dq, rows * Config.HeadCount);
            HeadNormBackward(keyNorm, a.RawKeyAt(0), dk, rows * Config.KeyValueHeadCount);
        }

        float* n = normed!.Pointer;
        Norm(a.Input.Pointer, w.InputNorm, n, rows);
        MatrixWork.WeightGradient(pool, dq, queries, n, hidden, rows, w.Query, ref transposed);
        MatrixWork.WeightGradient(pool, dk, keys, n, hidden, rows, w.Key, ref transposed);
        MatrixWork.WeightGradient(pool, dv, keys, n, hidden, rows, w.Value, ref transposed);
        if (layer == 0 && !w.InputNorm.Trained && !Weights.Embedding.Trained)
        {
            return;
        }

        float* dn = normedGradient!.Pointer;
        MatrixWork.InputGradient(pool, dq, queries, rows, w.Query, dn, hidden, accumulate: false, ref transposed);
        MatrixWork.InputGradient(pool, dk, keys, rows, w.Key, dn, hidden, accumulate: true, ref transposed);
        MatrixWork.InputGradient(pool, dv, keys, rows, w.Value, dn, hidden, accumulate: true, ref transposed);
        NormBackward(w.InputNorm, a.Input.Pointer, dn, d, rows);
    }

    private void TurnBack(float* gradient, int heads, int rows, int[] positions)
    {
        int size = Config.HeadSize;
        ForRows(rows, (from, to) =>
        {
            for (int r = from; r < to; r++)
            {
                for (int h = 0; h < heads; h++)
                {
                    Rope.Turn(gradient + ((((long)r * heads) + h) * size), rope.Cosine(positions[r]), rope.Sine(positions[r]), rope.Half, inverse: true);
                }
            }
        });
    }

    /// <summary>Adds the gradient of a norm's input to <paramref name="dx"/> and that of its weight to the weight's.</summary>
    private void NormBackward(Parameter norm, float* x, float* dy, float* dx, int rows)
    {
        float[] r = Roots(rows);
        ForRows(rows, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                r[i] = RmsNorm.Backward(x + ((long)i * hidden), norm.Values, dy + ((long)i * hidden), dx + ((long)i * hidden), hidden, epsilon);
            }
        });
        NormWeightGradient(norm, dy, x, null, r, rows);
    }

    /// <summary>The per-head norms of queries or keys: <paramref name="d"/> becomes the gradient before the norm.</summary>
    private void HeadNormBackward(Parameter norm, float* raw, float* d, int count)
    {
        int size = Config.HeadSize;
        float[] r = Roots(count);
        ForRows(count, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                r[i] = RmsNorm.InverseRoot(raw + ((long)i * size), size, epsilon);
            }
        });
        NormWeightGradient(norm, d, raw, null, r, count);
        ForRows(count, (from, to) =>
        {
            var outer = new float[size];
            fixed (float* dy = outer)
            {
                for (int i = from; i < to; i++)
                {
                    float* row = d + ((long)i * size);
                    Copy(row, dy, size);
                    new Span<float>(row, size).Clear();
                    RmsNorm.Backward(raw + ((long)i * size), norm.Values, dy, row, size, epsilon);
                }
            }
        });
    }

    /// <summary>∂/∂w += Σ over rows of dy ∘ x · r; row i of dy belongs to row i of x, or to the one that <paramref name="map"/> names.</summary>
    private void NormWeightGradient(Parameter norm, float* dy, float* x, int[]? map, float[] r, int rows)
    {
        const int Width = 64;
        int columns = norm.Columns;
        if (!norm.Trained)
        {
            return;
        }

        float* gradient = norm.NeedGradient().Pointer;
        pool.For((columns + Width - 1) / Width, chunk =>
        {
            int to = Math.Min(columns, (chunk + 1) * Width);
            for (int i = 0; i < rows; i++)
            {
                float* g = dy + ((long)i * columns);
                float* v = x + ((long)(map is null ? i : map[i]) * columns);
                for (int c = chunk * Width; c < to; c++)
                {
                    gradient[c] = MathF.FusedMultiplyAdd(g[c] * v[c], r[i], gradient[c]);
                }
            }
        });
    }

    private void EmbeddingBackward(TokenBatch batch, float* d)
    {
        const int Width = 16;
        Parameter embedding = Weights.Embedding;
        if (!embedding.Trained)
        {
            return;
        }

        float* gradient = embedding.NeedGradient().Pointer;
        int step = embedding.Packed ? Gemm.Panel : 1;
        pool.For((hidden + Width - 1) / Width, chunk =>
        {
            int from = chunk * Width;
            int count = Math.Min(Width, hidden - from);
            for (int i = 0; i < batch.Rows; i++)
            {
                float* target = gradient + embedding.IndexOf(batch.Tokens[i], from);
                float* source = d + ((long)i * hidden) + from;
                for (int c = 0; c < count; c++)
                {
                    target[c * step] += source[c];
                }
            }
        });
    }

    private float[] Roots(int count)
    {
        if (roots.Length < count)
        {
            roots = new float[count];
        }

        return roots;
    }
}
