using System.Text.Json;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Tests.Graders.Text;

/// <summary>Golden/graders/wordnet.json: what NLTK 3.8.1 said with WordNet 3.0, about words of all kinds and about pairs of texts full of synonyms.</summary>
public class WordNetTests
{
    private static readonly Lazy<JsonElement> Data = new(() => JsonElement.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "wordnet.json"))));

    [Fact]
    public void Synonyms_agree_with_nltk()
    {
        foreach (JsonElement row in Data.Value.GetProperty("synonyms").EnumerateArray())
        {
            string word = row.GetProperty("word").GetString()!;
            string[] expected = [.. row.GetProperty("synonyms").EnumerateArray().Select(synonym => synonym.GetString()!)];
            string[] actual = [.. WordNet.SynonymsOf(word).Order(StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(actual), $"{word}: [{string.Join(' ', expected)}] but [{string.Join(' ', actual)}]");
        }
    }

    [Fact]
    public void Meteor_of_texts_full_of_synonyms_agrees_with_nltk()
    {
        int changed = 0;
        foreach (JsonElement row in Data.Value.GetProperty("meteor").EnumerateArray())
        {
            string input = row.Text("input"), reference = row.Text("reference");
            double score = TextSimilarity.Meteor(input, reference);
            Assert.Equal(row.GetProperty("meteor").GetDouble(), score, 1e-12);
            changed += score == TextSimilarity.Meteor(input, reference, null) ? 0 : 1;
        }

        Assert.True(changed > 150, $"synonyms changed only {changed} rows");
    }

    /// <summary>Taking endings off one after the other would cost the square of the length.</summary>
    [Theory]
    [InlineData("s")]
    [InlineData("es")]
    [InlineData("ing")]
    public void A_million_endings_are_no_word(string ending)
    {
        string word = string.Concat(Enumerable.Repeat(ending, 1_000_000));
        Assert.Empty(WordNet.SynonymsOf(word));
        Assert.Equal(0, TextSimilarity.Meteor(word, "run"));
    }

    [Fact]
    public void Long_texts_without_a_common_word_are_compared_quickly()
    {
        string input = string.Join(' ', Enumerable.Repeat("begin", 100_000));
        string reference = string.Join(' ', Enumerable.Repeat("start", 100_000));
        Assert.Equal(1, TextSimilarity.Meteor(input, reference), 1e-9);
        Assert.Equal(0, TextSimilarity.Meteor(input, string.Join(' ', Enumerable.Repeat("cheese", 100_000))));
    }
}
