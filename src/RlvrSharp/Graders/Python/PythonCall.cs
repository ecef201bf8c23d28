using System.Buffers;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

/// <summary>The two arguments of <c>grade(sample, item)</c> as the bytes that go to a worker.</summary>
internal static class PythonCall
{
    /// <summary>The arguments for a completion; <c>output_tools</c> is there even when it is empty, so that sources can loop over it.</summary>
    public static byte[] Arguments(Problem problem, Completion completion)
    {
        JsonElement sample = GraderInput.SampleOf(completion);
        return Write(GraderInput.ItemOf(problem), writer =>
        {
            if (sample.TryGetProperty("output_tools", out _))
            {
                Copy(writer, sample);
                return;
            }

            writer.WriteStartObject();
            foreach (JsonProperty property in sample.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                Copy(writer, property.Value);
            }

            writer.WriteStartArray("output_tools");
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>The arguments as given, for a sample that is already in the contract's form.</summary>
    public static byte[] Arguments(JsonElement sample, JsonElement item) => Write(item, writer => Copy(writer, sample));

    private static byte[] Write(JsonElement item, Action<Utf8JsonWriter> writeSample)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("sample");
            writeSample(writer);
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
}
