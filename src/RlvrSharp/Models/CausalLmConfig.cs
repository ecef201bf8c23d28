using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>
/// What config.json says about a decoder-only language model of the Llama family (Llama, Mistral, Qwen2, Qwen3), checked and with every
/// default filled in. Immutable.
/// </summary>
public sealed record CausalLmConfig
{
    /// <summary>The model types that load.</summary>
    public static IReadOnlyList<string> SupportedModelTypes { get; } = ["llama", "mistral", "qwen2", "qwen3"];

    /// <summary><c>llama</c>, <c>mistral</c>, <c>qwen2</c> or <c>qwen3</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Rows of the embedding; ids run from 0 to one less.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The width inside the feed-forward block.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key and value heads; divides <see cref="HeadCount"/>.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>The width of one head; even; not always hidden / heads.</summary>
    public required int HeadSize { get; init; }

    /// <summary>The longest sequence in tokens (<c>max_position_embeddings</c>).</summary>
    public required int ContextLength { get; init; }

    /// <summary>The ε of every RMSNorm.</summary>
    public double RmsNormEpsilon { get; init; } = 1e-6;

    /// <summary>The base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>The stretching of the rotary frequencies, or null.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the output head is the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the query, key and value projections have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether the attention output projection has a bias.</summary>
    public bool AttentionOutputBias { get; init; }

    /// <summary>Whether the feed-forward projections have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether queries and keys pass an RMSNorm per head (Qwen3).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Per layer, how many tokens a token sees, itself and those just before it; 0 is all. Empty where no layer has a window.</summary>
    public IReadOnlyList<int> SlidingWindows { get; init; } = [];

    /// <summary>The tokens that end an answer: config.json's, then those that only generation_config.json names.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The token that begins a text, or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>The padding token, or null.</summary>
    public int? PadToken { get; init; }

    /// <summary>The type the weights were meant for, such as <c>bfloat16</c>; null where the file does not say.</summary>
    public string? TorchDtype { get; init; }

    /// <summary>The standard deviation of freshly drawn weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>The number of weights, biases and norms included, a tied head counted once.</summary>
    public long ParameterCount => ExpectedTensors().Sum(tensor => tensor.Shape.Aggregate(1L, (product, dimension) => product * dimension));

    /// <summary>Reads config.json, and generation_config.json's end tokens where there is one.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of a kind that is not supported.</exception>
    public static CausalLmConfig Load(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string path = Path.Combine(directory, "config.json");
        using JsonDocument config = ModelJson.ReadFile(path);
        string generationPath = Path.Combine(directory, "generation_config.json");
        using JsonDocument? generation = File.Exists(generationPath) ? ModelJson.ReadFile(generationPath) : null;
        return CausalLmConfigReader.Read(path, config.RootElement, generation?.RootElement);
    }

    /// <summary>Reads a configuration that is already JSON.</summary>
    /// <param name="config">What config.json holds.</param>
    /// <param name="generation">What generation_config.json holds, if there is one.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="CheckpointException">A value is missing or wrong, or the model is of a kind that is not supported.</exception>
    public static CausalLmConfig Parse(JsonElement config, JsonElement? generation = null) => CausalLmConfigReader.Read("config.json", config, generation);

    /// <summary>How many tokens a token of a layer sees, itself included; 0 is all before it.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The window.</returns>
    public int SlidingWindow(int layer) => SlidingWindows.Count == 0 ? 0 : SlidingWindows[layer];

    /// <summary>The rotary frequencies.</summary>
    /// <param name="sequenceLength">The length to serve; only <c>dynamic</c> scaling, and only beyond <see cref="ContextLength"/>, depends on it.</param>
    /// <returns><see cref="HeadSize"/>/2 frequencies in radians per position, and the factor that cosines and sines are multiplied by.</returns>
    public (float[] InverseFrequencies, float AttentionFactor) RopeFrequencies(int sequenceLength = 0) =>
        RopeMath.Compute(HeadSize, RopeTheta, RopeScaling, ContextLength, sequenceLength);

    /// <summary>The tensors that a checkpoint of this configuration holds, under their Hugging Face names, in the order of the forward pass.</summary>
    /// <returns>Names and shapes; a tied head is left out.</returns>
    public IEnumerable<(string Name, IReadOnlyList<long> Shape)> ExpectedTensors()
    {
        long hidden = HiddenSize, queries = (long)HeadCount * HeadSize, keys = (long)KeyValueHeadCount * HeadSize, inner = IntermediateSize;
        yield return ("model.embed_tokens.weight", [VocabularySize, hidden]);
        for (int layer = 0; layer < LayerCount; layer++)
        {
            string at = $"model.layers.{layer}.";
            yield return (at + "input_layernorm.weight", [hidden]);
            foreach ((string name, long output, long input, bool bias) in ((string, long, long, bool)[])
                [
                    ("self_attn.q_proj", queries, hidden, AttentionBias),
                    ("self_attn.k_proj", keys, hidden, AttentionBias),
                    ("self_attn.v_proj", keys, hidden, AttentionBias),
                    ("self_attn.o_proj", hidden, queries, AttentionOutputBias),
                    ("mlp.gate_proj", inner, hidden, MlpBias),
                    ("mlp.up_proj", inner, hidden, MlpBias),
                    ("mlp.down_proj", hidden, inner, MlpBias),
                ])
            {
                yield return (at + name + ".weight", [output, input]);
                if (bias)
                {
                    yield return (at + name + ".bias", [output]);
                }
            }

            if (QueryKeyNorm)
            {
                yield return (at + "self_attn.q_norm.weight", [HeadSize]);
                yield return (at + "self_attn.k_norm.weight", [HeadSize]);
            }

            yield return (at + "post_attention_layernorm.weight", [hidden]);
        }

        yield return ("model.norm.weight", [hidden]);
        if (!TieWordEmbeddings)
        {
            yield return ("lm_head.weight", [VocabularySize, hidden]);
        }
    }

    /// <summary>Writes the configuration in the classic form, which old and new Hugging Face versions read; for models made here.</summary>
    /// <returns>The text of config.json, indented, ending in a line feed.</returns>
    public string ToJson() => CausalLmConfigWriter.Write(this);
}
