using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>Reading a checkpoint's JSON files with errors that name the file and the key.</summary>
internal static class ModelJson
{
    public static JsonDocument ReadFile(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException($"{path} does not exist. A model directory holds config.json, model.safetensors (or shards with model.safetensors.index.json) and tokenizer.json.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException($"{path} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The value of a key, or null where it is absent or null.</summary>
    public static JsonElement? Get(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static int? Int(string path, JsonElement element, string key, int minimum, int maximum = int.MaxValue)
    {
        if (Get(element, key) is not { } value)
        {
            return null;
        }

        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        return number >= minimum && number <= maximum && number == Math.Floor(number)
            ? (int)number
            : throw new CheckpointException($"{path}: \"{key}\" is {Show(value)}; it must be a whole number from {minimum} to {maximum}.");
    }

    public static double? Number(string path, JsonElement element, string key, double minimum, double maximum = double.MaxValue)
    {
        if (Get(element, key) is not { } value)
        {
            return null;
        }

        double number = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
        return number >= minimum && number <= maximum
            ? number
            : throw new CheckpointException($"{path}: \"{key}\" is {Show(value)}; it must be a number of at least {minimum.ToString(System.Globalization.CultureInfo.InvariantCulture)}.");
    }

    public static bool? Bool(string path, JsonElement element, string key) => Get(element, key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw new CheckpointException($"{path}: \"{key}\" is {Show(value)}; it must be true or false."),
    };

    public static string? Text(string path, JsonElement element, string key) => Get(element, key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => GetText(path, value),
        { } value => throw new CheckpointException($"{path}: \"{key}\" is {Show(value)}; it must be a text."),
    };

    /// <summary>A text element's value; a lone surrogate escape is a fault of the file.</summary>
    public static string GetText(string path, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException($"{path}: {Show(value)} is not well-formed text: {error.Message}", error);
        }
    }

    /// <summary>A number or a list of numbers, as token ids are given.</summary>
    public static List<int> Ids(string path, JsonElement element, string key)
    {
        List<int> ids = [];
        if (Get(element, key) is { } value)
        {
            foreach (JsonElement item in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value])
            {
                ids.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0
                    ? id
                    : throw new CheckpointException($"{path}: \"{key}\" holds {Show(item)}; token ids are whole numbers from 0 on."));
            }
        }

        return ids;
    }

    public static string Show(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 80 ? text : text[..77] + "...";
    }
}
