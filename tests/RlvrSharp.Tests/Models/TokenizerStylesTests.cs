using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

/// <summary>About a hundred other styles: each pre-tokenizer, normalizer, decoder and pattern on its own, as the published implementation has it.</summary>
public class TokenizerStylesTests
{
    [Fact]
    public void Every_other_style_agrees()
    {
        JsonNode golden = JsonNode.Parse(File.ReadAllText(ModelFiles.Golden("tokenizers-styles", "styles.json")))!;
        Dictionary<string, string> bases = ((string[])["gpt2", "added-tokens", "sp-bpe"]).ToDictionary(name => name, name => File.ReadAllText(ModelFiles.Golden("tokenizers", name, "tokenizer.json")));
        string path = Path.Combine(ModelFiles.Scratch(), "tokenizer.json");
        var faults = new List<string>();
        JsonArray styles = golden["styles"]!.AsArray();
        foreach (JsonNode? style in styles)
        {
            JsonNode file = JsonNode.Parse(bases[style!["base"]!.GetValue<string>()])!;
            Put(style["sections"]!.AsObject(), file);
            Put(style["model"]!.AsObject(), file["model"]!);
            File.WriteAllText(path, file.ToJsonString());
            Tokenizer tokenizer = Tokenizer.Load(path);
            foreach (JsonNode? item in style["cases"]!.AsArray())
            {
                string text = item!["text"]!.GetValue<string>();
                int[] ids = item["ids"].Deserialize<int[]>()!;
                int[] special = item["ids_with_special"]?.Deserialize<int[]>() ?? ids;
                string decoded = item["decoded"]?.GetValue<string>() ?? text;
                string skipped = item["decoded_skip_special"]?.GetValue<string>() ?? decoded;
                if (!ids.SequenceEqual(tokenizer.Encode(text)) || !special.SequenceEqual(tokenizer.Encode(text, true)) || decoded != tokenizer.Decode(ids) || skipped != tokenizer.Decode(special, true))
                {
                    faults.Add($"{style["name"]}: {JsonSerializer.Serialize(text)}");
                }
            }
        }

        Assert.True(styles.Count > 100);
        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join("\n", faults.Take(20))}");
    }

    private static void Put(JsonObject values, JsonNode target)
    {
        foreach ((string key, JsonNode? value) in values)
        {
            target[key] = value?.DeepClone();
        }
    }
}
