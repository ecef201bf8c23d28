using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Benchmarks.HalfBillion;

/// <summary>How fast all threads together read memory that no cache holds: one gibibyte, added up in 256-bit vectors.</summary>
internal sealed unsafe class StreamRead : IDisposable
{
    private const long Length = 1L << 30;
    private readonly byte* memory;
    private readonly int threads;
    private ulong sink;

    public StreamRead(int threads)
    {
        this.threads = threads;
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)Length, 64);
        for (long i = 0; i < Length; i += 1 << 20)
        {
            new Span<byte>(memory + i, 1 << 20).Fill((byte)(i >> 20));
        }
    }

    /// <summary>The fastest of a few passes, in bytes per second.</summary>
    public double Measure(int passes)
    {
        double best = 0;
        for (int pass = 0; pass < passes; pass++)
        {
            long start = Stopwatch.GetTimestamp();
            var workers = new Thread[threads];
            for (int t = 0; t < threads; t++)
            {
                int index = t;
                workers[t] = new Thread(() => Interlocked.Add(ref sink, Sum(memory + (index * (Length / threads)), Length / threads)));
                workers[t].Start();
            }

            foreach (Thread worker in workers)
            {
                worker.Join();
            }

            best = Math.Max(best, Length / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    public void Dispose() => NativeMemory.AlignedFree(memory);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Sum(byte* from, long length)
    {
        Vector256<ulong> a = default, b = default, c = default, d = default;
        for (long i = 0; i < length - 127; i += 128)
        {
            a += Vector256.Load((ulong*)(from + i));
            b += Vector256.Load((ulong*)(from + i + 32));
            c += Vector256.Load((ulong*)(from + i + 64));
            d += Vector256.Load((ulong*)(from + i + 96));
        }

        return Vector256.Sum(a + b + c + d);
    }
}
