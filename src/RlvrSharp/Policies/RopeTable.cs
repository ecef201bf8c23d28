using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>Cosines and sines of the rotary angles by position; grows on demand.</summary>
internal sealed unsafe class RopeTable
{
    private readonly float[] frequencies;
    private readonly float factor;
    private FloatBuffer? cosines;
    private FloatBuffer? sines;
    private int positions;

    public RopeTable(CausalLmConfig config)
    {
        (frequencies, factor) = config.RopeFrequencies();
        Half = config.HeadSize / 2;
    }

    /// <summary>Angles per position.</summary>
    public int Half { get; }

    public float* Cosine(int position) => cosines!.Pointer + ((nint)position * Half);

    public float* Sine(int position) => sines!.Pointer + ((nint)position * Half);

    /// <summary>Makes sure that the positions below <paramref name="count"/> are there.</summary>
    public void Need(int count)
    {
        if (count <= positions)
        {
            return;
        }

        count = Math.Max(count, Math.Max(256, 2 * positions));
        var cosine = new FloatBuffer(count * Half);
        var sine = new FloatBuffer(count * Half);
        for (int p = 0; p < count; p++)
        {
            for (int i = 0; i < Half; i++)
            {
                // The angle is rounded to float as in the published code; only its cosine and sine are taken in double.
                float angle = p * frequencies[i];
                cosine.Pointer[(p * Half) + i] = (float)Math.Cos(angle) * factor;
                sine.Pointer[(p * Half) + i] = (float)Math.Sin(angle) * factor;
            }
        }

        (cosines, sines, positions) = (cosine, sine, count);
    }
}
