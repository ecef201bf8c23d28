namespace RlvrSharp.Models.Tokenization;

/// <summary>What tokenizer.json holds, read and checked.</summary>
internal sealed record TokenizerParts
{
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public Normalizer? Normalizer { get; init; }

    public required IReadOnlyList<PreTokenizer> PreTokenizers { get; init; }

    public required BytePairModel Model { get; init; }

    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Ids put before and after a text on request.</summary>
    public required IReadOnlyList<int> Prefix { get; init; }

    public required IReadOnlyList<int> Suffix { get; init; }

    /// <summary>The way back; null where there is none and tokens are joined by spaces.</summary>
    public IReadOnlyList<TokenDecoder>? Decoders { get; init; }
}
