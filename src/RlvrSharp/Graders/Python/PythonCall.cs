using System.Buffers;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Graders;

/// <summary>The two arguments of <c>grade(sample, item)</c> as the bytes that go to a worker.</summary>
internal static class PythonCall
{
    /// <summary>The arguments for a completion.</summary>
    /// <remarks>
    /// <c>output_json</c> is there when the whole text is one JSON value; its text goes over as it is, so numbers keep their digits.
    /// Deeper nesting than System.Text.Json reads (64) counts as not JSON: Python would not read it much deeper either.
    /// </remarks>
    public static byte[] Arguments(Problem problem, Completion completion)
    {
        byte[] text = Encoding.UTF8.GetBytes(completion.Text);
        var buffer = new ArrayBufferWriter<byte>(2 * text.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("sample");
            writer.WriteString("output_text", text);
            if (IsJson(text))
            {
                writer.WritePropertyName("output_json");
                writer.WriteRawValue(text, skipInputValidation: true);
            }

            writer.WriteStartArray("output_tools");
            writer.WriteEndArray();
            writer.WriteStartArray("choices");
            writer.WriteStartObject();
            writer.WriteNumber("index", 0);
            writer.WriteStartObject("message");
            writer.WriteString("role", "assistant");
            writer.WriteString("content", text);
            writer.WriteEndObject();
            writer.WriteString("finish_reason", completion.FinishReason == FinishReason.Length ? "length" : "stop");
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WritePropertyName("item");
            if (problem.Item.ValueKind != JsonValueKind.Undefined)
            {
                Copy(writer, problem.Item);
            }
            else
            {
                writer.WriteStartObject();
                if (problem.Reference is not null)
                {
                    writer.WriteString("reference", Encoding.UTF8.GetBytes(problem.Reference));
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The arguments as given, for a sample that is already in the contract's form.</summary>
    public static byte[] Arguments(JsonElement sample, JsonElement item)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("sample");
            Copy(writer, sample);
            writer.WritePropertyName("item");
            Copy(writer, item);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // The raw text: WriteTo would refuse strings with escaped lone surrogates, which are legal JSON and legal Python.
    private static void Copy(Utf8JsonWriter writer, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteRawValue(element.GetRawText(), skipInputValidation: true);
        }
    }

    private static bool IsJson(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
            }

            return text.Length > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
