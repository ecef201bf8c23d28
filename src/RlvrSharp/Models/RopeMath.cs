namespace RlvrSharp.Models;

/// <summary>
/// Rotary position frequencies: θ_i = base^(−2i/d) for i in [0, d/2), and their stretched forms. Powers are taken in double and rounded
/// to float where the published code holds floats.
/// </summary>
internal static class RopeMath
{
    /// <summary>The inverse frequencies and the factor on the rotated queries and keys.</summary>
    /// <param name="size">d, the head size; even.</param>
    /// <param name="theta">The base.</param>
    /// <param name="scaling">The stretching, or null.</param>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="sequenceLength">The length to serve; matters only to <c>dynamic</c>, beyond the context.</param>
    /// <returns>d/2 frequencies in radians per position, and the factor.</returns>
    public static (float[] InverseFrequencies, float AttentionFactor) Compute(int size, double theta, RopeScaling? scaling, int contextLength, int sequenceLength)
    {
        switch (scaling?.Kind)
        {
            case null:
                return (Plain(size, theta), 1f);
            case "linear":
                return (Array.ConvertAll(Plain(size, theta), frequency => (float)(frequency / scaling.Factor)), 1f);
            case "dynamic":
                double length = Math.Max(sequenceLength, contextLength);
                double stretch = (scaling.Factor * length / contextLength) - (scaling.Factor - 1);
                return (Plain(size, theta * Math.Pow(stretch, size / (size - 2.0))), 1f);
            case "llama3":
                return (Llama3(size, theta, scaling, scaling.OriginalContextLength ?? contextLength), 1f);
            case "yarn":
                return Yarn(size, theta, scaling, scaling.OriginalContextLength ?? contextLength);
            default:
                throw new CheckpointException($"The rope type \"{scaling.Kind}\" is not supported; supported are default, linear, dynamic, llama3 and yarn.");
        }
    }

    private static float[] Powers(int size, double theta)
    {
        var powers = new float[size / 2];
        for (int i = 0; i < powers.Length; i++)
        {
            powers[i] = (float)Math.Pow(theta, (float)(2 * i) / size);
        }

        return powers;
    }

    private static float[] Plain(int size, double theta) => Array.ConvertAll(Powers(size, theta), power => 1f / power);

    // Llama 3.1: short waves stay, long waves are stretched, a straight line in frequency joins them.
    private static float[] Llama3(int size, double theta, RopeScaling scaling, int original)
    {
        double low = scaling.LowFrequencyFactor;
        double high = scaling.HighFrequencyFactor;
        return Array.ConvertAll(Plain(size, theta), frequency =>
        {
            float wavelength = (float)(2 * Math.PI) / frequency;
            if (wavelength > original / low)
            {
                return (float)(frequency / scaling.Factor);
            }

            if (wavelength < original / high)
            {
                return frequency;
            }

            double smooth = ((original / wavelength) - low) / (high - low);
            return (float)(((1 - smooth) * (frequency / scaling.Factor)) + (smooth * frequency));
        });
    }

    // YaRN (Peng et al. 2023, section 3.2 and 3.4): dimensions are stretched by how often they turn over the original length.
    private static (float[], float) Yarn(int size, double theta, RopeScaling scaling, int original)
    {
        double factor = scaling.Factor;
        double low = Dimension(scaling.BetaFast);
        double high = Dimension(scaling.BetaSlow);
        if (scaling.Truncate)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, size - 1);
        if (low == high)
        {
            high += 0.001;
        }

        float[] frequencies = Powers(size, theta);
        for (int i = 0; i < frequencies.Length; i++)
        {
            double keep = 1 - Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = (float)((1 / (factor * frequencies[i]) * (1 - keep)) + (1.0 / frequencies[i] * keep));
        }

        double attention = scaling.AttentionFactor
            ?? (scaling.MScale is > 0 && scaling.MScaleAllDimensions is > 0
                ? Scale(scaling.MScale.Value) / Scale(scaling.MScaleAllDimensions.Value)
                : Scale(1));
        return (frequencies, (float)attention);

        double Dimension(double rotations) => size * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));
        double Scale(double scale) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;
    }
}
