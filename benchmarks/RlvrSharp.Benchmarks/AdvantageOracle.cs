namespace RlvrSharp.Benchmarks;

/// <summary>Every advantage as one would write it from its formula, with the library's default settings.</summary>
internal static class AdvantageOracle
{
    /// <summary>One group.</summary>
    public static void Group(string term, ReadOnlySpan<double> rewards, ReadOnlySpan<int> lengths, Span<double> advantages)
    {
        int n = rewards.Length;
        double mean = 0, squares = 0, weighted = 0, tokens = 0;
        for (int i = 0; i < n; i++)
        {
            mean += rewards[i] / n;
            weighted += rewards[i] * lengths[i];
            tokens += lengths[i];
        }

        foreach (double reward in rewards)
        {
            squares += (reward - mean) * (reward - mean);
        }

        double std = Math.Sqrt(squares / (n - 1)) + 1e-6;
        int best = 0;
        for (int i = 0; i < n; i++)
        {
            best = rewards[i] > rewards[best] ? i : best;
        }

        double second = double.NegativeInfinity;
        for (int i = 0; i < n; i++)
        {
            second = i == best ? second : Math.Max(second, rewards[i]);
        }

        for (int i = 0; i < n; i++)
        {
            advantages[i] = term switch
            {
                "grpo" => (rewards[i] - mean) / std,
                "rloo" => (double)n / (n - 1) * (rewards[i] - mean),
                "leave-one-out-std" => LeaveOneOut(rewards, i),
                "maxrl" => (rewards[i] - mean) / (mean + 1e-6),
                "opo" => rewards[i] - (weighted / tokens),
                _ => i == best ? (rewards[best] - second) / std : 0,
            };
        }
    }

    /// <summary>GAE of one sequence with γ 1.</summary>
    public static void Gae(ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, float lambda, Span<float> advantages, Span<float> returns)
    {
        float next = 0, advantage = 0;
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            advantage = rewards[t] + next - values[t] + (lambda * advantage);
            next = values[t];
            advantages[t] = advantage;
            returns[t] = advantage + values[t];
        }
    }

    /// <summary>Returns of one sequence with γ 1.</summary>
    public static void Returns(ReadOnlySpan<float> rewards, Span<float> returns)
    {
        float sum = 0;
        for (int t = rewards.Length - 1; t >= 0; t--)
        {
            returns[t] = sum += rewards[t];
        }
    }

    /// <summary>(x − mean) / √(variance + 1e-8).</summary>
    public static void Whiten(ReadOnlySpan<float> values, Span<float> whitened)
    {
        double mean = 0, squares = 0;
        foreach (float value in values)
        {
            mean += value;
        }

        mean /= values.Length;
        foreach (float value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        double scale = 1 / Math.Sqrt((squares / (values.Length - 1)) + 1e-8);
        for (int i = 0; i < values.Length; i++)
        {
            whitened[i] = (float)((values[i] - mean) * scale);
        }
    }

    private static double LeaveOneOut(ReadOnlySpan<double> rewards, int left)
    {
        double mean = 0, squares = 0;
        for (int i = 0; i < rewards.Length; i++)
        {
            mean += i == left ? 0 : rewards[i] / (rewards.Length - 1);
        }

        for (int i = 0; i < rewards.Length; i++)
        {
            squares += i == left ? 0 : (rewards[i] - mean) * (rewards[i] - mean);
        }

        return (rewards[left] - mean) / (Math.Sqrt(squares / (rewards.Length - 2)) + 1e-6);
    }
}
