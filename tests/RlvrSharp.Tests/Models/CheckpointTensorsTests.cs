using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

public class CheckpointTensorsTests
{
    private static readonly string Source = ModelFiles.Golden("models-config", "llama31-tiny-tied.safetensors");

    [Fact]
    public void Shards_hold_what_one_file_holds_and_come_back_byte_for_byte()
    {
        string single = Single();
        string sharded = ModelFiles.Scratch();
        string again = ModelFiles.Scratch();
        Copy(single, sharded, 150_000);
        Copy(sharded, again, 150_000);

        string[] names = [.. Directory.GetFiles(sharded).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal("model-00001-of-00004.safetensors", names[0]);
        Assert.Equal(5, names.Length);
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(Path.Combine(sharded, name)), File.ReadAllBytes(Path.Combine(again, name))));
        using CheckpointTensors one = CheckpointTensors.Open(single);
        using CheckpointTensors many = CheckpointTensors.Open(sharded);
        Assert.Equal((1, 4), (one.FileCount, many.FileCount));
        Assert.Equal(one.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), many.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(one.Tensors, tensor => Assert.True(one.ReadRaw(tensor.Name).SequenceEqual(many.ReadRaw(tensor.Name))));
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Path.Combine(sharded, CheckpointTensors.IndexFileName)));
        Assert.Equal(one.Tensors.Sum(tensor => tensor.ByteLength), index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
    }

    [Fact]
    public void Writing_over_shards_leaves_no_old_file()
    {
        string directory = ModelFiles.Scratch();
        Copy(Single(), directory, 150_000);
        Copy(Single(), directory, long.MaxValue);

        Assert.Equal([CheckpointTensors.SingleFileName], Directory.GetFiles(directory).Select(path => Path.GetFileName(path)!));
    }

    [Fact]
    public void A_missing_shard_is_named_with_its_tensor()
    {
        string directory = Sharded();
        File.Delete(Path.Combine(directory, "model-00002-of-00004.safetensors"));

        string fault = ModelFiles.Fault(() => CheckpointTensors.Open(directory));
        Assert.Contains("model-00002-of-00004.safetensors", fault, StringComparison.Ordinal);
        Assert.Contains("\"model.layers", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_shard_is_named_with_its_tensor()
    {
        string directory = Sharded();
        string path = Path.Combine(directory, "model-00002-of-00004.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);

        string fault = ModelFiles.Fault(() => CheckpointTensors.Open(directory));
        Assert.Contains("model-00002-of-00004.safetensors", fault, StringComparison.Ordinal);
        Assert.Contains("cut off", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.not.there", "model-00001-of-00004.safetensors", "\"model.not.there\"")]
    [InlineData("model.norm.weight", "../elsewhere.safetensors", "same directory")]
    [InlineData("model.norm.weight", "..", "same directory")]
    [InlineData("model.norm.weight", "", "same directory")]
    public void An_index_that_lies_is_refused(string tensor, string file, string thing)
    {
        string directory = Sharded();
        string path = Path.Combine(directory, CheckpointTensors.IndexFileName);
        JsonNode index = JsonNode.Parse(File.ReadAllText(path))!;
        index["weight_map"]![tensor] = file;
        File.WriteAllText(path, index.ToJsonString());

        string fault = ModelFiles.Fault(() => CheckpointTensors.Open(directory));
        Assert.Contains(thing, fault, StringComparison.Ordinal);
        Assert.Contains(tensor, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_shape_are_refused_with_both_shapes()
    {
        CausalLmConfig config = CausalLmConfig.Load(ModelFiles.Golden("models-config", "llama31-tiny-tied"));
        using CheckpointTensors tensors = CheckpointTensors.Open(Single());
        tensors.CheckAgainst(config);

        string fault = ModelFiles.Fault(() => tensors.CheckAgainst(config with { IntermediateSize = 96, VocabularySize = 321, TieWordEmbeddings = false }));
        Assert.Contains("\"model.embed_tokens.weight\" has the shape [320, 64], but config.json calls for [321, 64]", fault, StringComparison.Ordinal);
        Assert.Contains("[96, 64]", fault, StringComparison.Ordinal);
        Assert.Contains("more", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_without_weights_says_what_it_has_instead()
    {
        string directory = ModelFiles.Scratch();
        Assert.Contains("neither", ModelFiles.Fault(() => CheckpointTensors.Open(directory)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(directory, "pytorch_model.bin"), string.Empty);
        Assert.Contains("pytorch_model.bin", ModelFiles.Fault(() => CheckpointTensors.Open(directory)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_directory_is_described_without_reading_its_weights()
    {
        string directory = Single();
        foreach (string name in (string[])["config.json", "generation_config.json"])
        {
            File.Copy(ModelFiles.Golden("models-config", "llama31-tiny-tied", name), Path.Combine(directory, name));
        }

        new ByteLevelBpeTrainer { VocabularySize = 257, SpecialTokens = ["<e>"], EndToken = "<e>", ChatTemplate = "x" }.Train([], directory);
        ModelDescription description = ModelDescription.Load(directory);

        Assert.Equal((description.Config.ParameterCount, 1, 257, true), (description.ParameterCount, description.FileCount, description.TokenizerSize, description.HasChatTemplate));
        Assert.Equal([TensorType.F32], description.StoredTypes);
        Assert.Equal(4 * description.ParameterCount, description.StoredBytes);
        string text = description.Format();
        Assert.All((string[])["llama, 3 layers", "F32", "512 tokens, llama3 rope ×8", "257, 258", "chat template", "memory BF16"], thing => Assert.Contains(thing, text, StringComparison.Ordinal));

        new ByteLevelBpeTrainer { VocabularySize = 400, SpecialTokens = [.. Enumerable.Range(0, 100).Select(i => $"<{i}>")] }.Train([], directory);
        Assert.Contains("320 rows", ModelFiles.Fault(() => ModelDescription.Load(directory)), StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_defaults_are_read_where_there_are_any()
    {
        string directory = ModelFiles.Scratch();
        GenerationDefaults none = GenerationDefaults.Load(directory);
        Assert.Null(none.Temperature);
        Assert.Empty(none.EndTokens);
        File.WriteAllText(Path.Combine(directory, "generation_config.json"), """{"do_sample": true, "temperature": 0.6, "top_p": 0.95, "top_k": 20, "repetition_penalty": 1.05, "eos_token_id": [3, 4], "pad_token_id": 3}""");
        GenerationDefaults some = GenerationDefaults.Load(directory);
        Assert.Equal((true, 0.6, 0.95, 20, 1.05, 3), (some.DoSample, some.Temperature, some.TopP, some.TopK, some.RepetitionPenalty, some.PadToken));
        Assert.Equal([3, 4], some.EndTokens);
        File.WriteAllText(Path.Combine(directory, "generation_config.json"), """{"top_p": 2}""");
        Assert.Contains("\"top_p\" is 2", ModelFiles.Fault(() => GenerationDefaults.Load(directory)), StringComparison.Ordinal);
    }

    private static string Single()
    {
        string directory = ModelFiles.Scratch();
        File.Copy(Source, Path.Combine(directory, CheckpointTensors.SingleFileName));
        return directory;
    }

    private static string Sharded()
    {
        string directory = ModelFiles.Scratch();
        Copy(Single(), directory, 150_000);
        return directory;
    }

    private static void Copy(string from, string to, long shard)
    {
        CausalLmConfig config = CausalLmConfig.Load(ModelFiles.Golden("models-config", "llama31-tiny-tied"));
        using CheckpointTensors tensors = CheckpointTensors.Open(from);
        CheckpointTensors.Write(to, config.ExpectedTensors().Select(tensor => tensors.ToSource(tensor.Name)), shard);
    }
}
