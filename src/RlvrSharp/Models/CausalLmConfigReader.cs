using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>Reads config.json in the classic form (rope_scaling, torch_dtype) and in the newer one (rope_parameters, dtype, layer_types).</summary>
internal sealed class CausalLmConfigReader
{
    private const int MaxSize = 1 << 24; // far above any real width or vocabulary; keeps products inside 63 bits

    private readonly string path;
    private readonly JsonElement root;
    private readonly string type;

    private CausalLmConfigReader(string path, JsonElement root, string type) => (this.path, this.root, this.type) = (path, root, type);

    public static CausalLmConfig Read(string path, JsonElement config, JsonElement? generation)
    {
        if (config.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{path} must be a JSON object.");
        }

        string? type = ModelJson.Text(path, config, "model_type");
        string supported = string.Join(", ", CausalLmConfig.SupportedModelTypes);
        if (type is null)
        {
            throw new CheckpointException($"{path} has no \"model_type\". Supported are {supported}.");
        }

        if (!CausalLmConfig.SupportedModelTypes.Contains(type))
        {
            throw new CheckpointException($"{path}: the model type \"{type}\" is not supported. Supported are {supported}: dense decoders with RMSNorm, rotary positions and a SwiGLU feed-forward block.");
        }

        return new CausalLmConfigReader(path, config, type).Read(generation);
    }

    private CausalLmConfig Read(JsonElement? generation)
    {
        RefuseWhatIsNotBuilt();
        int hidden = Need("hidden_size");
        int layers = ModelJson.Int(path, root, "num_hidden_layers", 1, 4096) ?? throw Missing("num_hidden_layers");
        int heads = Need("num_attention_heads");
        int keyHeads = Int("num_key_value_heads") ?? type switch
        {
            "mistral" => 8,
            "qwen2" or "qwen3" => 32,
            _ => heads,
        };
        if (heads % keyHeads != 0)
        {
            throw new CheckpointException($"{path}: {heads} attention heads cannot share {keyHeads} key-value heads; num_key_value_heads must divide num_attention_heads.");
        }

        int? givenHeadSize = Int("head_dim") ?? (type == "qwen3" ? 128 : null);
        if (givenHeadSize is null && hidden % heads != 0)
        {
            throw new CheckpointException($"{path}: hidden_size {hidden} is not a multiple of num_attention_heads {heads}, and head_dim is not given.");
        }

        int headSize = givenHeadSize ?? hidden / heads;
        if (headSize % 2 != 0)
        {
            throw new CheckpointException($"{path}: the head size is {headSize}; rotary positions need an even one.");
        }

        int context = Int("max_position_embeddings", 1 << 30) ?? type switch
        {
            "mistral" => 131072,
            "llama" => 2048,
            _ => 32768,
        };
        bool attentionBias = type == "qwen2" || (type != "mistral" && (Bool("attention_bias") ?? false));
        (double theta, RopeScaling? scaling) = ReadRope(context);
        List<int> ends = ModelJson.Ids(path, root, "eos_token_id");
        if (generation is { } extra)
        {
            ends.AddRange(ModelJson.Ids("generation_config.json", extra, "eos_token_id"));
        }

        return new CausalLmConfig
        {
            ModelType = type,
            VocabularySize = Need("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = Need("intermediate_size"),
            LayerCount = layers,
            HeadCount = heads,
            KeyValueHeadCount = keyHeads,
            HeadSize = headSize,
            ContextLength = context,
            RmsNormEpsilon = ModelJson.Number(path, root, "rms_norm_eps", 0) ?? 1e-6,
            RopeTheta = theta,
            RopeScaling = scaling,
            TieWordEmbeddings = Bool("tie_word_embeddings") ?? false,
            AttentionBias = attentionBias,
            AttentionOutputBias = attentionBias && type != "qwen2",
            MlpBias = type == "llama" && (Bool("mlp_bias") ?? false),
            QueryKeyNorm = type == "qwen3",
            SlidingWindows = ReadWindows(layers),
            EndTokens = [.. ends.Distinct()],
            BeginToken = ModelJson.Int(path, root, "bos_token_id", 0),
            PadToken = ModelJson.Int(path, root, "pad_token_id", -1) is >= 0 and var pad ? pad : null,
            TorchDtype = ModelJson.Text(path, root, "dtype") ?? ModelJson.Text(path, root, "torch_dtype"),
            InitializerRange = ModelJson.Number(path, root, "initializer_range", 0) ?? 0.02,
        };
    }

    private void RefuseWhatIsNotBuilt()
    {
        string activation = ModelJson.Text(path, root, "hidden_act") ?? "silu";
        if (activation is not ("silu" or "swish"))
        {
            throw new CheckpointException($"{path}: the activation \"{activation}\" is not supported; {type} models use silu.");
        }

        if (ModelJson.Get(root, "quantization_config") is { } quantization)
        {
            string method = (quantization.ValueKind == JsonValueKind.Object ? ModelJson.Text(path, quantization, "quant_method") : null) ?? "unknown";
            throw new CheckpointException($"{path}: the weights are quantized (quant_method \"{method}\"), which is not supported. Fetch the model's bf16, f16 or f32 weights.");
        }

        foreach (string key in (string[])["num_experts", "num_local_experts", "attn_logit_softcapping", "final_logit_softcapping"])
        {
            if (ModelJson.Get(root, key) is { } value)
            {
                throw new CheckpointException($"{path}: \"{key}\" is {ModelJson.Show(value)}; mixture-of-experts and soft-capped models are not supported.");
            }
        }
    }

    private (double Theta, RopeScaling? Scaling) ReadRope(int context)
    {
        JsonElement? newer = ModelJson.Get(root, "rope_parameters");
        JsonElement? section = newer ?? ModelJson.Get(root, "rope_scaling");
        double theta = (newer is { } parameters ? ModelJson.Number(path, parameters, "rope_theta", 1) : null) ?? ModelJson.Number(path, root, "rope_theta", 1) ?? 10000;
        if (section is not { } rope)
        {
            RefusePartial(root);
            return (theta, null);
        }

        if (rope.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{path}: the rope settings must be an object, not {ModelJson.Show(rope)}.");
        }

        RefusePartial(root);
        RefusePartial(rope);
        string kind = ModelJson.Text(path, rope, "rope_type") ?? ModelJson.Text(path, rope, "type") ?? "default";
        if (kind == "default")
        {
            return (theta, null);
        }

        if (kind is not ("linear" or "dynamic" or "llama3" or "yarn"))
        {
            throw new CheckpointException($"{path}: the rope type \"{kind}\" is not supported; supported are default, linear, dynamic, llama3 and yarn.");
        }

        int? original = ModelJson.Int(path, rope, "original_max_position_embeddings", 1, 1 << 30) ?? ModelJson.Int(path, root, "original_max_position_embeddings", 1, 1 << 30);
        double? factor = ModelJson.Number(path, rope, "factor", 1) ?? (kind == "yarn" && original is { } before ? (double)context / before : null);
        if (factor is null)
        {
            throw new CheckpointException($"{path}: the rope type \"{kind}\" needs a \"factor\".");
        }

        if (kind == "llama3" && original is null)
        {
            throw new CheckpointException($"{path}: the rope type \"llama3\" needs \"original_max_position_embeddings\".");
        }

        double low = ModelJson.Number(path, rope, "low_freq_factor", 1e-9) ?? 1;
        double high = ModelJson.Number(path, rope, "high_freq_factor", 1e-9) ?? 4;
        if (kind == "llama3" && high <= low)
        {
            throw new CheckpointException($"{path}: high_freq_factor {high} must be above low_freq_factor {low}.");
        }

        return (theta, new RopeScaling
        {
            Kind = kind,
            Factor = factor.Value,
            OriginalContextLength = original,
            LowFrequencyFactor = low,
            HighFrequencyFactor = high,
            AttentionFactor = ModelJson.Number(path, rope, "attention_factor", 0),
            BetaFast = ModelJson.Number(path, rope, "beta_fast", 1e-9) ?? 32,
            BetaSlow = ModelJson.Number(path, rope, "beta_slow", 1e-9) ?? 1,
            MScale = ModelJson.Number(path, rope, "mscale", 0),
            MScaleAllDimensions = ModelJson.Number(path, rope, "mscale_all_dim", 0),
            Truncate = ModelJson.Bool(path, rope, "truncate") ?? true,
        });
    }

    private void RefusePartial(JsonElement element)
    {
        if (ModelJson.Number(path, element, "partial_rotary_factor", 0) is { } part && part != 1)
        {
            throw new CheckpointException($"{path}: \"partial_rotary_factor\" is {part}; only heads that are rotated in full are supported.");
        }
    }

    private int[] ReadWindows(int layers)
    {
        // A window that is not named is 4096 wide: Mistral has it by default, Qwen's must be switched on, and begins at a layer.
        int? window = ModelJson.Int(path, root, "sliding_window", 1);
        if ((type == "mistral" || (type != "llama" && Bool("use_sliding_window") == true)) && !root.TryGetProperty("sliding_window", out _))
        {
            window = 4096;
        }

        bool used = type switch
        {
            "mistral" => true,
            "llama" => false,
            _ => Bool("use_sliding_window") ?? false,
        };
        var windows = new int[layers];
        if (ModelJson.Get(root, "layer_types") is { } types)
        {
            if (types.ValueKind != JsonValueKind.Array || types.GetArrayLength() != layers)
            {
                throw new CheckpointException($"{path}: \"layer_types\" must list one entry for each of the {layers} layers.");
            }

            for (int i = 0; i < layers; i++)
            {
                JsonElement entry = types[i];
                string? name = entry.ValueKind == JsonValueKind.String ? entry.GetString() : null;
                windows[i] = name switch
                {
                    "full_attention" => 0,
                    "sliding_attention" => window ?? throw new CheckpointException($"{path}: layer {i} is \"sliding_attention\", but \"sliding_window\" is not given."),
                    _ => throw new CheckpointException($"{path}: layer {i} is of the type {ModelJson.Show(entry)}; supported are full_attention and sliding_attention."),
                };
            }
        }
        else if (used && window is { } size)
        {
            int first = type == "mistral" ? 0 : ModelJson.Int(path, root, "max_window_layers", 0) ?? 28;
            for (int i = first; i < layers; i++)
            {
                windows[i] = size;
            }
        }

        return windows.All(size => size == 0) ? [] : windows;
    }

    private int? Int(string key, int maximum = MaxSize) => ModelJson.Int(path, root, key, 1, maximum);

    private bool? Bool(string key) => ModelJson.Bool(path, root, key);

    private int Need(string key) => Int(key) ?? throw Missing(key);

    private CheckpointException Missing(string key) => new($"{path} has no \"{key}\", which every {type} model needs.");
}
