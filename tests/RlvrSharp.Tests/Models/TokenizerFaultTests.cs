using System.Diagnostics;
using System.Text.Json.Nodes;
using RlvrSharp.Models;
using RlvrSharp.Models.Tokenization;

namespace RlvrSharp.Tests.Models;

public class TokenizerFaultTests
{
    [Theory]
    [InlineData("model.type", "\"Unigram\"", "\"Unigram\"")]
    [InlineData("model.type", "\"WordPiece\"", "\"WordPiece\"")]
    [InlineData("model.merges", "[\"q zz\"]", "\"zz\" is not in the vocabulary")]
    [InlineData("model.merges", "[\"a b\", \"a a b\"]", "merge 1")]
    [InlineData("model.merges", "[[\"q\", \"ü\"]]", "not in the vocabulary")]
    [InlineData("model.merges", "[7]", "merge 0")]
    [InlineData("model.vocab", "{\"a\": -1}", "\"a\" the id -1")]
    [InlineData("model.vocab", "{\"a\": 2000000000}", "2000000000")]
    [InlineData("model.vocab", "[]", "vocab")]
    [InlineData("model.unk_token", "\"<nothing>\"", "<nothing>")]
    [InlineData("model", "null", "model")]
    [InlineData("normalizer", "{\"type\": \"Precompiled\"}", "\"Precompiled\"")]
    [InlineData("normalizer", "{\"type\": \"Replace\", \"content\": \"x\"}", "pattern")]
    [InlineData("pre_tokenizer", "{\"type\": \"UnicodeScripts\"}", "\"UnicodeScripts\"")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a\"}, \"behavior\": \"Isolated\"}", "(a")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\p{Klingon}\"}, \"behavior\": \"Isolated\"}", "Klingon")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a\"}, \"behavior\": \"Sideways\"}", "Sideways")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"prepend_scheme\": \"maybe\"}", "maybe")]
    [InlineData("post_processor", "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"<b>\"}}]}", "<b>")]
    [InlineData("decoder", "{\"type\": \"CTC\"}", "\"CTC\"")]
    [InlineData("added_tokens", "[{\"content\": \"x\"}]", "\"x\" no id")]
    [InlineData("added_tokens", "[{\"id\": -5, \"content\": \"x\"}]", "-5")]
    public void What_is_wrong_or_not_supported_is_named(string place, string value, string thing)
    {
        JsonNode file = JsonNode.Parse(File.ReadAllText(ModelFiles.Golden("tokenizers", "gpt2", "tokenizer.json")))!;
        string[] steps = place.Split('.');
        (steps.Length == 1 ? file : file[steps[0]]!)[steps[^1]] = JsonNode.Parse(value);
        string path = Path.Combine(ModelFiles.Scratch(), "tokenizer.json");
        File.WriteAllText(path, file.ToJsonString());

        string fault = ModelFiles.Fault(() => Tokenizer.Load(path));
        Assert.Contains(thing, fault, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tokenizer_says_what_is_there_instead()
    {
        string directory = ModelFiles.Scratch();
        Assert.Contains("tokenizer.json does not exist", ModelFiles.Fault(() => Tokenizer.Load(directory)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(directory, "tokenizer.model"), string.Empty);
        Assert.Contains("tokenizer.model", ModelFiles.Fault(() => Tokenizer.Load(directory)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_larger_than_the_embedding_is_refused()
    {
        Tokenizer tokenizer = Tokenizer.Load(ModelFiles.Golden("tokenizers", "gpt2"));
        CausalLmConfig config = CausalLmConfig.Load(ModelFiles.Golden("models-config", "llama-tiny"));

        string fault = ModelFiles.Fault(() => tokenizer.CheckFits(config));
        Assert.Contains("1256", fault, StringComparison.Ordinal);
        Assert.Contains("320 rows", fault, StringComparison.Ordinal);
        tokenizer.CheckFits(config with { VocabularySize = 1257 });
    }

    [Fact]
    public void Lone_surrogates_count_as_replacement_characters()
    {
        Tokenizer tokenizer = Tokenizer.Load(ModelFiles.Golden("tokenizers", "qwen2"));

        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD😀\uFFFD"), tokenizer.Encode("a\uD800b\uDC00😀\uD83D"));
    }

    [Fact]
    public void Ids_that_stand_for_nothing_decode_to_nothing()
    {
        Tokenizer tokenizer = Tokenizer.Load(ModelFiles.Golden("tokenizers", "qwen2"));
        int[] ids = tokenizer.Encode("abc");

        Assert.Equal("abc", tokenizer.Decode([-1, .. ids, 99999, int.MaxValue]));
        Assert.Null(tokenizer.IdToToken(99999));
        Assert.Equal((1258, "<|im_end|>"), (tokenizer.TokenToId("<|im_end|>"), tokenizer.IdToToken(1258)));
        Assert.True(tokenizer.IsSpecial(1258));
        Assert.False(tokenizer.IsSpecial(1261)); // <think> is added, but not special
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("sp-bpe")]
    public void Time_grows_with_the_length_even_on_one_run_of_letters(string style)
    {
        Tokenizer tokenizer = Tokenizer.Load(ModelFiles.Golden("tokenizers", style));
        tokenizer.Encode(Letters(1000));
        Stopwatch clock = Stopwatch.StartNew();
        int[] ids = tokenizer.Encode(Letters(400_000));

        // A quadratic way would take many minutes here; the bound is loose because machines differ and are shared.
        Assert.True(clock.Elapsed.TotalSeconds < 100, $"{clock.Elapsed.TotalSeconds} s");
        Assert.Equal(Letters(400_000), tokenizer.Decode(ids));
    }

    [Fact]
    public void The_two_ways_to_merge_agree()
    {
        for (ulong round = 0; round < 300; round++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(9, round));
            var merges = new PairTable(60);
            for (int rank = 0; rank < 60; rank++)
            {
                merges.Set(random.NextInt32(4 + rank), random.NextInt32(4 + rank), rank, 4 + rank);
            }

            int[] symbols = [.. Enumerable.Repeat(0, 1 + random.NextInt32(60))];
            for (int i = 0; i < symbols.Length; i++)
            {
                symbols[i] = random.NextInt32(4);
            }

            Assert.Equal(BytePairMerger.MergeFew([.. symbols], merges), BytePairMerger.MergeMany([.. symbols], merges));
        }
    }

    [Fact]
    public void A_pattern_with_too_many_ways_ends_with_a_fault_not_in_years()
    {
        var pattern = new Pattern("(?:(?:a|e)*)*x");

        Assert.Contains("too many ways", ModelFiles.Fault(() => pattern.Find(new string('a', 40), 0, out _, out _)), StringComparison.Ordinal);
    }

    private static string Letters(int length)
    {
        var random = new KeyedRandom(3);
        char[] letters = new char[length];
        for (int i = 0; i < length; i++)
        {
            letters[i] = (char)('a' + random.NextInt32(26));
        }

        return new string(letters);
    }
}
