using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>What a model directory holds, found out without converting a single weight.</summary>
public sealed record ModelDescription
{
    /// <summary>The directory.</summary>
    public required string Directory { get; init; }

    /// <summary>What config.json says.</summary>
    public required CausalLmConfig Config { get; init; }

    /// <summary>What generation_config.json recommends.</summary>
    public required GenerationDefaults Generation { get; init; }

    /// <summary>The weights stored, a tied head counted once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>The bytes of all tensors.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>The number of weight files.</summary>
    public required int FileCount { get; init; }

    /// <summary>The types that weights are stored in, most bytes first.</summary>
    public required IReadOnlyList<TensorType> StoredTypes { get; init; }

    /// <summary>The tokenizer's ids, special ones included.</summary>
    public required int TokenizerSize { get; init; }

    /// <summary>Whether the directory has a chat template.</summary>
    public required bool HasChatTemplate { get; init; }

    /// <summary>Opens every file of a model directory, checks that they fit each other, and describes them.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The description.</returns>
    /// <exception cref="CheckpointException">A file is missing or damaged, weights do not fit config.json, or the tokenizer does not fit the embedding.</exception>
    public static ModelDescription Load(string directory)
    {
        CausalLmConfig config = CausalLmConfig.Load(directory);
        using CheckpointTensors tensors = CheckpointTensors.Open(directory);
        tensors.CheckAgainst(config);
        Tokenizer tokenizer = Tokenizer.Load(directory);
        tokenizer.CheckFits(config);
        return new ModelDescription
        {
            Directory = directory,
            Config = config,
            Generation = GenerationDefaults.Load(directory),
            ParameterCount = tensors.Tensors.Sum(tensor => tensor.ElementCount),
            StoredBytes = tensors.Tensors.Sum(tensor => tensor.ByteLength),
            FileCount = tensors.FileCount,
            StoredTypes = [.. tensors.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Sum(tensor => tensor.ByteLength)).ThenBy(group => group.Key).Select(group => group.Key)],
            TokenizerSize = tokenizer.VocabularySize,
            HasChatTemplate = FindTemplate(directory),
        };
    }

    /// <summary>The description as lines of text, for people.</summary>
    /// <returns>One fact a line, ending in a line feed.</returns>
    public string Format()
    {
        CausalLmConfig config = Config;
        string windows = config.SlidingWindows.Count == 0 ? string.Empty : $", window {config.SlidingWindows.Max()} in {config.SlidingWindows.Count(size => size > 0)} layers";
        string rope = config.RopeScaling is { } scaling ? string.Create(CultureInfo.InvariantCulture, $", {scaling.Kind} rope ×{scaling.Factor:0.##}") : string.Empty;
        var text = new StringBuilder();
        Line("architecture", $"{config.ModelType}, {config.LayerCount} layers, hidden {config.HiddenSize}, {config.HeadCount} heads ({config.KeyValueHeadCount} key-value) of {config.HeadSize}, feed-forward {config.IntermediateSize}, {(config.TieWordEmbeddings ? "tied" : "own")} head");
        Line("parameters", string.Create(CultureInfo.InvariantCulture, $"{ParameterCount:N0} ({Size(StoredBytes)} in {FileCount} file{(FileCount == 1 ? "" : "s")})"));
        Line("dtype", string.Join(", ", StoredTypes.Select(TensorTypes.Name)));
        Line("context", $"{config.ContextLength} tokens{windows}{rope}");
        Line("vocabulary", $"{config.VocabularySize} rows, {TokenizerSize} tokens; ends with {(config.EndTokens.Count == 0 ? "no token" : string.Join(", ", config.EndTokens))}");
        Line("template", HasChatTemplate ? "chat template" : "none: messages are joined as plain text");
        foreach (TensorType type in (TensorType[])[TensorType.BF16, TensorType.F32])
        {
            MemoryEstimate memory = MemoryEstimate.For(config, type, length: Math.Min(512, config.ContextLength));
            Line($"memory {TensorTypes.Name(type)}", $"about {Size(memory.Weights)} loaded, {Size(memory.Sampling)} sampling 8 × {Math.Min(512, config.ContextLength)} tokens, {Size(memory.LoraTraining)} training LoRA adapters of rank 16, {Size(MemoryEstimate.For(config, type, length: Math.Min(512, config.ContextLength), recompute: true).LoraTraining)} recomputing activations");
        }

        return text.ToString();

        void Line(string name, string value) => text.Append(name.PadRight(14)).Append(value).Append('\n');
    }

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };

    private static bool FindTemplate(string directory)
    {
        if (File.Exists(Path.Combine(directory, "chat_template.jinja")))
        {
            return true;
        }

        string path = Path.Combine(directory, "tokenizer_config.json");
        if (!File.Exists(path))
        {
            return false;
        }

        using JsonDocument document = ModelJson.ReadFile(path);
        return ModelJson.Get(document.RootElement, "chat_template") is not null;
    }
}
