using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Models;

namespace RlvrSharp.Benchmarks.HalfBillion;

/// <summary>Makes a model folder of the shape of Qwen2.5-0.5B with random bfloat16 weights and a tokenizer of its full size.</summary>
internal static class RandomCheckpoint
{
    private const int LearntTokens = 8192;
    private const int PlainTokens = 151643;
    private const int Rows = 151936;
    private const string Template = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static readonly string[] Controls =
    [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>",
        "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>",
        "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    ];

    /// <summary>Writes the folder, unless it is there already.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="text">What the tokenizer learns its first tokens from.</param>
    public static void Write(string directory, string text)
    {
        if (File.Exists(Path.Combine(directory, "model.safetensors")))
        {
            return;
        }

        Directory.CreateDirectory(directory);
        var config = new CausalLmConfig
        {
            ModelType = "qwen2",
            VocabularySize = Rows,
            HiddenSize = 896,
            IntermediateSize = 4864,
            LayerCount = 24,
            HeadCount = 14,
            KeyValueHeadCount = 2,
            HeadSize = 64,
            ContextLength = 32768,
            RopeTheta = 1_000_000,
            RmsNormEpsilon = 1e-6,
            TieWordEmbeddings = true,
            AttentionBias = true,
            EndTokens = [PlainTokens + 2, PlainTokens],
            TorchDtype = "bfloat16",
        };
        File.WriteAllText(Path.Combine(directory, "config.json"), config.ToJson());
        WriteTokenizer(directory, text);
        CheckpointTensors.Write(directory, config.ExpectedTensors().Select((tensor, i) => Draw(tensor.Name, tensor.Shape, (ulong)i)));
    }

    private static TensorSource Draw(string name, IReadOnlyList<long> shape, ulong stream)
    {
        var bits = new ushort[shape.Aggregate(1L, (product, size) => product * size)];
        if (shape.Count == 1 && name.EndsWith("norm.weight", StringComparison.Ordinal))
        {
            Array.Fill(bits, TensorTypes.ToBFloat16(1));
            return TensorSource.FromBFloat16(name, shape, bits);
        }

        // Uniform with the deviation 0.02: only the shape matters here, and it is quick.
        var random = new KeyedRandom(KeyedRandom.Key(5, stream));
        const double Width = 0.0692820323;
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = TensorTypes.ToBFloat16((float)((random.NextDouble() - 0.5) * Width));
        }

        return TensorSource.FromBFloat16(name, shape, bits);
    }

    /// <summary>A tokenizer that learnt its first tokens, and has pairs of them for the rest, up to the size of the model it stands for.</summary>
    private static void WriteTokenizer(string directory, string text)
    {
        new ByteLevelBpeTrainer { VocabularySize = LearntTokens + Controls.Length, SpecialTokens = Controls, EndToken = Controls[2], PadToken = Controls[0], ChatTemplate = Template }
            .Train([text], directory);
        string path = Path.Combine(directory, "tokenizer.json");
        JsonNode root = JsonNode.Parse(File.ReadAllText(path))!;
        JsonObject vocabulary = root["model"]!["vocab"]!.AsObject();
        JsonArray merges = root["model"]!["merges"]!.AsArray();
        string[] tokens = [.. vocabulary.OrderBy(pair => (int)pair.Value!).Select(pair => pair.Key).Take(vocabulary.Count)];
        bool pairs = merges.Count > 0 && merges[0] is JsonArray;
        for (int sum = 0; vocabulary.Count < PlainTokens; sum++)
        {
            for (int left = 0; left <= sum && vocabulary.Count < PlainTokens; left++)
            {
                if (sum - left < tokens.Length && left < tokens.Length && vocabulary.TryAdd(tokens[left] + tokens[sum - left], vocabulary.Count))
                {
                    merges.Add(pairs ? new JsonArray(tokens[left], tokens[sum - left]) : JsonValue.Create($"{tokens[left]} {tokens[sum - left]}"));
                }
            }
        }

        foreach (JsonNode? token in root["added_tokens"]!.AsArray())
        {
            token!["id"] = PlainTokens + Array.IndexOf(Controls, (string)token["content"]!);
        }

        File.WriteAllText(path, root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), new UTF8Encoding(false));
    }
}
