using System.Text;
using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

public class TokenizerTests
{
    public static TheoryData<string> Styles()
    {
        var styles = new TheoryData<string>();
        foreach (string directory in Directory.GetDirectories(ModelFiles.Golden("tokenizers")).Order(StringComparer.Ordinal))
        {
            styles.Add(Path.GetFileName(directory));
        }

        return styles;
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public void Every_reference_case_agrees(string style)
    {
        string directory = ModelFiles.Golden("tokenizers", style);
        Tokenizer tokenizer = Tokenizer.Load(directory);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "cases.json")));
        var faults = new List<string>();
        int count = 0;
        foreach (JsonElement item in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            count++;
            string text = item.GetProperty("text").GetString()!;
            int[] ids = Ids(item, "ids")!;
            int[] withSpecial = Ids(item, "ids_with_special") ?? ids;
            string decoded = Text(item, "decoded") ?? text;
            string skipped = Text(item, "decoded_skip_special") ?? decoded;
            Compare("ids", ids, tokenizer.Encode(text));
            Compare("ids_with_special", withSpecial, tokenizer.Encode(text, addSpecialTokens: true));
            Compare("decoded", decoded, tokenizer.Decode(ids));
            Compare("decoded_skip_special", skipped, tokenizer.Decode(withSpecial, skipSpecialTokens: true));
            Compare("streamed", decoded, Stream(tokenizer, ids, skip: false));
            Compare("streamed skipping", skipped, Stream(tokenizer, withSpecial, skip: true));
            if (item.TryGetProperty("decoded_prefixes", out JsonElement prefixes))
            {
                string[] expected = [.. prefixes.EnumerateArray().Select(prefix => prefix.GetString()!)];
                Compare("prefixes", expected, [.. Enumerable.Range(1, ids.Length).Select(length => tokenizer.Decode(ids.AsSpan(0, length)))]);
            }

            void Compare<T>(string what, T expected, T actual)
            {
                string left = JsonSerializer.Serialize(expected);
                string right = JsonSerializer.Serialize(actual);
                if (left != right)
                {
                    faults.Add($"{what} of {JsonSerializer.Serialize(text)[..Math.Min(60, JsonSerializer.Serialize(text).Length)]}: {left[..Math.Min(200, left.Length)]} but {right[..Math.Min(200, right.Length)]}");
                }
            }
        }

        Assert.True(count >= 10);
        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join("\n", faults.Take(12))}");
    }

    private static string Stream(Tokenizer tokenizer, int[] ids, bool skip)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(skip);
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            text.Append(decoder.Push(id));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    private static int[]? Ids(JsonElement item, string key) => item.TryGetProperty(key, out JsonElement ids) ? [.. ids.EnumerateArray().Select(id => id.GetInt32())] : null;

    private static string? Text(JsonElement item, string key) => item.TryGetProperty(key, out JsonElement text) ? text.GetString() : null;
}
