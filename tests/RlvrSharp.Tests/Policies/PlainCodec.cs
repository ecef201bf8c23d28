namespace RlvrSharp.Tests.Policies;

/// <summary>Tokens as characters: enough for tests that are about numbers.</summary>
internal sealed class PlainCodec(int vocabularySize, int endToken) : ITokenCodec
{
    public int VocabularySize => vocabularySize;

    public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages) => [.. messages.SelectMany(message => message.Content).Select(c => c % vocabularySize)];

    public int[] EncodeAnswer(string text) => [.. text.Select(c => c % vocabularySize), endToken];

    public string Decode(ReadOnlySpan<int> tokens) => string.Concat(tokens.ToArray().Where(t => t != endToken).Select(t => (char)(t + 32)));
}
