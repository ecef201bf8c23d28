using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>What generation_config.json recommends for sampling; null where it says nothing.</summary>
public sealed record GenerationDefaults
{
    /// <summary>Whether to sample; false is greedy.</summary>
    public bool? DoSample { get; init; }

    /// <summary>What logits are divided by; above 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>The smallest probability mass of likely tokens to draw from, in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>How many of the likeliest tokens to draw from; 0 is all.</summary>
    public int? TopK { get; init; }

    /// <summary>The smallest probability, as a share of the likeliest token's, to draw from.</summary>
    public double? MinP { get; init; }

    /// <summary>What the logits of tokens that occurred are divided (positive) or multiplied (negative) by; 1 is off.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>The most tokens to draw.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The token that begins a text.</summary>
    public int? BeginToken { get; init; }

    /// <summary>The padding token.</summary>
    public int? PadToken { get; init; }

    /// <summary>Reads a model directory's generation_config.json.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The defaults; empty ones where there is no such file.</returns>
    /// <exception cref="CheckpointException">The file is malformed.</exception>
    public static GenerationDefaults Load(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string path = Path.Combine(directory, "generation_config.json");
        if (!File.Exists(path))
        {
            return new GenerationDefaults();
        }

        using JsonDocument document = ModelJson.ReadFile(path);
        JsonElement root = document.RootElement;
        return new GenerationDefaults
        {
            DoSample = ModelJson.Bool(path, root, "do_sample"),
            Temperature = ModelJson.Number(path, root, "temperature", 0),
            TopP = ModelJson.Number(path, root, "top_p", 0, 1),
            TopK = ModelJson.Int(path, root, "top_k", 0),
            MinP = ModelJson.Number(path, root, "min_p", 0, 1),
            RepetitionPenalty = ModelJson.Number(path, root, "repetition_penalty", 0),
            MaxNewTokens = ModelJson.Int(path, root, "max_new_tokens", 1),
            EndTokens = ModelJson.Ids(path, root, "eos_token_id"),
            BeginToken = ModelJson.Int(path, root, "bos_token_id", 0),
            PadToken = ModelJson.Int(path, root, "pad_token_id", 0),
        };
    }
}
