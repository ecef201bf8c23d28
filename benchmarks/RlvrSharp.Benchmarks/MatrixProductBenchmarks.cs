using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using RlvrSharp.Policies;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Benchmarks;

/// <summary>The matrix product on one core, size³, with weights in panels as the policy keeps them, and in the transposed form of weight gradients.</summary>
[Config(typeof(Config))]
public unsafe class MatrixProductBenchmarks
{
    private FloatBuffer a = new(0);
    private FloatBuffer panels = new(0);
    private FloatBuffer plain = new(0);
    private FloatBuffer c = new(0);

    [Params(128, 384, 768)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        int n = Size;
        (a, panels, plain, c) = (new(n * n), new(n * n), new(n * n), new(n * n));
        var random = new KeyedRandom(1);
        for (int i = 0; i < n * n; i++)
        {
            a.Span[i] = (float)random.NextGaussian();
            plain.Span[i] = (float)random.NextGaussian();
            panels.Span[(i % n / 16 * 16 * n) + (i / n * 16) + (i % n % 16)] = plain.Span[i];
        }

        Naive();
        float[] expected = c.Span.ToArray();
        Packed();
        Agree(expected);
        for (int i = 0; i < n * n; i++)
        {
            expected[i] = 0;
        }

        for (int p = 0; p < n; p++)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    expected[(i * n) + j] = MathF.FusedMultiplyAdd(a.Span[(p * n) + i], plain.Span[(p * n) + j], expected[(i * n) + j]);
                }
            }
        }

        Transposed();
        Agree(expected);
    }

    [Benchmark(Baseline = true)]
    public float Naive()
    {
        int n = Size;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int p = 0; p < n; p++)
                {
                    sum = MathF.FusedMultiplyAdd(a.Pointer[(i * n) + p], plain.Pointer[(p * n) + j], sum);
                }

                c.Pointer[(i * n) + j] = sum;
            }
        }

        return c.Pointer[0];
    }

    [Benchmark]
    public float Packed()
    {
        Gemm.Multiply(a.Pointer, Size, 1, panels.Pointer, 16, 16 * Size, c.Pointer, Size, Size, Size, Size, false);
        return c.Pointer[0];
    }

    [Benchmark]
    public float Transposed()
    {
        Gemm.Multiply(a.Pointer, 1, Size, plain.Pointer, Size, 16, c.Pointer, Size, Size, Size, Size, false);
        return c.Pointer[0];
    }

    [Benchmark]
    public float FmaPeak() => Benchmarks.FmaPeak.Run(0.999f);

    private void Agree(float[] expected)
    {
        if (!c.Span.SequenceEqual(expected))
        {
            throw new InvalidOperationException("The product differs from its definition.");
        }
    }

    private sealed class Config() : ThroughputConfig("GFLOP/s", 1e9, Work, _ => 1)
    {
        private static double Work(BenchmarkCase benchmark) => benchmark.Descriptor.WorkloadMethod.Name == PeakMethod
            ? Benchmarks.FmaPeak.Operations
            : 2 * Math.Pow(Parameter(benchmark, nameof(Size)), 3);
    }
}
