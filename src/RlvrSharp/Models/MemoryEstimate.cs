namespace RlvrSharp.Models;

/// <summary>About how many bytes a model takes at work, counted from its shape; see docs/models.md for the formulas.</summary>
/// <param name="Weights">The weights in memory.</param>
/// <param name="Sampling">The weights, and the keys, values, logits and working memory of a batch being sampled.</param>
/// <param name="LoraTraining">The weights, the adapters with their gradients and moments, and the activations of a batch.</param>
/// <param name="FullTraining">The weights in float32 with their gradients and moments, and the activations of a batch.</param>
public sealed record MemoryEstimate(long Weights, long Sampling, long LoraTraining, long FullTraining)
{
    private const int PassTokens = 8192;
    private const int PrefillTokens = 4096;
    private const int TransposedRows = 2048;
    private const int LogitRows = 128;
    private const long LogitBlock = 1 << 22;

    /// <summary>Estimates.</summary>
    /// <param name="config">The model.</param>
    /// <param name="weightType">The type that weights are held in: F32 or BF16.</param>
    /// <param name="sequences">How many sequences are worked on at once.</param>
    /// <param name="length">Their length in tokens.</param>
    /// <param name="loraRank">The rank of the adapters on every linear layer.</param>
    /// <param name="recompute">Whether training keeps the layers' inputs only and computes the other activations again.</param>
    /// <returns>The estimate, for passes of at most 8192 tokens as policies make them by default.</returns>
    public static MemoryEstimate For(CausalLmConfig config, TensorType weightType, int sequences = 8, int length = 512, int loraRank = 16, bool recompute = false)
    {
        ArgumentNullException.ThrowIfNull(config);
        long parameters = config.ParameterCount;
        long weights = parameters * TensorTypes.Size(weightType);
        long hidden = config.HiddenSize, inner = config.IntermediateSize, layers = config.LayerCount;
        long queries = (long)config.HeadCount * config.HeadSize, keys = (long)config.KeyValueHeadCount * config.HeadSize;
        long tokens = (long)sequences * length;

        // Of each layer and token: the stream on entry and in the middle, queries, keys, values, attention's output, gate and up, and what head norms read.
        long perLayer = (2 * hidden) + (2 * queries) + (2 * keys) + (2 * inner) + (config.QueryKeyNorm ? queries + keys : 0);
        long cache = 4 * 2 * layers * keys * tokens;
        long prefill = 4 * Math.Min(tokens, PrefillTokens) * (perLayer + (2 * hidden) + inner);
        long sampled = 4L * sequences * config.VocabularySize;

        long rows = Math.Min(tokens, PassTokens);
        long kept = recompute ? (layers * hidden) + perLayer : layers * perLayer;

        // Shared by all layers: normed input, activation, last state, the gradients of each of these and of queries, keys, values and attention; the head's input and gradient.
        long working = (6 * hidden) + (2 * inner) + (2 * queries) + (2 * keys);
        long logits = Math.Min(rows, Math.Max(LogitRows, LogitBlock / config.VocabularySize)) * config.VocabularySize;
        long transposed = Math.Max(hidden * Math.Min(TransposedRows, Math.Max(config.VocabularySize, inner)), inner * Math.Min(TransposedRows, hidden));
        long activations = 4 * ((rows * (kept + working)) + logits + transposed);

        // An adapter on a layer from i to o inputs has rank × (i + o) numbers; each comes with a gradient and two moments.
        long adapter = loraRank * layers * (2 * (hidden + queries) + (2 * (hidden + keys)) + (3 * (hidden + inner)));
        return new MemoryEstimate(weights, weights + cache + prefill + sampled, weights + (16 * adapter) + activations, (16 * parameters) + activations);
    }
}
