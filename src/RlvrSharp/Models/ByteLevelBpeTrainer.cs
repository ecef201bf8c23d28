using RlvrSharp.Models.Tokenization;

namespace RlvrSharp.Models;

/// <summary>
/// Learns a byte-level byte-pair tokenizer from texts: every byte is a token, then the pair that occurs most often becomes one, again and
/// again; of equally frequent pairs the one with the smaller left id, then the smaller right id, is taken. Equal texts in equal order give
/// equal files, byte for byte.
/// </summary>
public sealed class ByteLevelBpeTrainer
{
    /// <summary>The ids wanted, special tokens included; at least 256 and the special tokens. Scant text may give fewer.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>How texts are cut into words.</summary>
    /// <value>Default: <see cref="WordPattern.Qwen2"/>.</value>
    public WordPattern Words { get; init; } = WordPattern.Qwen2;

    /// <summary>Control tokens; they get the last ids, in this order, and are never learnt from the texts.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>The special token that ends a text; named in tokenizer_config.json.</summary>
    public string? EndToken { get; init; }

    /// <summary>The special token that begins a text; named in tokenizer_config.json and put before a text when special tokens are asked for.</summary>
    public string? BeginToken { get; init; }

    /// <summary>The special token for padding; named in tokenizer_config.json.</summary>
    public string? PadToken { get; init; }

    /// <summary>The chat template for tokenizer_config.json, or null for none.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>How often a pair must occur to become a token.</summary>
    /// <value>Default: 2.</value>
    public int MinimumCount { get; init; } = 2;

    /// <summary>The longest text in tokens, for tokenizer_config.json (<c>model_max_length</c>); null to leave it out.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Learns a tokenizer, writes tokenizer.json and tokenizer_config.json, and loads them.</summary>
    /// <param name="texts">The texts; the order matters only for ties between words.</param>
    /// <param name="directory">Where to write; made if missing.</param>
    /// <returns>The tokenizer.</returns>
    public Tokenizer Train(IEnumerable<string> texts, string directory)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(directory);
        Check();
        BytePairLearner learner = new(MinimumCount);
        PreTokenizer cut = new PreTokenizer.Split(new Delimiter(new Pattern(Words == WordPattern.Gpt2 ? TokenPatterns.Gpt2 : TokenPatterns.Qwen2)), SplitBehavior.Isolated);
        var specials = new AddedTokenMatcher(SpecialTokens.Select((token, index) => (new AddedToken(index, token, true), token)));
        var normalizer = new Normalizer.Form(System.Text.NormalizationForm.FormC);
        var pieces = new List<Piece>();
        var segments = new List<(int Start, int End, AddedToken? Token)>();
        foreach (string text in texts)
        {
            string whole = CodePoints.WellFormed(text);
            segments.Clear();
            specials.Cut(whole, segments);
            foreach ((int start, int end, AddedToken? token) in segments)
            {
                if (token is null)
                {
                    string part = Words == WordPattern.Qwen2 ? normalizer.Apply(whole[start..end]) : whole[start..end];
                    pieces.Clear();
                    cut.Apply(new Piece(part, 0, part.Length, true), pieces);
                    pieces.ForEach(piece => learner.Count(ByteAlphabet.Map(piece.Span)));
                }
            }
        }

        (IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges) = learner.Learn(VocabularySize - SpecialTokens.Count);
        Directory.CreateDirectory(directory);
        Write(Path.Combine(directory, "tokenizer.json"), TokenizerWriter.Tokenizer(this, vocabulary, merges));
        Write(Path.Combine(directory, "tokenizer_config.json"), TokenizerWriter.Config(this));
        return Tokenizer.Load(directory);
    }

    private static void Write(string path, byte[] content)
    {
        File.WriteAllBytes(path + ".tmp", content);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private void Check()
    {
        if (VocabularySize < 256 + SpecialTokens.Count)
        {
            throw new ArgumentException($"VocabularySize is {VocabularySize}, but 256 bytes and {SpecialTokens.Count} special tokens need {256 + SpecialTokens.Count}.");
        }

        if (SpecialTokens.Distinct(StringComparer.Ordinal).Count() != SpecialTokens.Count || SpecialTokens.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("SpecialTokens holds an empty text or the same one twice.");
        }

        foreach ((string name, string? token) in ((string, string?)[])[(nameof(EndToken), EndToken), (nameof(BeginToken), BeginToken), (nameof(PadToken), PadToken)])
        {
            if (token is not null && !SpecialTokens.Contains(token))
            {
                throw new ArgumentException($"{name} is \"{token}\", which is not among SpecialTokens: add it there.");
            }
        }
    }
}
