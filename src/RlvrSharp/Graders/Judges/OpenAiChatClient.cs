using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>A chat client for any service that speaks the OpenAI chat completions API; text and images in, text out.</summary>
/// <remarks>Thread-safe. It does not own the HTTP client.</remarks>
public sealed class OpenAiChatClient : IChatClient
{
    private readonly HttpClient http;
    private readonly Uri address;
    private readonly string? key;

    /// <summary>A client.</summary>
    /// <param name="http">Sends the requests.</param>
    /// <param name="baseUrl">The API's root, such as <c>http://localhost:8000/v1</c>.</param>
    /// <param name="apiKey">Sent as a bearer token, or null.</param>
    public OpenAiChatClient(HttpClient http, Uri baseUrl, string? apiKey = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(baseUrl);
        this.http = http;
        address = new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + "/chat/completions");
        key = apiKey;
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Content = new StringContent(JsonTexts.Write(writer => WriteRequest(writer, messages, options)), Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        using HttpResponseMessage response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        string body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw RetryPipeline.WithWait(new HttpRequestException($"{address} answered {(int)response.StatusCode}: {JsonTexts.Cut(body, 300)}", null, response.StatusCode), response);
        }

        return Read(body);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChatResponse response = await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (ChatResponseUpdate update in response.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static void WriteRequest(Utf8JsonWriter writer, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        writer.WriteStartObject();
        writer.WriteString("model", options?.ModelId ?? "default");
        writer.WriteStartArray("messages");
        foreach (ChatMessage message in messages)
        {
            WriteMessage(writer, message);
        }

        writer.WriteEndArray();
        WriteNumber("temperature", (decimal?)options?.Temperature);
        WriteNumber("top_p", (decimal?)options?.TopP);
        WriteNumber("seed", options?.Seed);
        WriteNumber("max_completion_tokens", options?.MaxOutputTokens);
        if (options?.AdditionalProperties?.TryGetValue("reasoning_effort", out object? effort) == true && effort is string text)
        {
            writer.WriteString("reasoning_effort", text);
        }

        if (options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } format)
        {
            writer.WriteStartObject("response_format");
            writer.WriteString("type", "json_schema");
            writer.WriteStartObject("json_schema");
            writer.WriteString("name", format.SchemaName ?? "answer");
            writer.WriteBoolean("strict", true);
            writer.WritePropertyName("schema");
            schema.WriteTo(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();

        // As decimals, so that a float of 0.7 is sent as 0.7 and not as 0.699999988.
        void WriteNumber(string name, decimal? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(name, number);
            }
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, ChatMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("role", message.Role.Value);
        if (message.Contents.All(content => content is TextContent))
        {
            writer.WriteString("content", message.Text);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("content");
        foreach (AIContent content in message.Contents)
        {
            string? image = content switch { UriContent part => part.Uri.ToString(), DataContent part => part.Uri, _ => null };
            writer.WriteStartObject();
            writer.WriteString("type", image is null ? "text" : "image_url");
            if (image is null)
            {
                writer.WriteString("text", (content as TextContent)?.Text ?? content.ToString());
            }
            else
            {
                writer.WriteStartObject("image_url");
                writer.WriteString("url", image);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private ChatResponse Read(string body)
    {
        if (!JsonTexts.TryParse(body, out JsonElement json, out _)
            || !JsonTexts.TryGet(json, "choices", out JsonElement choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0
            || !JsonTexts.TryGet(choices[0], "message", out JsonElement message))
        {
            throw new IOException($"{address} gave no chat completion: {JsonTexts.Cut(body, 300)}");
        }

        if (JsonTexts.TryGet(message, "refusal", out JsonElement refusal) && refusal.ValueKind == JsonValueKind.String)
        {
            throw new GradingException($"model_grader_refusal: {JsonTexts.Cut(JsonTexts.Read(refusal), 300)}");
        }

        string text = JsonTexts.TryGet(message, "content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? JsonTexts.Read(content) : string.Empty;
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, text)) { RawRepresentation = body };
        if (JsonTexts.TryGet(json, "usage", out JsonElement usage))
        {
            response.Usage = new UsageDetails { InputTokenCount = Count(usage, "prompt_tokens"), OutputTokenCount = Count(usage, "completion_tokens"), TotalTokenCount = Count(usage, "total_tokens") };
        }

        return response;
    }

    private static long? Count(JsonElement usage, string name) =>
        JsonTexts.TryGet(usage, name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long count) ? count : null;
}
