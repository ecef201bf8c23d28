namespace RlvrSharp.Models;

/// <summary>About how many bytes a model takes at work, counted from its shape; see docs/models.md for the formulas.</summary>
/// <param name="Weights">The weights in memory.</param>
/// <param name="Sampling">The weights, and the keys, values and logits of a batch being sampled.</param>
/// <param name="LoraTraining">The weights, the adapters with their gradients and moments, and the activations of a batch.</param>
/// <param name="FullTraining">The weights in float32 with their gradients and moments, and the activations of a batch.</param>
public sealed record MemoryEstimate(long Weights, long Sampling, long LoraTraining, long FullTraining)
{
    /// <summary>Estimates.</summary>
    /// <param name="config">The model.</param>
    /// <param name="weightType">The type that weights are held in: F32 or BF16.</param>
    /// <param name="sequences">How many sequences are worked on at once.</param>
    /// <param name="length">Their length in tokens.</param>
    /// <param name="loraRank">The rank of the adapters on every linear layer.</param>
    /// <returns>The estimate.</returns>
    public static MemoryEstimate For(CausalLmConfig config, TensorType weightType, int sequences = 8, int length = 512, int loraRank = 16)
    {
        ArgumentNullException.ThrowIfNull(config);
        long parameters = config.ParameterCount;
        long weights = parameters * TensorTypes.Size(weightType);
        long tokens = (long)sequences * length;
        long queries = (long)config.HeadCount * config.HeadSize, keys = (long)config.KeyValueHeadCount * config.HeadSize;
        long cache = 4 * 2 * config.LayerCount * keys * tokens;
        long logits = 4L * sequences * config.VocabularySize;

        // Kept per layer and token for the way back, in floats: two norms' inputs and outputs, queries, keys, values, attention's output, and the three sides of the feed-forward block.
        long perToken = (4L * config.HiddenSize) + (2 * queries) + (2 * keys) + (3L * config.IntermediateSize);
        long activations = 4 * tokens * ((perToken * config.LayerCount) + (2L * config.HiddenSize)) + (4L * sequences * length * config.HeadCount);

        // An adapter on a layer from i to o inputs has rank × (i + o) numbers; each comes with a gradient and two moments.
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        long adapter = loraRank * config.LayerCount * (2 * (hidden + queries) + (2 * (hidden + keys)) + (3 * (hidden + inner)));
        return new MemoryEstimate(
            weights,
            weights + cache + logits,
            weights + (16 * adapter) + activations + logits,
            (16 * parameters) + activations + logits);
    }
}
