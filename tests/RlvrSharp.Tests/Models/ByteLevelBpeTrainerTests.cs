using System.Text;
using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

public class ByteLevelBpeTrainerTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 60).Select(i => $"The cat number {i * 37} sat on the mat; thé naïve 猫 {i % 7} {new string('a', i % 5)}\n\n  It said: \"don't\" 🦊.")];

    [Theory]
    [InlineData(WordPattern.Gpt2)]
    [InlineData(WordPattern.Qwen2)]
    public void What_it_learns_encodes_and_decodes_every_text(WordPattern words)
    {
        Tokenizer tokenizer = Trainer(words).Train(Texts, ModelFiles.Scratch());

        Assert.Equal(300, tokenizer.VocabularySize);
        Assert.Equal(298, tokenizer.EndToken);
        foreach (string text in Texts.Append("Etwas völlig anderes: ½ \u0001\r\n\t").Append(string.Empty))
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }

        Assert.Equal([298, 299], tokenizer.Encode("<|end|><|pad|>"));
        Assert.True(tokenizer.Encode(Texts[0]).Length < Encoding.UTF8.GetByteCount(Texts[0]) * 2 / 3);
    }

    [Fact]
    public void Equal_texts_give_equal_files()
    {
        string first = ModelFiles.Scratch();
        string second = ModelFiles.Scratch();
        Trainer(WordPattern.Qwen2).Train(Texts, first);
        Trainer(WordPattern.Qwen2).Train([.. Texts], second);

        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(first, name)), File.ReadAllBytes(Path.Combine(second, name)));
        }
    }

    [Fact]
    public void Merges_are_those_of_counting_every_pair_anew()
    {
        string directory = ModelFiles.Scratch();
        Trainer(WordPattern.Gpt2).Train(Texts, directory);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "tokenizer.json")));
        string[] learnt = [.. document.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!)];
        Dictionary<string, int> ids = document.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32());

        // The plain way: cut by a trained-on-nothing tokenizer's words, count all pairs, join the most frequent, repeat.
        Tokenizer bytes = new ByteLevelBpeTrainer { VocabularySize = 256, Words = WordPattern.Gpt2 }.Train([], ModelFiles.Scratch());
        var pattern = new RlvrSharp.Models.Tokenization.Pattern(RlvrSharp.Models.Tokenization.TokenPatterns.Gpt2);
        var words = new List<List<string>>();
        foreach (string text in Texts)
        {
            for (int at = 0; at < text.Length;)
            {
                Assert.True(pattern.Find(text, at, out int start, out int end));
                words.Add([.. bytes.Encode(text.AsSpan(start, end - start)).Select(id => bytes.IdToToken(id)!)]);
                at = end;
            }
        }

        foreach (string expected in learnt)
        {
            var counts = new Dictionary<(string, string), int>();
            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
                }
            }

            (string left, string right) = counts.OrderByDescending(entry => entry.Value).ThenBy(entry => ids[entry.Key.Item1]).ThenBy(entry => ids[entry.Key.Item2]).First().Key;
            Assert.Equal(expected, $"{left} {right}");
            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == left && word[i + 1] == right)
                    {
                        word[i] = left + right;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_begin_token_goes_before_the_text_on_request()
    {
        var trainer = new ByteLevelBpeTrainer { VocabularySize = 260, SpecialTokens = ["<s>", "</s>"], BeginToken = "<s>", EndToken = "</s>", ChatTemplate = "{{ messages }}", ContextLength = 64 };
        string directory = ModelFiles.Scratch();
        Tokenizer tokenizer = trainer.Train(["ababab ababab"], directory);

        Assert.Equal(tokenizer.BeginToken, tokenizer.Encode("a", addSpecialTokens: true)[0]);
        Assert.Equal(2, tokenizer.Encode("a", addSpecialTokens: true).Length);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "tokenizer_config.json")));
        Assert.Equal("{{ messages }}", config.RootElement.GetProperty("chat_template").GetString());
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_refused()
    {
        Assert.Contains("256", Assert.Throws<ArgumentException>(() => new ByteLevelBpeTrainer { VocabularySize = 100 }.Train([], ModelFiles.Scratch())).Message, StringComparison.Ordinal);
        Assert.Contains("EndToken", Assert.Throws<ArgumentException>(() => new ByteLevelBpeTrainer { VocabularySize = 300, EndToken = "x" }.Train([], ModelFiles.Scratch())).Message, StringComparison.Ordinal);
    }

    private static ByteLevelBpeTrainer Trainer(WordPattern words) => new() { VocabularySize = 300, Words = words, SpecialTokens = ["<|end|>", "<|pad|>"], EndToken = "<|end|>", PadToken = "<|pad|>" };
}
