using RlvrSharp.Models.Tokenization;

namespace RlvrSharp.Models;

/// <summary>
/// Turns tokens into text as they come, never showing half a character: bytes wait until their character is whole. The texts handed out,
/// with <see cref="Flush"/>'s, joined are what <see cref="Tokenizer.Decode"/> gives (save where a SentencePiece-style model spells
/// ill-formed bytes: there the number of replacement characters may differ). For one answer and one thread.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly List<TokenDecoder.Stage> stages = [];
    private bool first = true;

    internal StreamingDecoder(Tokenizer tokenizer, IReadOnlyList<TokenDecoder>? decoders, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
        SpaceBetween = decoders is null;
        bool joined = false;
        foreach (TokenDecoder decoder in decoders ?? [])
        {
            stages.Add(decoder.Begin(joined));
            joined |= stages[^1].Joins;
        }
    }

    private bool SpaceBetween { get; }

    /// <summary>Takes the next token.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The text that is now certain; often empty.</returns>
    public string Push(int token)
    {
        if (tokenizer.TextOf(token, skipSpecialTokens) is not { } text)
        {
            return string.Empty;
        }

        text = SpaceBetween && !first ? " " + text : text;
        first = false;
        List<string> texts = [text];
        foreach (TokenDecoder.Stage stage in stages)
        {
            var output = new List<string>();
            texts.ForEach(item => stage.Push(item, output));
            texts = output;
        }

        return string.Concat(texts);
    }

    /// <summary>Ends the answer.</summary>
    /// <returns>What was held back; a character that never became whole shows as U+FFFD.</returns>
    public string Flush()
    {
        List<string> texts = [];
        foreach (TokenDecoder.Stage stage in stages)
        {
            var output = new List<string>();
            texts.ForEach(item => stage.Push(item, output));
            stage.Finish(output);
            texts = output;
        }

        return string.Concat(texts);
    }
}
