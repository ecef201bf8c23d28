using System.Text;
using BenchmarkDotNet.Attributes;
using RlvrSharp.Models;

namespace RlvrSharp.Benchmarks;

/// <summary>
/// Encoding speed of a byte-level byte-pair tokenizer on English-like text of one mebibyte, and on one run of letters. The baseline cuts
/// with .NET's own regular expression and counts words, which is the least a tokenizer must do.
/// </summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private const string Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private static readonly System.Text.RegularExpressions.Regex Cut = new(Words, System.Text.RegularExpressions.RegexOptions.Compiled | System.Text.RegularExpressions.RegexOptions.CultureInvariant);

    private string english = string.Empty;
    private string letters = string.Empty;
    private int[] ids = [];
    private Tokenizer tokenizer = null!;

    [GlobalSetup]
    public void Setup()
    {
        english = English(1 << 20);
        letters = string.Create(1 << 20, 0, static (span, _) =>
        {
            var random = new KeyedRandom(5);
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)('a' + random.NextInt32(26));
            }
        });
        string directory = Directory.CreateTempSubdirectory("rlvr-bench-").FullName;
        tokenizer = new ByteLevelBpeTrainer { VocabularySize = 4096, Words = WordPattern.Gpt2 }.Train([English(1 << 18)], directory);
        Directory.Delete(directory, recursive: true);
        ids = tokenizer.Encode(english);
        if (tokenizer.Decode(ids) != english || tokenizer.Decode(tokenizer.Encode(letters)) != letters)
        {
            throw new InvalidOperationException("Encoding and decoding do not give the text back.");
        }
    }

    [Benchmark(Baseline = true)]
    public int CutIntoWords() => Cut.Count(english);

    [Benchmark]
    public int EncodeEnglish() => tokenizer.Encode(english).Length;

    [Benchmark]
    public int EncodeOneRunOfLetters() => tokenizer.Encode(letters).Length;

    [Benchmark]
    public int DecodeEnglish() => tokenizer.Decode(ids).Length;

    /// <summary>Words with a long tail, as a language has them: most places go to few words, and new ones keep coming.</summary>
    internal static string English(int length)
    {
        string[] syllables = ["the", "of", "and", "to", "in", "ing", "er", "re", "con", "ti", "al", "ma", "st", "or", "en", "ly", "be", "pro", "de", "na"];
        var random = new KeyedRandom(11);
        var text = new StringBuilder(length + 32);
        while (text.Length < length)
        {
            int rank = (int)Math.Exp(random.NextDouble() * Math.Log(60_000));
            var word = new KeyedRandom(KeyedRandom.Key((ulong)rank));
            int parts = 1 + word.NextInt32(rank < 40 ? 1 : 4);
            for (int i = 0; i < parts; i++)
            {
                text.Append(syllables[word.NextInt32(syllables.Length)]);
            }

            text.Append(random.NextInt32(12) switch { 0 => ", ", 1 => ". ", 2 when rank > 5000 => " 1987 ", _ => " " });
        }

        return text.ToString(0, length);
    }
}
