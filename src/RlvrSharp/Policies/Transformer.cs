using RlvrSharp.Models;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <summary>
/// A decoder of the Llama family over packed weights: forward, backward and single-token steps. Not thread-safe; its owner lets one
/// call in at a time.
/// </summary>
internal sealed unsafe partial class Transformer
{
    private readonly WorkPool pool;
    private readonly RopeTable rope;
    private readonly float epsilon;
    private readonly int hidden;
    private readonly int queries;
    private readonly int keys;
    private readonly int inner;
    private readonly List<LayerActivations> activations = [];
    private readonly List<FloatBuffer?> inputs = [];
    private FloatBuffer? normed;
    private FloatBuffer? activated;
    private FloatBuffer? lastHidden;

    public Transformer(CausalLmConfig config, ModelWeights weights, WorkPool pool)
    {
        Config = config;
        Weights = weights;
        this.pool = pool;
        rope = new RopeTable(config);
        epsilon = (float)config.RmsNormEpsilon;
        hidden = config.HiddenSize;
        queries = config.HeadCount * config.HeadSize;
        keys = config.KeyValueHeadCount * config.HeadSize;
        inner = config.IntermediateSize;
    }

    public CausalLmConfig Config { get; }

    public ModelWeights Weights { get; }

    public WorkPool Pool => pool;

    /// <summary>Whether the backward pass keeps the layers' inputs only and computes the rest again.</summary>
    public bool RecomputeActivations { get; init; }

    /// <summary>Bytes of activations and other working memory, which grow to what the largest pass so far needed.</summary>
    public long WorkspaceBytes => activations.Sum(layer => layer.Bytes)
        + (4 * ((FloatBuffer?[])[normed, activated, lastHidden, headInput, headGradient, logitBlock, transposed, streamGradient, normedGradient,
            innerGradient, attendedGradient, queryGradient, keyGradient, valueGradient, .. inputs]).Sum(buffer => (long)(buffer?.Length ?? 0)));

    private HeadShape Shape(int layer) => new(Config.HeadSize, 1f / MathF.Sqrt(Config.HeadSize), Config.SlidingWindow(layer));

    private LayerActivations Activations(int index)
    {
        while (activations.Count <= index)
        {
            activations.Add(new LayerActivations());
        }

        return activations[index];
    }

    /// <summary>Calls <paramref name="body"/> for runs of rows on all threads.</summary>
    private void ForRows(int rows, Action<int, int> body)
    {
        const int Chunk = 32;
        if (rows <= Chunk)
        {
            body(0, rows);
            return;
        }

        pool.For((rows + Chunk - 1) / Chunk, i => body(i * Chunk, Math.Min(rows, (i + 1) * Chunk)));
    }

    private static void Copy(float* source, float* destination, long count) =>
        Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
}
