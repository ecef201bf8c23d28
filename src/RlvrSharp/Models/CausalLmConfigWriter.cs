using System.Text;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>Writes config.json in the classic form, keys in alphabetical order as Hugging Face writes them.</summary>
internal static class CausalLmConfigWriter
{
    public static string Write(CausalLmConfig config)
    {
        var values = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["architectures"] = new[] { Architecture(config.ModelType) },
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = config.BeginToken,
            ["eos_token_id"] = config.EndTokens.Count switch { 0 => null, 1 => config.EndTokens[0], _ => config.EndTokens },
            ["head_dim"] = config.HeadSize,
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.HiddenSize,
            ["initializer_range"] = config.InitializerRange,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.ContextLength,
            ["model_type"] = config.ModelType,
            ["num_attention_heads"] = config.HeadCount,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["pad_token_id"] = config.PadToken,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["rope_scaling"] = config.RopeScaling is { } scaling ? Rope(scaling) : null,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["torch_dtype"] = config.TorchDtype ?? "float32",
            ["use_cache"] = true,
            ["vocab_size"] = config.VocabularySize,
        };
        int window = config.SlidingWindows.Count == 0 ? 0 : config.SlidingWindows.Max();
        switch (config.ModelType)
        {
            case "llama":
                values["attention_bias"] = config.AttentionBias;
                values["mlp_bias"] = config.MlpBias;
                break;
            case "mistral":
                values["sliding_window"] = window == 0 ? null : window;
                break;
            default:
                values["sliding_window"] = window == 0 ? null : window;
                values["use_sliding_window"] = window != 0;
                values["max_window_layers"] = config.SlidingWindows.TakeWhile(size => size == 0).Count();
                if (config.ModelType == "qwen3")
                {
                    values["attention_bias"] = config.AttentionBias;
                }

                break;
        }

        if (window != 0)
        {
            values["layer_types"] = config.SlidingWindows.Select(size => size == 0 ? "full_attention" : "sliding_attention");
        }

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            JsonSerializer.Serialize(json, values);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static string Architecture(string type) => type switch
    {
        "llama" => "LlamaForCausalLM",
        "mistral" => "MistralForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        _ => throw new CheckpointException($"The model type \"{type}\" is not supported; supported are {string.Join(", ", CausalLmConfig.SupportedModelTypes)}."),
    };

    private static SortedDictionary<string, object?> Rope(RopeScaling scaling)
    {
        var rope = new SortedDictionary<string, object?>(StringComparer.Ordinal) { ["rope_type"] = scaling.Kind, ["factor"] = scaling.Factor };
        if (scaling.OriginalContextLength is { } original)
        {
            rope["original_max_position_embeddings"] = original;
        }

        if (scaling.Kind == "llama3")
        {
            rope["low_freq_factor"] = scaling.LowFrequencyFactor;
            rope["high_freq_factor"] = scaling.HighFrequencyFactor;
        }
        else if (scaling.Kind == "yarn")
        {
            rope["beta_fast"] = scaling.BetaFast;
            rope["beta_slow"] = scaling.BetaSlow;
            rope["truncate"] = scaling.Truncate;
            foreach ((string key, double? value) in ((string, double?)[])[("attention_factor", scaling.AttentionFactor), ("mscale", scaling.MScale), ("mscale_all_dim", scaling.MScaleAllDimensions)])
            {
                if (value is not null)
                {
                    rope[key] = value;
                }
            }
        }

        return rope;
    }
}
