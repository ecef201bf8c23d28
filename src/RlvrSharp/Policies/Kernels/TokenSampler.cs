using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>Draws a token from a row of logits.</summary>
internal static unsafe class TokenSampler
{
    /// <summary>The most probable token; the lowest id of several.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Greedy(float* logits, int count)
    {
        int best = 0;
        for (int j = 1; j < count; j++)
        {
            if (logits[j] > logits[best])
            {
                best = j;
            }
        }

        return best;
    }

    /// <summary>Draws by inversion: the first token, ids ascending, whose cumulated weight passes u times the whole.</summary>
    /// <param name="logits">The logits in whole panels; overwritten.</param>
    /// <param name="count">The size of the vocabulary.</param>
    /// <param name="inverseTemperature">1 / temperature.</param>
    /// <param name="max">The largest scaled logit.</param>
    /// <param name="topK">Keep the tokens that are not below the k-th largest logit; 0 keeps all.</param>
    /// <param name="topP">Of those, keep the smallest set of largest ones whose probabilities sum to at least this; 1 keeps all.</param>
    /// <param name="u">A number in [0, 1).</param>
    /// <returns>The token.</returns>
    public static int Draw(float* logits, int count, float inverseTemperature, float max, int topK, double topP, double u)
    {
        if ((topK == 0 || topK >= count) && topP >= 1)
        {
            Exponentials(logits, count, inverseTemperature, max);
            return Invert(logits, count, u);
        }

        int[] rented = ArrayPool<int>.Shared.Rent(count);
        int token;
        fixed (int* kept = rented)
        {
            token = Invert(logits, kept, Keep(logits, count, inverseTemperature, max, topK, topP, kept), u);
        }

        ArrayPool<int>.Shared.Return(rented);
        return token;
    }

    /// <summary>Inversion over all tokens: first the block of 64 that the number falls into, then the token.</summary>
    private static int Invert(float* weights, int count, double u)
    {
        const int Block = 64;
        double total = 0;
        for (int i = 0; i < count; i += Block)
        {
            total += Sum(weights + i, Math.Min(Block, count - i));
        }

        double rest = u * total;
        int chosen = 0;
        for (int i = 0; i < count; i += Block)
        {
            double sum = Sum(weights + i, Math.Min(Block, count - i));
            chosen = sum > 0 ? i : chosen;
            if (sum > rest)
            {
                break;
            }

            rest -= sum;
        }

        int token = chosen;
        for (int i = chosen; i < Math.Min(count, chosen + Block); i++)
        {
            if (weights[i] > 0)
            {
                token = i;
                rest -= weights[i];
                if (rest < 0)
                {
                    break;
                }
            }
        }

        return token;
    }

    private static int Invert(float* weights, int* kept, int count, double u)
    {
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            total += weights[kept[i]];
        }

        double rest = u * total;
        int token = kept[0];
        for (int i = 0; i < count; i++)
        {
            if (weights[kept[i]] > 0)
            {
                token = kept[i];
                rest -= weights[token];
                if (rest < 0)
                {
                    break;
                }
            }
        }

        return token;
    }

    /// <summary>Σ of up to 64 weights in a fixed order; what follows the vocabulary is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* weights, int count)
    {
        Vector256<float> low = default;
        Vector256<float> high = default;
        for (int i = 0; i < count; i += 16)
        {
            low += Vector256.Load(weights + i);
            high += Vector256.Load(weights + i + 8);
        }

        return VectorMath.Fold(low, high);
    }

    /// <summary>Writes the ids that top-k and top-p keep, ascending, and turns the logits into exponentials.</summary>
    /// <returns>How many; at least one.</returns>
    public static int Keep(float* logits, int count, float inverseTemperature, float max, int topK, double topP, int* kept)
    {
        float floor = topK > 0 && topK < count ? KthLargest(logits, count, topK) : float.NegativeInfinity;
        int keptCount = 0;
        for (int j = 0; j < count; j++)
        {
            if (logits[j] >= floor)
            {
                kept[keptCount++] = j;
            }
        }

        Exponentials(logits, count, inverseTemperature, max);
        if (topP >= 1)
        {
            return keptCount;
        }

        double total = 0;
        for (int i = 0; i < keptCount; i++)
        {
            total += logits[kept[i]];
        }

        // All tokens below (1 − p)/n of the whole together weigh less than 1 − p, so none of them is needed to reach p.
        double least = 0.999 * (1 - topP) * total / keptCount;
        int candidates = 0;
        for (int i = 0; i < keptCount; i++)
        {
            if (logits[kept[i]] >= least)
            {
                kept[candidates++] = kept[i];
            }
        }

        var ids = new Span<int>(kept, candidates);
        ids.Sort((left, right) => logits[right] != logits[left] ? logits[right].CompareTo(logits[left]) : right.CompareTo(left));
        double sum = 0;
        int nucleus = 0;
        while (nucleus < candidates && (nucleus == 0 || sum < topP * total))
        {
            sum += logits[ids[nucleus++]];
        }

        ids[..nucleus].Sort();
        return nucleus;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Exponentials(float* logits, int count, float inverseTemperature, float max)
    {
        int end = (count + 15) / 16 * 16;
        new Span<float>(logits + count, end - count).Fill(float.NegativeInfinity);
        for (int j = 0; j < end; j += 8)
        {
            VectorMath.Exp((Vector256.Load(logits + j) * Vector256.Create(inverseTemperature)) - Vector256.Create(max)).Store(logits + j);
        }
    }

    /// <summary>The k-th largest of the logits, by a heap of the k largest so far with the least on top.</summary>
    private static float KthLargest(float* logits, int count, int k)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(k);
        Span<float> heap = rented.AsSpan(0, k);
        new ReadOnlySpan<float>(logits, k).CopyTo(heap);
        for (int i = (k / 2) - 1; i >= 0; i--)
        {
            Sift(heap, i);
        }

        for (int j = k; j < count; j++)
        {
            if (logits[j] > heap[0])
            {
                heap[0] = logits[j];
                Sift(heap, 0);
            }
        }

        float result = heap[0];
        ArrayPool<float>.Shared.Return(rented);
        return result;
    }

    private static void Sift(Span<float> heap, int i)
    {
        while (true)
        {
            int least = i;
            int child = (2 * i) + 1;
            if (child < heap.Length && heap[child] < heap[least])
            {
                least = child;
            }

            if (child + 1 < heap.Length && heap[child + 1] < heap[least])
            {
                least = child + 1;
            }

            if (least == i)
            {
                return;
            }

            (heap[i], heap[least]) = (heap[least], heap[i]);
            i = least;
        }
    }
}
