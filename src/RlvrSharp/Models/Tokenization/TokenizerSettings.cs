using System.Text.Json;

namespace RlvrSharp.Models.Tokenization;

/// <summary>The names that tokenizer_config.json (or, older, special_tokens_map.json) gives to tokens.</summary>
internal sealed record TokenizerSettings(string? BeginToken, string? EndToken, string? PadToken)
{
    public static TokenizerSettings Load(string directory)
    {
        var settings = new TokenizerSettings(null, null, null);
        foreach (string name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path))
            {
                using JsonDocument document = ModelJson.ReadFile(path);
                settings = new TokenizerSettings(
                    settings.BeginToken ?? Read(path, document.RootElement, "bos_token"),
                    settings.EndToken ?? Read(path, document.RootElement, "eos_token"),
                    settings.PadToken ?? Read(path, document.RootElement, "pad_token"));
            }
        }

        return settings;
    }

    // A text, or an object with the token's flags.
    private static string? Read(string path, JsonElement root, string key) =>
        ModelJson.Get(root, key) is { ValueKind: JsonValueKind.Object } value ? ModelJson.Text(path, value, "content") : ModelJson.Text(path, root, key);
}
