using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>From the last hidden states to log-probabilities, entropies and values, and back, in blocks of rows over the vocabulary.</content>
internal sealed unsafe partial class Transformer
{
    private const int LogitBlockFloats = 1 << 22;
    private FloatBuffer? headInput;
    private FloatBuffer? headGradient;
    private FloatBuffer? logitBlock;
    private LogitStatistics[] statistics = [];

    /// <summary>The width of a row of logits: the vocabulary in whole panels.</summary>
    public int LogitStride => (Config.VocabularySize + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel;

    /// <summary>Logits of some hidden states (rows before the final norm), [rows × <see cref="LogitStride"/>]; valid until the next call.</summary>
    public float* Logits(float* states, int rows)
    {
        float* n = FloatBuffer.Ensure(ref headInput, (long)rows * hidden).Pointer;
        Norm(states, Weights.FinalNorm, n, rows);
        return LogitsOfNormed(n, rows);
    }

    /// <summary>Log-probabilities, entropies and values of a batch that <see cref="Forward"/> has just run.</summary>
    public void Score(TokenBatch batch, float inverseTemperature, OutputBuffers outputs, CancellationToken cancellationToken)
    {
        int count = batch.Outputs;
        outputs.Resize(count, Weights.ValueWeight is not null);
        if (statistics.Length < count)
        {
            statistics = new LogitStatistics[count];
        }

        float* n = FloatBuffer.Ensure(ref headInput, (long)count * hidden).Pointer;
        float* states = LastHidden;
        ForRows(count, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                RmsNorm.Forward(states + ((long)batch.OutputRows[i] * hidden), Weights.FinalNorm.Values, n + ((long)i * hidden), hidden, epsilon);
                if (Weights.ValueWeight is { } weight)
                {
                    outputs.Values[i] = VectorMath.Dot(n + ((long)i * hidden), weight.Values, hidden) + *Weights.ValueBias!.Values;
                }
            }
        });

        int blockRows = BlockRows(count);
        for (int b = 0; b < count; b += blockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int first = b;
            int rows = Math.Min(blockRows, count - b);
            float* logits = LogitsOfNormed(n + ((long)b * hidden), rows);
            int stride = LogitStride;
            ForRows(rows, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    float* row = logits + ((long)i * stride);
                    LogitStatistics s = Softmax.Statistics(row, Config.VocabularySize, inverseTemperature);
                    statistics[first + i] = s;
                    outputs.LogProbs[first + i] = s.LogProb(row[batch.OutputTargets[first + i]], inverseTemperature);
                    outputs.Entropies[first + i] = s.Entropy;
                }
            });
        }
    }

    /// <summary>The backward pass of <see cref="Score"/>: adds weight gradients and returns ∂loss/∂<see cref="LastHidden"/>, [rows × hidden].</summary>
    private float* ScoreBackward(TokenBatch batch, float inverseTemperature, OutputBuffers outputs, CancellationToken cancellationToken)
    {
        int count = batch.Outputs;
        int stride = LogitStride;
        float* n = headInput!.Pointer;
        float* dn = FloatBuffer.Ensure(ref headGradient, (long)count * hidden).Pointer;
        var head = new Linear(Weights.Head, null);
        int blockRows = BlockRows(count);
        for (int b = 0; b < count; b += blockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int first = b;
            int rows = Math.Min(blockRows, count - b);
            float* logits = LogitsOfNormed(n + ((long)b * hidden), rows);
            ForRows(rows, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    int o = first + i;
                    Softmax.Backward(
                        logits + ((long)i * stride),
                        Config.VocabularySize,
                        inverseTemperature,
                        statistics[o],
                        batch.OutputTargets[o],
                        outputs.LogProbGradients[o],
                        outputs.EntropyGradients[o]);
                }
            });
            MatrixWork.InputGradient(pool, logits, stride, rows, head, dn + ((long)b * hidden), hidden, accumulate: false, ref transposed);
            MatrixWork.WeightGradient(pool, logits, stride, n + ((long)b * hidden), hidden, rows, head, ref transposed);
        }

        if (Weights.ValueWeight is { } value)
        {
            ValueBackward(count, n, dn, value, Weights.ValueBias!, outputs);
        }

        float* d = FloatBuffer.Ensure(ref streamGradient, (long)batch.Rows * hidden).Pointer;
        new Span<float>(d, batch.Rows * hidden).Clear();
        float[] roots = Roots(count);
        float* states = LastHidden;
        pool.For(batch.Groups.Count, g =>
        {
            // Answers of one group share the prompt's last row, so a group is one piece of work.
            TokenGroup group = batch.Groups[g];
            for (int o = group.FirstOutput; o < group.FirstOutput + group.OutputCount; o++)
            {
                long row = (long)batch.OutputRows[o] * hidden;
                roots[o] = RmsNorm.Backward(states + row, Weights.FinalNorm.Values, dn + ((long)o * hidden), d + row, hidden, epsilon);
            }
        });
        NormWeightGradient(Weights.FinalNorm, dn, states, batch.OutputRows, roots, count);
        return d;
    }

    private float* LogitsOfNormed(float* n, int rows)
    {
        float* logits = FloatBuffer.Ensure(ref logitBlock, (long)rows * LogitStride).Pointer;
        var target = new LinearTarget(new Linear(Weights.Head, null), logits) { Stride = LogitStride, WholePanels = true };
        MatrixWork.Forward(pool, n, hidden, rows, accumulate: false, target);
        return logits;
    }

    private void ValueBackward(int count, float* n, float* dn, Parameter weight, Parameter bias, OutputBuffers outputs)
    {
        float[] gradients = outputs.ValueGradients, shared = outputs.SharedValueGradients;
        float* dw = weight.NeedGradient().Pointer;
        float* db = bias.NeedGradient().Pointer;
        for (int i = 0; i < count; i++)
        {
            VectorMath.AddScaled(weight.Values, shared[i], dn + ((long)i * hidden), hidden);
            VectorMath.AddScaled(n + ((long)i * hidden), gradients[i], dw, hidden);
            *db += gradients[i];
        }
    }

    private int BlockRows(int count) => Math.Min(count, Math.Max(128, LogitBlockFloats / LogitStride));
}
