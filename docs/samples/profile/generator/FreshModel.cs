using RlvrSharp.Models;

namespace RlvrSharp.Samples.Profile;

/// <summary>A small Llama with random weights: what pretraining begins with.</summary>
internal static class FreshModel
{
    /// <summary>The longest sequence in tokens.</summary>
    public const int ContextLength = 256;

    /// <summary>The shape: a million weights, four megabytes.</summary>
    /// <param name="vocabularySize">The number of tokens.</param>
    /// <param name="endToken">The token that ends an answer.</param>
    /// <returns>What config.json says.</returns>
    public static CausalLmConfig Configuration(int vocabularySize, int endToken) => new()
    {
        ModelType = "llama",
        VocabularySize = vocabularySize,
        HiddenSize = 128,
        IntermediateSize = 480,
        LayerCount = 3,
        HeadCount = 4,
        KeyValueHeadCount = 4,
        HeadSize = 32,
        ContextLength = ContextLength,
        TieWordEmbeddings = true,
        EndTokens = [endToken],
        TorchDtype = "float32",
    };

    /// <summary>Draws the weights.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The tensors of a checkpoint.</returns>
    /// <remarks>
    /// Matrices are drawn with standard deviation 1/√hidden, which keeps the size of what passes through them; those that add to the residual
    /// stream are smaller, so that a layer changes little at first. Embeddings are larger: what a token is should not drown in the first layer.
    /// </remarks>
    public static IEnumerable<TensorSource> Weights(CausalLmConfig config, ulong seed)
    {
        ulong number = 0;
        foreach ((string name, IReadOnlyList<long> shape) in config.ExpectedTensors())
        {
            var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            if (shape.Count == 1)
            {
                Array.Fill(values, 1f);
            }
            else
            {
                bool residual = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
                double deviation = name == "model.embed_tokens.weight" ? 0.25 : residual ? 0.03 : 1 / Math.Sqrt(config.HiddenSize);
                var random = new KeyedRandom(KeyedRandom.Key(0x57454947485453, seed, number));
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)(deviation * Normal(ref random));
                }
            }

            number++;
            yield return TensorSource.FromSingles(name, TensorType.F32, shape, values);
        }
    }

    // Twelve uniform numbers less six: near enough to a normal draw, and the same bits on every machine, which logarithms and cosines are not.
    private static double Normal(ref KeyedRandom random)
    {
        double sum = -6;
        for (int i = 0; i < 12; i++)
        {
            sum += random.NextDouble();
        }

        return sum;
    }
}
