using System.Text.Json;
using RlvrSharp.Models.Tokenization;

namespace RlvrSharp.Models;

/// <summary>
/// A Hugging Face tokenizer.json: byte-pair encoding, byte-level (GPT-2, Llama 3, Qwen, SmolLM) or SentencePiece-style with byte fallback
/// (Llama 2, Mistral). Immutable; safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts parts;
    private readonly AddedTokenMatcher raw;
    private readonly AddedTokenMatcher normalized;
    private readonly string?[] tokens;
    private readonly string?[] texts;
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<int> special;

    private Tokenizer(TokenizerParts parts, string directory)
    {
        this.parts = parts;
        ids = new Dictionary<string, int>(parts.Vocabulary, StringComparer.Ordinal);
        foreach (AddedToken token in parts.AddedTokens)
        {
            ids[token.Content] = token.Id;
        }

        VocabularySize = Math.Max(ids.Count == 0 ? 0 : ids.Values.Max() + 1, parts.Vocabulary.Count == 0 ? 0 : parts.Vocabulary.Values.Max() + 1);
        tokens = new string?[VocabularySize];
        foreach ((string token, int id) in parts.Vocabulary)
        {
            tokens[id] = token;
        }

        // A token that is looked for after normalization is also written in its normalized form.
        texts = [.. tokens];
        foreach (AddedToken token in parts.AddedTokens)
        {
            tokens[token.Id] = token.Content;
            texts[token.Id] = NormalForm(token);
        }

        HashSet<string> specialTexts = [.. parts.AddedTokens.Where(token => token.Special).Select(token => token.Content)];
        special = [.. Enumerable.Range(0, texts.Length).Where(id => texts[id] is { } text && specialTexts.Contains(text))];
        raw = new AddedTokenMatcher(parts.AddedTokens.Where(token => !token.Normalized).Select(token => (token, token.Content)));
        normalized = new AddedTokenMatcher(parts.AddedTokens.Where(token => token.Normalized).Select(token => (token, NormalForm(token))));
        Named = TokenizerSettings.Load(directory);
    }

    /// <summary>The number of ids: one more than the largest.</summary>
    public int VocabularySize { get; }

    /// <summary>The tokens that are found in the text as it stands.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => parts.AddedTokens;

    /// <summary>The token that tokenizer_config.json names as the beginning of a text, or null.</summary>
    public int? BeginToken => Find(Named.BeginToken);

    /// <summary>The token that tokenizer_config.json names as the end of a text, or null.</summary>
    public int? EndToken => Find(Named.EndToken);

    /// <summary>The token that tokenizer_config.json names for padding, or null.</summary>
    public int? PadToken => Find(Named.PadToken);

    private TokenizerSettings Named { get; }

    /// <summary>Loads a tokenizer.</summary>
    /// <param name="directoryOrFile">A model directory with tokenizer.json, or such a file; tokenizer_config.json beside it names the begin and end tokens.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="CheckpointException">The file is missing or malformed, or uses what is not supported.</exception>
    public static Tokenizer Load(string directoryOrFile)
    {
        ArgumentNullException.ThrowIfNull(directoryOrFile);
        bool isDirectory = Directory.Exists(directoryOrFile);
        string path = isDirectory ? Path.Combine(directoryOrFile, "tokenizer.json") : directoryOrFile;
        string directory = isDirectory ? directoryOrFile : Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        if (!File.Exists(path))
        {
            string only = File.Exists(Path.Combine(directory, "tokenizer.model")) ? " It has a tokenizer.model only, which is not read: save it as tokenizer.json with a Hugging Face fast tokenizer." : string.Empty;
            throw new CheckpointException($"{path} does not exist.{only}");
        }

        using JsonDocument document = ModelJson.ReadFile(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{path} must be a JSON object.");
        }

        return new Tokenizer(new TokenizerReader(path).Read(document.RootElement), directory);
    }

    /// <summary>Turns a text into ids. Added tokens written in the text are recognised.</summary>
    /// <param name="text">The text; a lone surrogate counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to add what the tokenizer puts around a text, such as a begin token.</param>
    /// <returns>The ids.</returns>
    public int[] Encode(ReadOnlySpan<char> text, bool addSpecialTokens = false)
    {
        var output = new List<int>((text.Length / 3) + 8);
        if (addSpecialTokens)
        {
            output.AddRange(parts.Prefix);
        }

        string whole = CodePoints.WellFormed(text);
        var segments = new List<(int Start, int End, AddedToken? Token)>();
        raw.Cut(whole, segments);
        foreach ((int start, int end, AddedToken? token) in segments)
        {
            if (token is not null)
            {
                output.Add(token.Id);
            }
            else
            {
                EncodeSegment(whole[start..end], start == 0, output);
            }
        }

        if (addSpecialTokens)
        {
            output.AddRange(parts.Suffix);
        }

        return [.. output];
    }

    /// <summary>Turns ids into text. Ids that stand for nothing are left out.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    /// <returns>The text; bytes that form no character become U+FFFD.</returns>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var texts = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            if (TextOf(id, skipSpecialTokens) is { } text)
            {
                texts.Add(text);
            }
        }

        if (parts.Decoders is null)
        {
            return string.Join(' ', texts);
        }

        foreach (TokenDecoder decoder in parts.Decoders)
        {
            texts = decoder.Apply(texts);
        }

        return string.Concat(texts);
    }

    /// <summary>Begins to turn the ids of one answer into text as they come.</summary>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    /// <returns>The decoder; one for each answer.</returns>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = false) => new(this, parts.Decoders, skipSpecialTokens);

    /// <summary>The id of a token.</summary>
    /// <param name="token">The token as the vocabulary writes it, such as <c>Ġthe</c> or <c>&lt;|im_end|&gt;</c>.</param>
    /// <returns>The id, or null if there is no such token.</returns>
    public int? TokenToId(string token) => ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>The token of an id.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The token as the vocabulary writes it, or null if the id stands for nothing.</returns>
    public string? IdToToken(int id) => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    /// <summary>Whether an id is a control token, which decoding leaves out on request.</summary>
    /// <param name="id">The id.</param>
    /// <returns>True for special tokens.</returns>
    public bool IsSpecial(int id) => special.Contains(id);

    /// <summary>Checks that every id has a row in a model's embedding.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="CheckpointException">The tokenizer has more ids than the embedding has rows.</exception>
    public void CheckFits(CausalLmConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (VocabularySize > config.VocabularySize)
        {
            throw new CheckpointException($"tokenizer.json uses ids up to {VocabularySize - 1} (\"{IdToToken(VocabularySize - 1)}\"), but the embedding has only {config.VocabularySize} rows (vocab_size in config.json): tokenizer and weights are not of the same model.");
        }
    }

    /// <summary>A token's text for decoding, or null where it is to be left out.</summary>
    internal string? TextOf(int id, bool skipSpecialTokens) => (uint)id >= (uint)texts.Length || (skipSpecialTokens && special.Contains(id)) ? null : texts[id];

    private string NormalForm(AddedToken token) => token.Normalized && parts.Normalizer is { } normalizer ? normalizer.Apply(token.Content) : token.Content;

    private int? Find(string? token) => token is null ? null : TokenToId(token);

    private void EncodeSegment(string text, bool atStart, List<int> output)
    {
        string changed = parts.Normalizer?.Apply(text) ?? text;
        var segments = new List<(int Start, int End, AddedToken? Token)>();
        normalized.Cut(changed, segments);
        var pieces = new List<Piece>();
        var next = new List<Piece>();
        foreach ((int start, int end, AddedToken? token) in segments)
        {
            if (token is not null)
            {
                output.Add(token.Id);
                continue;
            }

            pieces.Clear();
            pieces.Add(new Piece(changed, start, end - start, atStart && start == 0));
            foreach (PreTokenizer step in parts.PreTokenizers)
            {
                next.Clear();
                foreach (Piece piece in pieces)
                {
                    step.Apply(piece, next);
                }

                (pieces, next) = (next, pieces);
            }

            foreach (Piece piece in pieces)
            {
                parts.Model.Encode(piece.Span, output);
            }
        }
    }
}
