using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>What a chat template is given besides the messages.</summary>
public sealed class ChatTemplateOptions
{
    /// <summary>Whether the text ends with what makes the model begin its answer (<c>add_generation_prompt</c>).</summary>
    /// <value>The default value is <see langword="true"/>.</value>
    public bool AddGenerationPrompt { get; set; } = true;

    /// <summary>The tools the model may call: a JSON array of function descriptions (<c>tools</c>); none, where it is null.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public JsonElement? Tools { get; set; }

    /// <summary>Documents for templates that answer from them: a JSON array (<c>documents</c>).</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public JsonElement? Documents { get; set; }

    /// <summary>The text of the beginning-of-sequence token (<c>bos_token</c>); where it is null, what the model directory says.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? BosToken { get; set; }

    /// <summary>The text of the end-of-sequence token (<c>eos_token</c>); where it is null, what the model directory says.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? EosToken { get; set; }

    /// <summary>Which of several named templates to use; where it is null, <c>tool_use</c> if there are tools and it exists, else <c>default</c>.</summary>
    /// <value>The default value is <see langword="null"/>.</value>
    public string? TemplateName { get; set; }

    /// <summary>
    /// Further variables, such as <c>enable_thinking</c>. Values are null, <see cref="bool"/>, <see cref="int"/>, <see cref="long"/>,
    /// <see cref="double"/>, <see cref="string"/> or <see cref="JsonElement"/>. They win over everything but the messages.
    /// </summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, object?> Variables { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>The time that <c>strftime_now</c> tells. It is never read from a clock, so that the same prompt gives the same tokens on every day.</summary>
    /// <value>The default value is 2024-07-26 00:00, the date that Llama 3.1's template falls back to.</value>
    public DateTimeOffset Now { get; set; } = new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How much work a rendering may do: about one step for each part of an expression and for each 8 characters of text. More is an error.</summary>
    /// <value>The default value is 20,000,000; at least 1.</value>
    public long MaxSteps { get; set; } = 20_000_000;

    /// <summary>The most UTF-16 characters that the result, or any text made on the way, may have. More is an error.</summary>
    /// <value>The default value is 16,777,216; at least 1.</value>
    public int MaxOutputLength { get; set; } = 1 << 24;
}
