using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Reads tool calls that a model writes into its text as <c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c>.</summary>
internal static class ToolCallText
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    /// <summary>The calls in the chat API's form, their arguments a JSON text; null where there is none that can be read.</summary>
    /// <param name="text">A completion.</param>
    /// <returns>A list or null.</returns>
    public static JsonElement? Find(string text)
    {
        var calls = new List<(string Name, string Arguments)>();
        int at = 0;
        while ((at = text.IndexOf(Open, at, StringComparison.Ordinal)) >= 0)
        {
            int start = at + Open.Length;
            int end = text.IndexOf(Close, start, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            if (JsonTexts.TryParse(text[start..end], out JsonElement call, out _)
                && JsonTexts.TryGet(call, "name", out JsonElement name) && name.ValueKind == JsonValueKind.String)
            {
                string arguments = JsonTexts.TryGet(call, "arguments", out JsonElement value) ? JsonTexts.Stringify(value) : "{}";
                calls.Add((JsonTexts.Read(name), arguments));
            }

            at = end + Close.Length;
        }

        return calls.Count == 0 ? null : JsonElement.Parse(JsonTexts.Write(writer => Write(writer, calls)));
    }

    private static void Write(Utf8JsonWriter writer, List<(string Name, string Arguments)> calls)
    {
        writer.WriteStartArray();
        for (int i = 0; i < calls.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("id", $"call_{i}");
            writer.WriteString("type", "function");
            writer.WriteStartObject("function");
            writer.WriteString("name", JsonTexts.Whole(calls[i].Name));
            writer.WriteString("arguments", JsonTexts.Whole(calls[i].Arguments));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
