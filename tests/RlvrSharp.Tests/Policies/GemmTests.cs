using RlvrSharp.Models;
using RlvrSharp.Policies;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Tests.Policies;

public sealed unsafe class GemmTests
{
    /// <summary>The definition: one chain of fused multiply-adds per element, k ascending.</summary>
    private static float[] Oracle(float[] a, float[] b, float[] c, int m, int n, int k, bool accumulate)
    {
        var result = new float[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = accumulate ? c[(i * n) + j] : 0;
                for (int p = 0; p < k; p++)
                {
                    sum = MathF.FusedMultiplyAdd(a[(i * k) + p], b[(p * n) + j], sum);
                }

                result[(i * n) + j] = sum;
            }
        }

        return result;
    }

    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(1, 130, 37)]
    [InlineData(2, 70, 40)]
    [InlineData(3, 33, 17)]
    [InlineData(4, 15, 9)]
    [InlineData(7, 48, 500)]
    [InlineData(13, 17, 385)]
    [InlineData(65, 100, 100)]
    [InlineData(130, 40, 800)]
    public void Every_path_gives_the_chain_of_the_definition_bit_for_bit(int m, int n, int k)
    {
        var random = new KeyedRandom((ulong)((m * 1000) + n));
        float[] a = Fill(m * k, ref random);
        float[] b = Fill(k * n, ref random);
        float[] c = Fill(m * n, ref random);
        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] expected = Oracle(a, b, c, m, n, k, accumulate);
            int panels = (n + 15) / 16;
            var packed = new FloatBuffer(panels * 16 * k);
            var plain = new FloatBuffer(k * n);
            b.CopyTo(plain.Span);
            for (int p = 0; p < k; p++)
            {
                for (int j = 0; j < n; j++)
                {
                    packed.Span[(j / 16 * 16 * k) + (p * 16) + (j % 16)] = b[(p * n) + j];
                }
            }

            var aRows = new FloatBuffer(m * k);
            var aColumns = new FloatBuffer(m * k);
            a.CopyTo(aRows.Span);
            for (int i = 0; i < m * k; i++)
            {
                aColumns.Span[(i % k * m) + (i / k)] = a[i];
            }

            Check("packed", result => Gemm.Multiply(aRows.Pointer, k, 1, packed.Pointer, 16, 16 * k, result, n, m, n, k, accumulate));
            Check("plain B", result => Gemm.Multiply(aRows.Pointer, k, 1, plain.Pointer, n, 16, result, n, m, n, k, accumulate));
            Check("transposed A", result => Gemm.Multiply(aColumns.Pointer, 1, m, plain.Pointer, n, 16, result, n, m, n, k, accumulate));
            Check("512-bit", result => Gemm.PanelPairs(Blocks(k, 16, 16 * k, n), aRows.Pointer, packed.Pointer, result, m, n, k, accumulate));
            Check("128-bit", result => Narrow(aRows.Pointer, packed.Pointer, result, m, n, k, accumulate));

            void Check(string path, Product multiply)
            {
                var result = new FloatBuffer(m * n);
                c.CopyTo(result.Span);
                multiply(result.Pointer);
                for (int i = 0; i < expected.Length; i++)
                {
                    Assert.True(expected[i] == result.Span[i], $"{path}: {expected[i]:R} and {result.Span[i]:R} at {i / n}, {i % n}.");
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 130, 37)]
    [InlineData(2, 70, 40)]
    [InlineData(13, 48, 500)]
    public void Panels_in_bfloat16_give_the_chain_of_the_widened_floats_bit_for_bit(int m, int n, int k)
    {
        var random = new KeyedRandom(3);
        float[] a = Fill(m * k, ref random);
        float[] b = [.. Fill(k * n, ref random).Select(value => TensorTypes.FromBFloat16(TensorTypes.ToBFloat16(value)))];
        float[] c = Fill(m * n, ref random);
        var left = new FloatBuffer(m * k);
        a.CopyTo(left.Span);
        var panels = new FloatBuffer((n + 15) / 16 * 16 * k);
        for (int p = 0; p < k; p++)
        {
            for (int j = 0; j < n; j++)
            {
                ((ushort*)panels.Pointer)[(j / 16 * 16 * k) + (p * 16) + (j % 16)] = TensorTypes.ToBFloat16(b[(p * n) + j]);
            }
        }

        foreach (bool accumulate in (bool[])[false, true])
        {
            var result = new FloatBuffer(m * n);
            c.CopyTo(result.Span);
            Gemm.Multiply(left.Pointer, k, (ushort*)panels.Pointer, 16 * k, result.Pointer, n, m, n, k, accumulate);
            Assert.Equal(Oracle(a, b, c, m, n, k, accumulate), result.Span.ToArray());
        }
    }

    [Fact]
    public void Panels_of_C_may_lie_apart()
    {
        const int M = 50, N = 40, K = 70;
        var random = new KeyedRandom(1);
        float[] a = Fill(M * K, ref random);
        float[] b = Fill(K * N, ref random);
        float[] expected = Oracle(a, b, [], M, N, K, false);
        var left = new FloatBuffer(M * K);
        var right = new FloatBuffer(K * N);
        a.CopyTo(left.Span);
        b.CopyTo(right.Span);
        var c = new FloatBuffer(3 * M * 16);
        Gemm.Multiply(left.Pointer, K, 1, right.Pointer, N, 16, c.Pointer, 16, M, N, K, false, M * 16);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < 48; j++)
            {
                Assert.Equal(j < N ? expected[(i * N) + j] : 0, c.Span[(j / 16 * M * 16) + (i * 16) + (j % 16)]);
            }
        }
    }

    private delegate void Product(float* result);

    private static Gemm.Blocks Blocks(int rowStride, int depthStrideB, int panelStride, int rowStrideC) => new()
    {
        RowStride = rowStride,
        DepthStride = 1,
        SizeB = sizeof(float),
        DepthStrideB = depthStrideB,
        PanelStrideB = panelStride,
        RowStrideC = rowStrideC,
        PanelStrideC = 16,
    };

    private static void Narrow(float* a, float* b, float* c, int m, int n, int k, bool accumulate)
    {
        var padded = new FloatBuffer(m * 16);
        for (int j = 0; j < n; j += 16)
        {
            int columns = Math.Min(16, n - j);
            for (int i = 0; i < m; i++)
            {
                new Span<float>(c + (i * n) + j, columns).CopyTo(padded.Span[(i * 16)..]);
            }

            Gemm.Narrow(a, k, 1, b + (j * k), 16, padded.Pointer, 16, m, k, accumulate);
            for (int i = 0; i < m; i++)
            {
                padded.Span.Slice(i * 16, columns).CopyTo(new Span<float>(c + (i * n) + j, columns));
            }
        }
    }

    private static float[] Fill(int length, ref KeyedRandom random)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = (float)random.NextGaussian();
        }

        return values;
    }
}
