using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Benchmarks;

/// <summary>What one core streams from memory: four arrays read, a fifth read and written, 160 MiB in all, which no cache of this kind of machine holds.</summary>
internal sealed class CoreStream
{
    private const int Length = 1 << 23;
    private readonly float[][] arrays = [.. Enumerable.Range(0, 5).Select(_ => new float[Length])];

    /// <summary>Bytes of one <see cref="Run"/>.</summary>
    public static double Bytes => 24.0 * Length;

    /// <summary>One pass.</summary>
    public float Run()
    {
        ref float a = ref MemoryMarshal.GetArrayDataReference(arrays[0]), b = ref MemoryMarshal.GetArrayDataReference(arrays[1]);
        ref float c = ref MemoryMarshal.GetArrayDataReference(arrays[2]), d = ref MemoryMarshal.GetArrayDataReference(arrays[3]), e = ref MemoryMarshal.GetArrayDataReference(arrays[4]);
        for (nuint i = 0; i < Length; i += (nuint)Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref a, i) + Vector256.LoadUnsafe(ref b, i) + Vector256.LoadUnsafe(ref c, i) + Vector256.LoadUnsafe(ref d, i) + Vector256.LoadUnsafe(ref e, i)).StoreUnsafe(ref e, i);
        }

        return e;
    }
}
