using System.Globalization;
using System.Text;
using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>Adapters as the PEFT library keeps them: adapter_config.json and adapter_model.safetensors.</summary>
internal static class LoraCheckpoint
{
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";

    /// <summary>The name of A of a layer, given the name of its weight in the base model.</summary>
    public static string DownName(string weight) => Prefix + weight[..^".weight".Length] + ".lora_A.weight";

    /// <summary>The name of B of a layer.</summary>
    public static string UpName(string weight) => Prefix + weight[..^".weight".Length] + ".lora_B.weight";

    /// <summary>Refuses target modules that no layer is called.</summary>
    public static void CheckModules(LoraOptions options)
    {
        foreach (string module in options.TargetModules)
        {
            if (!LoraOptions.Modules.Contains(module))
            {
                throw new PolicyException($"LoRA target module \"{module}\" binds to no layer; there are {string.Join(", ", LoraOptions.Modules)}.");
            }
        }
    }

    /// <summary>Whether a layer gets an adapter, by the name of its weight in the base model.</summary>
    public static bool Wants(LoraOptions options, string weight) =>
        LoraOptions.Modules.Any(module => (options.TargetModules.Count == 0 || options.TargetModules.Contains(module)) && weight.EndsWith("." + module + ".weight", StringComparison.Ordinal));

    /// <summary>A's first weights, [rank × columns]: the same for every policy, so that an adapter of one is an adapter of the other.</summary>
    /// <param name="options">Rank and seed.</param>
    /// <param name="index">Which of the adapted layers, in the order of the forward pass.</param>
    /// <param name="columns">The layer's inputs.</param>
    public static float[] FirstWeights(LoraOptions options, int index, int columns)
    {
        var random = new KeyedRandom(KeyedRandom.Key(options.Seed, (ulong)index));
        double bound = 1 / Math.Sqrt(columns);
        var weights = new float[options.Rank * columns];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = (float)(((2 * random.NextDouble()) - 1) * bound);
        }

        return weights;
    }

    /// <summary>Opens an adapter's weights, each of which must belong to one of the model's adapters.</summary>
    /// <param name="directory">The adapter's directory.</param>
    /// <param name="known">The names of the model's adapter matrices.</param>
    public static SafetensorsFile OpenWeights(string directory, IReadOnlyCollection<string> known)
    {
        string path = Path.Combine(directory, WeightsFile);
        if (!File.Exists(path))
        {
            throw new CheckpointException($"{directory} has no {WeightsFile}, and this policy trains adapters: load the directory as a policy of its own.");
        }

        SafetensorsFile file = SafetensorsFile.Open(path);
        string[] unbound = [.. file.Tensors.Select(tensor => tensor.Name).Where(name => !known.Contains(name))];
        if (unbound.Length == 0)
        {
            return file;
        }

        file.Dispose();
        throw new CheckpointException($"{path}: the tensor \"{unbound[0]}\" binds to no adapted layer of the model ({unbound.Length} such tensors).");
    }

    /// <summary>Whether a directory holds an adapter and no model of its own.</summary>
    public static bool IsAdapter(string directory) =>
        File.Exists(Path.Combine(directory, ConfigFile)) && !File.Exists(Path.Combine(directory, "config.json"));

    /// <summary>
    /// The base model's directory that adapter_config.json names, as seen from the adapter (so that both can move together), else as seen from
    /// the current directory, which is how the PEFT library takes it.
    /// </summary>
    public static string BaseDirectory(string directory)
    {
        using JsonDocument document = Parse(directory);
        string name = document.RootElement.TryGetProperty("base_model_name_or_path", out JsonElement element) && element.ValueKind == JsonValueKind.String
            ? element.GetString()!
            : string.Empty;
        foreach (string from in (string[])[Path.GetFullPath(directory), Environment.CurrentDirectory])
        {
            string path = name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) ? string.Empty : Path.GetFullPath(name, from);
            if (File.Exists(Path.Combine(path, "config.json")))
            {
                return path;
            }
        }

        throw new CheckpointException(
            $"{Path.Combine(directory, ConfigFile)}: \"base_model_name_or_path\" is \"{name}\", which is no model directory as seen from the adapter. Set it to the directory of the model that the adapter was trained on.");
    }

    /// <summary>W + scale · B A, row-major.</summary>
    public static float[] Merge(Linear linear)
    {
        float[] weight = linear.Weight.UnpackValues();
        if (linear.Adapter is not { } adapter)
        {
            return weight;
        }

        float[] down = adapter.Down.UnpackValues();
        float[] up = adapter.Up.UnpackValues();
        int columns = linear.Weight.Columns;
        var sums = new float[columns];
        for (int row = 0; row < linear.Weight.Rows; row++)
        {
            sums.AsSpan().Clear();
            for (int r = 0; r < adapter.Rank; r++)
            {
                float factor = up[(row * adapter.Rank) + r];
                for (int c = 0; c < columns; c++)
                {
                    sums[c] = MathF.FusedMultiplyAdd(factor, down[(r * columns) + c], sums[c]);
                }
            }

            for (int c = 0; c < columns; c++)
            {
                weight[(row * columns) + c] = MathF.FusedMultiplyAdd(adapter.Scale, sums[c], weight[(row * columns) + c]);
            }
        }

        return weight;
    }

    /// <summary>What adapter_config.json says, as far as it is supported.</summary>
    public static LoraOptions ReadOptions(string directory)
    {
        using JsonDocument document = Parse(directory);
        JsonElement root = document.RootElement;
        string path = Path.Combine(directory, ConfigFile);
        if (Text("peft_type") is { } kind && kind != "LORA")
        {
            throw new CheckpointException($"{path}: the adapter is of the type {kind}; only LORA is supported.");
        }

        foreach (string key in (string[])["use_dora", "fan_in_fan_out", "lora_bias"])
        {
            if (root.TryGetProperty(key, out JsonElement flag) && flag.ValueKind == JsonValueKind.True)
            {
                throw new CheckpointException($"{path}: \"{key}\" is set, which is not supported.");
            }
        }

        foreach (string key in (string[])["alpha_pattern", "rank_pattern", "modules_to_save", "layers_to_transform", "exclude_modules", "target_parameters"])
        {
            if (root.TryGetProperty(key, out JsonElement value)
                && (value.ValueKind is JsonValueKind.Number or JsonValueKind.String || (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any()) || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)))
            {
                throw new CheckpointException($"{path}: \"{key}\" is set, which is not supported.");
            }
        }

        if (Text("bias") is { } bias && bias != "none")
        {
            throw new CheckpointException($"{path}: \"bias\" is \"{bias}\"; only \"none\" is supported.");
        }

        if (!root.TryGetProperty("r", out JsonElement r) || !r.TryGetInt32(out int rank) || rank < 1)
        {
            throw new CheckpointException($"{path}: \"r\", the rank, must be a whole number of at least 1.");
        }

        double alpha = root.TryGetProperty("lora_alpha", out JsonElement a) && a.TryGetDouble(out double given) ? given : 8;
        bool stabilised = root.TryGetProperty("use_rslora", out JsonElement rs) && rs.ValueKind == JsonValueKind.True;
        var options = new LoraOptions { Rank = rank, Alpha = stabilised ? alpha * Math.Sqrt(rank) : alpha };
        if (root.TryGetProperty("target_modules", out JsonElement modules) && modules.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement module in modules.EnumerateArray())
            {
                options.TargetModules.Add(module.GetString() ?? string.Empty);
            }
        }

        return options;

        string? Text(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>Writes adapter_config.json.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="options">Rank and alpha.</param>
    /// <param name="modules">The layers that have an adapter.</param>
    /// <param name="baseDirectory">The base model's directory; null if it has none.</param>
    /// <param name="seenFrom">The directory that the adapter will lie in, for the path to the base model.</param>
    public static void WriteConfig(string directory, LoraOptions options, IReadOnlyList<string> modules, string? baseDirectory, string seenFrom)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("base_model_name_or_path", baseDirectory is null ? null : Path.GetRelativePath(seenFrom, baseDirectory).Replace('\\', '/'));
            json.WriteString("bias", "none");
            json.WriteBoolean("fan_in_fan_out", false);
            json.WriteBoolean("inference_mode", true);
            json.WriteNumber("lora_alpha", options.Alpha);
            json.WriteNumber("lora_dropout", 0.0);
            json.WriteNull("modules_to_save");
            json.WriteString("peft_type", "LORA");
            json.WriteNumber("r", options.Rank);
            json.WriteStartArray("target_modules");
            foreach (string module in modules)
            {
                json.WriteStringValue(module);
            }

            json.WriteEndArray();
            json.WriteString("task_type", "CAUSAL_LM");
            json.WriteEndObject();
        }

        File.WriteAllText(Path.Combine(directory, ConfigFile), Encoding.UTF8.GetString(stream.ToArray()) + "\n");
    }

    private static JsonDocument Parse(string directory)
    {
        string path = Path.Combine(directory, ConfigFile);
        try
        {
            JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new CheckpointException($"{path} must be a JSON object.");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new CheckpointException(string.Create(CultureInfo.InvariantCulture, $"{path} cannot be read: {exception.Message}"), exception);
        }
    }
}
