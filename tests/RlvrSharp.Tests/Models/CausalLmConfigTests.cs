using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

public class CausalLmConfigTests
{
    private const string Minimal = """
        "vocab_size": 320, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4
        """;

    public static TheoryData<string> RopeCases()
    {
        var names = new TheoryData<string>();
        using JsonDocument golden = Rope();
        foreach (JsonElement item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (!item.GetProperty("name").GetString()!.StartsWith("longrope", StringComparison.Ordinal))
            {
                names.Add(item.GetProperty("name").GetString()!);
            }
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(RopeCases))]
    public void Rope_frequencies_equal_the_published_ones(string name)
    {
        using JsonDocument golden = Rope();
        JsonElement item = golden.RootElement.GetProperty("cases").EnumerateArray().Single(candidate => candidate.GetProperty("name").GetString() == name);
        var values = new Dictionary<string, object?>
        {
            ["model_type"] = "llama",
            ["vocab_size"] = 320,
            ["intermediate_size"] = 128,
            ["num_hidden_layers"] = 2,
        };
        foreach (JsonProperty property in item.GetProperty("config").EnumerateObject())
        {
            values[property.Name] = property.Value;
        }

        CausalLmConfig config = Parse(JsonSerializer.Serialize(values));
        int length = item.GetProperty("seq_len").ValueKind == JsonValueKind.Null ? 0 : item.GetProperty("seq_len").GetInt32();

        foreach (CausalLmConfig form in (CausalLmConfig[])[config, Parse(config.ToJson())])
        {
            (float[] frequencies, float factor) = form.RopeFrequencies(length);
            double[] expected = [.. item.GetProperty("inv_freq").EnumerateArray().Select(number => number.GetDouble())];
            Assert.Equal(expected.Length, frequencies.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], frequencies[i], Math.Abs(expected[i]) * 1e-6);
            }

            Assert.Equal(item.GetProperty("attention_factor").GetDouble(), factor, 1e-6);
        }
    }

    [Theory]
    [InlineData("qwen2-tiny")]
    [InlineData("llama31-tiny-tied")]
    [InlineData("llama-tiny")]
    public void Classic_and_newer_form_mean_the_same(string name)
    {
        string directory = ModelFiles.Golden("models-config", name);
        CausalLmConfig classic = CausalLmConfig.Load(directory);
        CausalLmConfig newer = Parse(File.ReadAllText(Path.Combine(directory, "config.v5.json")));

        Assert.Equal(classic.ToJson(), newer.ToJson());
        Assert.Equal(classic.EndTokens, newer.EndTokens);
        Assert.Equal(classic.RopeScaling, newer.RopeScaling);
    }

    [Fact]
    public void A_tied_llama_with_two_end_tokens_reads_in_full()
    {
        CausalLmConfig config = CausalLmConfig.Load(ModelFiles.Golden("models-config", "llama31-tiny-tied"));

        Assert.Equal(("llama", 320, 64, 128, 3), (config.ModelType, config.VocabularySize, config.HiddenSize, config.IntermediateSize, config.LayerCount));
        Assert.Equal((4, 2, 16, 512), (config.HeadCount, config.KeyValueHeadCount, config.HeadSize, config.ContextLength));
        Assert.Equal((1e-5, 1e4, true, 256), (config.RmsNormEpsilon, config.RopeTheta, config.TieWordEmbeddings, config.BeginToken));
        Assert.Equal([257, 258], config.EndTokens);
        Assert.Equal(new RopeScaling { Kind = "llama3", Factor = 8, OriginalContextLength = 64 }, config.RopeScaling);
    }

    [Fact]
    public void Each_family_has_its_own_biases_norms_and_defaults()
    {
        CausalLmConfig qwen2 = CausalLmConfig.Load(ModelFiles.Golden("models-config", "qwen2-tiny"));
        CausalLmConfig qwen3 = CausalLmConfig.Load(ModelFiles.Golden("models-config", "qwen3-tiny"));
        CausalLmConfig llama = Parse($$"""{"model_type": "llama", {{Minimal}}, "attention_bias": true, "mlp_bias": true}""");

        Assert.Equal((true, false, false, false), (qwen2.AttentionBias, qwen2.AttentionOutputBias, qwen2.MlpBias, qwen2.QueryKeyNorm));
        Assert.Equal((false, false, false, true), (qwen3.AttentionBias, qwen3.AttentionOutputBias, qwen3.MlpBias, qwen3.QueryKeyNorm));
        Assert.Equal((true, true, true, false), (llama.AttentionBias, llama.AttentionOutputBias, llama.MlpBias, llama.QueryKeyNorm));
        Assert.Equal((4, 16, 2048), (llama.KeyValueHeadCount, llama.HeadSize, llama.ContextLength));
    }

    [Theory]
    [InlineData("\"model_type\": \"mistral\", \"num_key_value_heads\": 2", new[] { 4096, 4096, 4096 })]
    [InlineData("\"model_type\": \"mistral\", \"num_key_value_heads\": 2, \"sliding_window\": null", new int[0])]
    [InlineData("\"model_type\": \"mistral\", \"num_key_value_heads\": 2, \"sliding_window\": 8", new[] { 8, 8, 8 })]
    [InlineData("\"model_type\": \"qwen2\", \"num_key_value_heads\": 2, \"sliding_window\": 8, \"use_sliding_window\": false", new int[0])]
    [InlineData("\"model_type\": \"qwen2\", \"num_key_value_heads\": 2, \"use_sliding_window\": true, \"max_window_layers\": 2", new[] { 0, 0, 4096 })]
    [InlineData("\"model_type\": \"qwen2\", \"num_key_value_heads\": 2, \"sliding_window\": 8, \"use_sliding_window\": true, \"max_window_layers\": 1", new[] { 0, 8, 8 })]
    [InlineData("\"model_type\": \"qwen3\", \"num_key_value_heads\": 2, \"sliding_window\": 8, \"layer_types\": [\"sliding_attention\", \"full_attention\", \"sliding_attention\"]", new[] { 8, 0, 8 })]
    [InlineData("\"model_type\": \"llama\", \"sliding_window\": 8", new int[0])]
    public void Windows_follow_the_family_and_the_layer_types(string extra, int[] expected)
    {
        CausalLmConfig config = Parse($$"""{ {{Minimal}}, {{extra}} }""");

        Assert.Equal(expected, config.SlidingWindows);
        Assert.Equal(expected, Parse(config.ToJson()).SlidingWindows);
    }

    [Theory]
    [InlineData("\"model_type\": \"mixtral\"", "\"mixtral\"", "llama, mistral, qwen2, qwen3")]
    [InlineData("\"model_type\": \"gemma2\"", "\"gemma2\"", "qwen3")]
    [InlineData("\"model_type\": \"gpt2\"", "\"gpt2\"", "llama, mistral, qwen2, qwen3")]
    [InlineData("\"model_type\": \"qwen3_moe\"", "\"qwen3_moe\"", "dense decoders")]
    [InlineData("\"model_type\": \"llama\", \"num_local_experts\": 8", "num_local_experts", "mixture-of-experts")]
    [InlineData("\"model_type\": \"llama\", \"final_logit_softcapping\": 30.0", "final_logit_softcapping", "soft-capped")]
    [InlineData("\"model_type\": \"llama\", \"partial_rotary_factor\": 0.5", "partial_rotary_factor", "rotated in full")]
    [InlineData("\"a\": 1", "model_type", "qwen3")]
    [InlineData("\"model_type\": \"llama\", \"hidden_act\": \"gelu\"", "gelu", "silu")]
    [InlineData("\"model_type\": \"llama\", \"quantization_config\": {\"quant_method\": \"gptq\"}", "gptq", "bf16")]
    [InlineData("\"model_type\": \"llama\", \"num_key_value_heads\": 3", "3 key-value heads", "divide")]
    [InlineData("\"model_type\": \"llama\", \"hidden_size\": -4", "hidden_size", "-4")]
    [InlineData("\"model_type\": \"llama\", \"vocab_size\": 1e300", "vocab_size", "1e300")]
    [InlineData("\"model_type\": \"llama\", \"rms_norm_eps\": \"x\"", "rms_norm_eps", "number")]
    [InlineData("\"model_type\": \"llama\", \"head_dim\": 7", "head size", "even")]
    [InlineData("\"model_type\": \"llama\", \"rope_scaling\": {\"type\": \"longrope\"}", "longrope", "yarn")]
    [InlineData("\"model_type\": \"llama\", \"rope_scaling\": {\"type\": \"linear\"}", "linear", "factor")]
    [InlineData("\"model_type\": \"llama\", \"eos_token_id\": \"x\"", "eos_token_id", "whole")]
    [InlineData("\"model_type\": \"qwen3\", \"num_key_value_heads\": 4, \"layer_types\": [\"full_attention\"]", "layer_types", "3 layers")]
    [InlineData("\"model_type\": \"qwen3\", \"num_key_value_heads\": 4, \"layer_types\": [\"linear_attention\", \"full_attention\", \"full_attention\"]", "linear_attention", "layer 0")]
    public void What_is_not_supported_is_refused_by_name(string extra, string thing, string rule)
    {
        string fault = ModelFiles.Fault(() => Parse($$"""{ {{Minimal}}, {{extra}} }"""));

        Assert.Contains(thing, fault, StringComparison.Ordinal);
        Assert.Contains(rule, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void End_tokens_of_the_generation_config_join_in()
    {
        using JsonDocument config = JsonDocument.Parse($$"""{"model_type": "llama", {{Minimal}}, "eos_token_id": 5}""");
        using JsonDocument generation = JsonDocument.Parse("""{"eos_token_id": [7, 5]}""");

        Assert.Equal([5, 7], CausalLmConfig.Parse(config.RootElement, generation.RootElement).EndTokens);
    }

    [Fact]
    public void A_missing_or_malformed_file_is_named()
    {
        string directory = ModelFiles.Scratch();
        Assert.Contains("config.json does not exist", ModelFiles.Fault(() => CausalLmConfig.Load(directory)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(directory, "config.json"), "{");
        Assert.Contains("config.json cannot be read", ModelFiles.Fault(() => CausalLmConfig.Load(directory)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama31-tiny-tied")]
    [InlineData("llama-tiny-bf16")]
    public void Expected_tensors_are_those_of_the_checkpoint(string name)
    {
        CausalLmConfig config = CausalLmConfig.Load(ModelFiles.Golden("models-config", name == "llama-tiny-bf16" ? "llama-tiny" : name));
        using SafetensorsFile file = SafetensorsFile.Open(ModelFiles.Golden("models-config", name + ".safetensors"));

        Assert.Equal(
            file.Tensors.Select(tensor => tensor.Name + StoredTensor.Format(tensor.Shape)).Order(StringComparer.Ordinal),
            config.ExpectedTensors().Select(tensor => tensor.Name + StoredTensor.Format(tensor.Shape)).Order(StringComparer.Ordinal));
        Assert.Equal(file.Tensors.Sum(tensor => tensor.ElementCount), config.ParameterCount);
    }

    private static JsonDocument Rope() => JsonDocument.Parse(File.ReadAllText(ModelFiles.Golden("models-config", "rope.json")));

    private static CausalLmConfig Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return CausalLmConfig.Parse(document.RootElement);
    }
}
