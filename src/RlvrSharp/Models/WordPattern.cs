namespace RlvrSharp.Models;

/// <summary>How a tokenizer that is trained here cuts a text into words, across which no token reaches.</summary>
public enum WordPattern
{
    /// <summary>GPT-2's: words with the space before them, runs of digits, runs of signs.</summary>
    Gpt2,

    /// <summary>Qwen's: every digit by itself, line ends apart, texts composed first (NFC).</summary>
    Qwen2,
}
