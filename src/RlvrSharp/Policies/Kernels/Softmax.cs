using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlvrSharp.Policies.Kernels;

/// <summary>
/// Softmax of attention scores and of logits. Rows are whole multiples of 16 long; lane = index mod 16. A NaN among the inputs makes the
/// sums NaN: the native maximum may pass it over, the exponential does not.
/// </summary>
internal static unsafe class Softmax
{
    /// <summary>
    /// In place, one row of attention: softmax(scale · s) over [<paramref name="from"/>, <paramref name="to"/>), 0 elsewhere in the row.
    /// </summary>
    /// <param name="row">The scores; readable and writable up to <paramref name="width"/>.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="from">The first position seen.</param>
    /// <param name="to">One past the last position seen.</param>
    /// <param name="width">The row's length, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attention(float* row, float scale, int from, int to, int width)
    {
        int begin = from / 16 * 16;
        int end = (to + 15) / 16 * 16;
        new Span<float>(row + begin, from - begin).Fill(float.NegativeInfinity);
        new Span<float>(row + to, end - to).Fill(float.NegativeInfinity);

        Vector256<float> factor = Vector256.Create(scale);
        Vector256<float> best = Vector256.Create(float.NegativeInfinity);
        for (int j = begin; j < end; j += 8)
        {
            Vector256<float> z = Vector256.Load(row + j) * factor;
            z.Store(row + j);
            best = Vector256.MaxNative(best, z);
        }

        float max = Largest(best);
        Vector256<float> shift = Vector256.Create(max);
        Vector256<float> low = default;
        Vector256<float> high = default;
        for (int j = begin; j < end; j += 16)
        {
            Vector256<float> e0 = VectorMath.Exp(Vector256.Load(row + j) - shift);
            Vector256<float> e1 = VectorMath.Exp(Vector256.Load(row + j + 8) - shift);
            e0.Store(row + j);
            e1.Store(row + j + 8);
            low += e0;
            high += e1;
        }

        Vector256<float> inverse = Vector256.Create(1f / VectorMath.Fold(low, high));
        for (int j = begin; j < end; j += 8)
        {
            (Vector256.Load(row + j) * inverse).Store(row + j);
        }

        new Span<float>(row, begin).Clear();
        new Span<float>(row + end, width - end).Clear();
    }

    /// <summary>In place, ∂/∂weights of one row of attention becomes ∂/∂scores: scale · p ∘ (dp − Σ p dp), the sum given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AttentionBackward(float* weights, float* gradients, float sum, float scale, int width)
    {
        Vector256<float> pull = Vector256.Create(sum);
        Vector256<float> factor = Vector256.Create(scale);
        for (int j = 0; j < width; j += 8)
        {
            Vector256<float> p = Vector256.Load(weights + j);
            Vector256<float> d = p * (Vector256.Load(gradients + j) - pull) * factor;

            // Positions that were not seen have weight 0 and whatever gradient lies there.
            Vector256.ConditionalSelect(Vector256.Equals(p, Vector256<float>.Zero), Vector256<float>.Zero, d).Store(gradients + j);
        }
    }

    /// <summary>
    /// Statistics of one row of logits at a temperature: z = logit / temperature − largest; logSum = ln Σ eᶻ; entropy = logSum − Σ eᶻ z / Σ eᶻ.
    /// </summary>
    /// <param name="logits">The logits, in whole panels; those from <paramref name="count"/> on are overwritten with −∞.</param>
    /// <param name="count">The size of the vocabulary.</param>
    /// <param name="inverseTemperature">1 / temperature.</param>
    /// <returns>The largest scaled logit, ln Σ eᶻ and the entropy in nats.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static LogitStatistics Statistics(float* logits, int count, float inverseTemperature)
    {
        int end = (count + 15) / 16 * 16;
        new Span<float>(logits + count, end - count).Fill(float.NegativeInfinity);
        Vector256<float> factor = Vector256.Create(inverseTemperature);
        Vector256<float> best = Vector256.Create(float.NegativeInfinity);
        for (int j = 0; j < end; j += 8)
        {
            best = Vector256.MaxNative(best, Vector256.Load(logits + j) * factor);
        }

        float max = Largest(best);
        Vector256<float> shift = Vector256.Create(max);
        Vector256<float> floor = Vector256.Create(-104f);
        Vector256<float> low = default;
        Vector256<float> high = default;
        Vector256<float> weightedLow = default;
        Vector256<float> weightedHigh = default;
        for (int j = 0; j < end; j += 16)
        {
            Vector256<float> z0 = Vector256.MaxNative(floor, (Vector256.Load(logits + j) * factor) - shift);
            Vector256<float> z1 = Vector256.MaxNative(floor, (Vector256.Load(logits + j + 8) * factor) - shift);
            Vector256<float> e0 = VectorMath.Exp(z0);
            Vector256<float> e1 = VectorMath.Exp(z1);
            low += e0;
            high += e1;
            weightedLow = Vector256.FusedMultiplyAdd(e0, z0, weightedLow);
            weightedHigh = Vector256.FusedMultiplyAdd(e1, z1, weightedHigh);
        }

        float sum = VectorMath.Fold(low, high);
        double logSum = Math.Log(sum);
        float entropy = (float)(logSum - ((double)VectorMath.Fold(weightedLow, weightedHigh) / sum));
        return new LogitStatistics(max, logSum, MathF.Max(entropy, 0f));
    }

    /// <summary>
    /// In place, logits become ∂loss/∂logits of one row, given ∂loss/∂log-probability of <paramref name="target"/> and ∂loss/∂entropy:
    /// (g_lp (1[j = target] − p_j) − g_H p_j (ln p_j + H)) / temperature.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        float* logits, int count, float inverseTemperature, LogitStatistics statistics, int target, float logProbGradient, float entropyGradient)
    {
        int end = (count + 15) / 16 * 16;
        new Span<float>(logits + count, end - count).Fill(float.NegativeInfinity);
        Vector256<float> factor = Vector256.Create(inverseTemperature);
        Vector256<float> shift = Vector256.Create(statistics.Max);
        Vector256<float> floor = Vector256.Create(-104f);
        Vector256<float> logSum = Vector256.Create((float)statistics.LogSum);
        Vector256<float> gradient = Vector256.Create(-logProbGradient);
        Vector256<float> entropy = Vector256.Create(statistics.Entropy);
        Vector256<float> pull = Vector256.Create(-entropyGradient);
        for (int j = 0; j < end; j += 8)
        {
            Vector256<float> logProb = Vector256.MaxNative(floor, (Vector256.Load(logits + j) * factor) - shift) - logSum;
            Vector256<float> p = VectorMath.Exp(logProb);
            Vector256<float> inner = Vector256.FusedMultiplyAdd(pull, logProb + entropy, gradient);
            (p * inner * factor).Store(logits + j);
        }

        logits[target] += logProbGradient * inverseTemperature;
    }

    private static float Largest(Vector256<float> values)
    {
        float result = values.GetElement(0);
        for (int lane = 1; lane < 8; lane++)
        {
            result = MathF.Max(result, values.GetElement(lane));
        }

        return result;
    }
}
