namespace RlvrSharp.Benchmarks;

/// <summary>Every loss as one would write it from its formula, one token at a time, with the library's default settings.</summary>
internal static class LossOracle
{
    private interface ITokenLoss
    {
        static abstract (float Loss, float Slope) Of(float logProb, float old, float advantage);
    }

    /// <summary>The loss of one sequence; its gradient is added.</summary>
    public static double Sequence(string term, ReadOnlySpan<float> now, ReadOnlySpan<float> old, ReadOnlySpan<float> advantages, ReadOnlySpan<float> weights, Span<float> gradient) => term switch
    {
        "clip" => Tokens<Clip>(now, old, advantages, weights, gradient),
        "dual-clip" => Tokens<DualClip>(now, old, advantages, weights, gradient),
        "gspo" => Ratio(now, old, advantages, weights, gradient, 1f / now.Length, 1 - 3e-4f, 1 + 4e-4f),
        "rloo" => Ratio(now, old, advantages, weights, gradient, 1, 0.8f, 1.2f),
        "cispo" => Tokens<Cispo>(now, old, advantages, weights, gradient),
        "sapo" => Tokens<Sapo>(now, old, advantages, weights, gradient),
        "dppo-tv" => Tokens<TotalVariation>(now, old, advantages, weights, gradient),
        "dppo-kl" => Tokens<BinaryKl>(now, old, advantages, weights, gradient),
        "dro" => Tokens<Dro>(now, old, advantages, weights, gradient),
        "reinforce" => Tokens<Reinforce>(now, old, advantages, weights, gradient),
        "gmpo" => GeometricMean(now, old, advantages, weights, gradient),
        "vespo" => Vespo(now, old, advantages, weights, gradient),
        "kl" => Tokens<KlToOld>(now, old, advantages, weights, gradient),
        "value" => Tokens<Value>(now, old, advantages, weights, gradient),
        "off-policy" => Correction(now, old, gradient),
        _ => throw new ArgumentOutOfRangeException(nameof(term), term, "There is no such term."),
    };

    private static double Tokens<TLoss>(ReadOnlySpan<float> now, ReadOnlySpan<float> old, ReadOnlySpan<float> advantages, ReadOnlySpan<float> weights, Span<float> gradient)
        where TLoss : ITokenLoss
    {
        double loss = 0;
        for (int i = 0; i < now.Length; i++)
        {
            (float value, float slope) = TLoss.Of(now[i], old[i], advantages[i]);
            loss += weights[i] * value;
            gradient[i] += weights[i] * slope;
        }

        return loss;
    }

    private static double Ratio(ReadOnlySpan<float> now, ReadOnlySpan<float> old, ReadOnlySpan<float> advantages, ReadOnlySpan<float> weights, Span<float> gradient, float share, float low, float high)
    {
        double sum = 0, loss = 0, slopes = 0;
        for (int i = 0; i < now.Length; i++)
        {
            sum += (double)now[i] - old[i];
        }

        float ratio = MathF.Exp((float)(sum * share)), clipped = Math.Clamp(ratio, low, high);
        for (int i = 0; i < now.Length; i++)
        {
            float free = ratio * advantages[i], bound = clipped * advantages[i];
            loss -= weights[i] * Math.Min(free, bound);
            slopes -= free <= bound ? weights[i] * free : 0;
        }

        for (int i = 0; i < now.Length; i++)
        {
            gradient[i] += (float)(slopes * share);
        }

        return loss;
    }

    private static double GeometricMean(ReadOnlySpan<float> now, ReadOnlySpan<float> old, ReadOnlySpan<float> advantages, ReadOnlySpan<float> weights, Span<float> gradient)
    {
        double sum = 0, advantage = 0, weight = 0;
        for (int i = 0; i < now.Length; i++)
        {
            sum += advantages[i] > 0 ? Math.Min(now[i] - old[i], 0.4f) : Math.Max(now[i] - old[i], -0.4f);
            advantage += advantages[i];
            weight += weights[i];
        }

        double loss = -weight * (advantage / now.Length) * Math.Exp(sum / now.Length);
        for (int i = 0; i < now.Length; i++)
        {
            gradient[i] += (float)((advantages[i] > 0 ? now[i] - old[i] > 0.4f : now[i] - old[i] < -0.4f) ? 0 : loss / now.Length);
        }

        return loss;
    }

    private static double Vespo(ReadOnlySpan<float> now, ReadOnlySpan<float> old, ReadOnlySpan<float> advantages, ReadOnlySpan<float> weights, Span<float> gradient)
    {
        double sum = 0, loss = 0;
        for (int i = 0; i < now.Length; i++)
        {
            sum += (double)now[i] - old[i];
        }

        double logWeight = Math.Clamp(sum, Math.Log(1e-8), 20);
        float positive = (float)Math.Exp(3 + (2 * logWeight) - (3 * Math.Exp(logWeight))), negative = (float)Math.Exp(2 + (3 * logWeight) - (2 * Math.Exp(logWeight)));
        for (int i = 0; i < now.Length; i++)
        {
            float slope = -(advantages[i] < 0 ? negative : positive) * advantages[i];
            loss += weights[i] * slope * now[i];
            gradient[i] += weights[i] * slope;
        }

        return loss;
    }

    private static double Correction(ReadOnlySpan<float> now, ReadOnlySpan<float> sampler, Span<float> scales)
    {
        double sum = 0;
        for (int i = 0; i < now.Length; i++)
        {
            float weight = MathF.Exp(Math.Clamp(now[i] - sampler[i], -20, 20));
            scales[i] = Math.Min(weight, 2);
            sum += weight;
        }

        return sum;
    }

    private readonly struct Clip : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float ratio = MathF.Exp(logProb - old), free = ratio * advantage, bound = Math.Clamp(ratio, 0.8f, 1.2f) * advantage;
            return free <= bound ? (-free, -free) : (-bound, 0);
        }
    }

    private readonly struct DualClip : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            (float loss, float slope) = Clip.Of(logProb, old, advantage);
            return advantage < 0 && loss > -3 * advantage ? (-3 * advantage, 0) : (loss, slope);
        }
    }

    private readonly struct Cispo : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float slope = -Math.Min(MathF.Exp(logProb - old), 5) * advantage;
            return (slope * logProb, slope);
        }
    }

    private readonly struct Sapo : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float ratio = MathF.Exp(logProb - old), tau = advantage > 0 ? 1 : 1.05f, gate = 1 / (1 + MathF.Exp(-tau * (ratio - 1)));
            return (-4 / tau * gate * advantage, -4 * gate * (1 - gate) * ratio * advantage);
        }
    }

    private readonly struct TotalVariation : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float move = MathF.Exp(logProb) - MathF.Exp(old), loss = -MathF.Exp(logProb - old) * advantage;
            return (advantage > 0 ? move > 0.2f : move < -0.2f) ? (0, 0) : (loss, loss);
        }
    }

    private readonly struct BinaryKl : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float p = MathF.Exp(logProb), q = MathF.Exp(old), loss = -MathF.Exp(logProb - old) * advantage;
            float move = MathF.CopySign((q * (old - logProb)) + ((1 - q) * MathF.Log((1 - q + 1e-8f) / (1 - p + 1e-8f))), p - q);
            return (advantage > 0 ? move > 0.2f : move < -0.2f) ? (0, 0) : (loss, loss);
        }
    }

    private readonly struct Dro : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float pull = 0.05f * (logProb - old);
            return (-((advantage * logProb) - (pull / 2 * (logProb - old))), pull - advantage);
        }
    }

    private readonly struct Reinforce : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage) => (-advantage * logProb, -advantage);
    }

    private readonly struct KlToOld : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float x = logProb - old, inverse = MathF.Exp(-x);
            return (0.01f * (inverse - 1 + x), 0.01f * (1 - inverse));
        }
    }

    private readonly struct Value : ITokenLoss
    {
        public static (float Loss, float Slope) Of(float logProb, float old, float advantage)
        {
            float free = logProb - advantage, bounded = Math.Clamp(logProb, old - 0.2f, old + 0.2f) - advantage;
            return bounded * bounded > free * free ? (bounded * bounded / 2, 0) : (free * free / 2, free);
        }
    }
}
