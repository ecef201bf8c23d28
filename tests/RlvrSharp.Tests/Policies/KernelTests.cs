using System.Runtime.Intrinsics;
using RlvrSharp.Policies;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Tests.Policies;

public sealed unsafe class KernelTests
{
    [Fact]
    public void Exp_is_right_to_two_units_in_the_last_place()
    {
        double worst = 0;
        for (double x = -87.2; x < 88; x += 0.00137)
        {
            float input = (float)x;
            double expected = Math.Exp(input);
            float actual = VectorMath.Exp(Vector256.Create(input)).GetElement(0);
            worst = Math.Max(worst, Math.Abs(actual - expected) / (MathF.BitIncrement((float)expected) - (float)expected));
        }

        Assert.InRange(worst, 0, 2);
    }

    [Fact]
    public void Exp_of_extremes_is_zero_or_large_and_NaN_stays_NaN()
    {
        Vector256<float> result = VectorMath.Exp(Vector256.Create(float.NegativeInfinity, -88, -1e30f, 0, 200, float.PositiveInfinity, float.NaN, -0f));
        Assert.Equal([0, 0, 0, 1], new[] { result[0], result[1], result[2], result[3] });
        Assert.True(result[4] > 1e38f && result[5] > 1e38f && float.IsFinite(result[5]));
        Assert.True(float.IsNaN(result[6]));
        Assert.Equal(1, result[7]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(1000)]
    public void Dot_is_the_sum_in_sixteen_lanes(int length)
    {
        FloatBuffer x = Fill(length, 1);
        FloatBuffer y = Fill(length, 2);
        var lanes = new float[16];
        for (int i = 0; i < length; i++)
        {
            lanes[i % 16] = MathF.FusedMultiplyAdd(x.Span[i], y.Span[i], lanes[i % 16]);
        }

        float[] eight = [.. Enumerable.Range(0, 8).Select(i => lanes[i] + lanes[i + 8])];
        float[] four = [.. Enumerable.Range(0, 4).Select(i => eight[i] + eight[i + 4])];
        Assert.Equal((four[0] + four[2]) + (four[1] + four[3]), VectorMath.Dot(x.Pointer, y.Pointer, length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(100)]
    public void SwiGlu_agrees_with_its_formula_and_its_derivative(int length)
    {
        FloatBuffer gate = Fill(length, 3);
        FloatBuffer up = Fill(length, 4);
        FloatBuffer dy = Fill(length, 5);
        var y = new FloatBuffer(length);
        double[] g = [.. gate.Span.ToArray().Select(value => (double)value)];
        double[] u = [.. up.Span.ToArray().Select(value => (double)value)];
        double[] d = [.. dy.Span.ToArray().Select(value => (double)value)];
        SwiGlu.Forward(gate.Pointer, up.Pointer, y.Pointer, length);
        SwiGlu.Backward(gate.Pointer, up.Pointer, dy.Pointer, length);
        for (int i = 0; i < length; i++)
        {
            double sigmoid = 1 / (1 + Math.Exp(-g[i]));
            Assert.Equal(g[i] * sigmoid * u[i], y.Span[i], 1e-6);
            Assert.Equal(y.Span[i], dy.Span[i], 1e-6);
            Assert.Equal(d[i] * u[i] * sigmoid * (1 + (g[i] * (1 - sigmoid))), gate.Span[i], 2e-6);
            Assert.Equal(d[i] * g[i] * sigmoid, up.Span[i], 2e-6);
        }
    }

    [Fact]
    public void Attention_weights_are_a_softmax_over_the_window()
    {
        const int Width = 48;
        FloatBuffer row = Fill(Width, 6);
        float[] scores = row.Span.ToArray();
        Softmax.Attention(row.Pointer, 0.3f, 5, 37, Width);
        double total = Enumerable.Range(5, 32).Sum(j => Math.Exp(0.3 * scores[j]));
        for (int j = 0; j < Width; j++)
        {
            Assert.Equal(j is >= 5 and < 37 ? Math.Exp(0.3 * scores[j]) / total : 0, row.Span[j], 1e-6);
        }
    }

    [Fact]
    public void A_NaN_among_logits_shows_in_the_statistics()
    {
        FloatBuffer row = Fill(48, 7);
        row.Span[17] = float.NaN;
        Assert.True(float.IsNaN(Softmax.Statistics(row.Pointer, 40, 1).LogProb(row.Span[3], 1)));
    }

    [Fact]
    public void The_norm_of_gradients_is_summed_in_double()
    {
        FloatBuffer x = Fill(1003, 8);
        Assert.Equal(x.Span.ToArray().Sum(value => (double)value * value), GradientNorm.SumOfSquares(x.Pointer, 1003), 1e-9);
    }

    private static FloatBuffer Fill(int length, ulong seed)
    {
        var random = new KeyedRandom(seed);
        var buffer = new FloatBuffer(length);
        foreach (ref float value in buffer.Span)
        {
            value = (float)random.NextGaussian();
        }

        return buffer;
    }
}
