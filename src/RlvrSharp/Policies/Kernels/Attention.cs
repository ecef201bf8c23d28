using System.Runtime.CompilerServices;

namespace RlvrSharp.Policies.Kernels;

/// <summary>
/// Causal attention of some query rows of one head over up to two runs of positions: a shared prompt and what follows it. Training,
/// prefill and decoding all come through here, so a token's output is the same bits however it was reached.
/// </summary>
internal static unsafe class Attention
{
    /// <summary>Query rows handled at once in training and prefill.</summary>
    public const int RowBlock = 48;

    /// <summary>Floats that one row of scores takes.</summary>
    public static int ScoreStride(int first, int second) => RoundUp(first) + RoundUp(second) + Gemm.Panel;

    /// <summary>Attention weights: softmax of scale · q·k over the positions each row sees, 0 elsewhere.</summary>
    /// <param name="shape">Head size, scale, window.</param>
    /// <param name="query">The first query row.</param>
    /// <param name="queryStride">Distance between query rows.</param>
    /// <param name="rows">How many.</param>
    /// <param name="position">The position of the first row.</param>
    /// <param name="positionStep">1 where rows are consecutive tokens, 0 where they are heads of one token.</param>
    /// <param name="prompt">The first run of positions; may be empty.</param>
    /// <param name="own">The run that follows; as long as the last row sees of it.</param>
    /// <param name="scores">Where the weights go.</param>
    /// <param name="scoreStride">At least <see cref="ScoreStride"/>, a multiple of 16.</param>
    public static void Weights(
        in HeadShape shape,
        float* query,
        nint queryStride,
        int rows,
        int position,
        int positionStep,
        in PositionRun prompt,
        in PositionRun own,
        float* scores,
        int scoreStride)
    {
        // The prompt's last panel may write past its end; the positions that follow overwrite that.
        if (prompt.Length > 0)
        {
            Gemm.Multiply(query, queryStride, 1, prompt.KeyPanels, Gemm.Panel, prompt.KeyPanelStride, scores, scoreStride, rows, RoundUp(prompt.Length), shape.Size, false);
        }

        if (own.Length > 0)
        {
            Gemm.Multiply(query, queryStride, 1, own.KeyPanels, Gemm.Panel, own.KeyPanelStride, scores + prompt.Length, scoreStride, rows, RoundUp(own.Length), shape.Size, false);
        }

        int width = RoundUp(prompt.Length + own.Length);
        for (int i = 0; i < rows; i++)
        {
            int to = position + (i * positionStep) + 1;
            int from = shape.Window > 0 ? Math.Max(0, to - shape.Window) : 0;
            Softmax.Attention(scores + ((nint)i * scoreStride), shape.Scale, from, to, width);
        }
    }

    /// <summary>Outputs: for each row Σ weight · value, one chain over positions ascending.</summary>
    public static void Outputs(
        in HeadShape shape, float* scores, int scoreStride, int rows, in PositionRun prompt, in PositionRun own, float* output, nint outputStride)
    {
        if (prompt.Length > 0)
        {
            Gemm.Multiply(scores, scoreStride, 1, prompt.Values, prompt.ValueStride, Gemm.Panel, output, outputStride, rows, shape.Size, prompt.Length, false);
        }

        if (own.Length > 0)
        {
            Gemm.Multiply(scores + prompt.Length, scoreStride, 1, own.Values, own.ValueStride, Gemm.Panel, output, outputStride, rows, shape.Size, own.Length, prompt.Length > 0);
        }
    }

    /// <summary>Copies one head of consecutive rows into panels of 16 positions: [panel][element][position].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackPanels(float* source, nint stride, int rows, int size, float* panels)
    {
        for (int row = 0; row < rows; row += Gemm.Panel)
        {
            float* panel = panels + ((nint)row * size);
            int count = Math.Min(Gemm.Panel, rows - row);
            for (int lane = 0; lane < Gemm.Panel; lane++)
            {
                float* from = source + ((row + lane) * stride);
                for (int e = 0; e < size; e++)
                {
                    panel[(e * Gemm.Panel) + lane] = lane < count ? from[e] : 0;
                }
            }
        }
    }

    /// <summary>Floats that <see cref="PackPanels"/> writes.</summary>
    public static int PanelFloats(int rows, int size) => RoundUp(rows) * size;

    private static int RoundUp(int count) => (count + Gemm.Panel - 1) / Gemm.Panel * Gemm.Panel;
}
