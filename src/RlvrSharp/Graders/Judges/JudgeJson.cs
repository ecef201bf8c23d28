using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>The JSON that both kinds of judges share.</summary>
internal static class JudgeJson
{
    public static void WriteTexts(Utf8JsonWriter writer, string key, IEnumerable<string> texts)
    {
        writer.WriteStartArray(key);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    public static void WriteCommon(Utf8JsonWriter writer, JudgeSampling sampling, string? baseUrl, string? keyVariable)
    {
        if (sampling != new JudgeSampling())
        {
            writer.WritePropertyName("sampling_params");
            sampling.WriteTo(writer);
        }

        if (baseUrl is not null)
        {
            writer.WriteString("base_url", baseUrl);
        }

        if (keyVariable is not null)
        {
            writer.WriteString("api_key_env", keyVariable);
        }
    }

    public static List<string>? ReadTexts(GraderJsonReader reader, string key)
    {
        if (reader.Value(key) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0 || list.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.String))
        {
            reader.Problem(key, "must be a list of one or more texts.");
            return null;
        }

        return [.. list.EnumerateArray().Select(JsonTexts.Read)];
    }

    public static (double Low, double High)? ReadRange(GraderJsonReader reader)
    {
        if (reader.Value("range") is not { } range)
        {
            return (0, 1);
        }

        double[] ends = range.ValueKind == JsonValueKind.Array
            ? [.. range.EnumerateArray().Select(end => end.ValueKind == JsonValueKind.Number && end.TryGetDouble(out double value) ? value : double.NaN)]
            : [];
        if (ends.Length != 2 || !(ends[0] < ends[1]) || !double.IsFinite(ends[1] - ends[0]))
        {
            reader.Problem("range", $"is {GraderJsonReader.Shown(range)}, but it must be two numbers, the lower first, such as [0, 1].");
            return null;
        }

        if (ends[0] > 0 || ends[1] < 0)
        {
            reader.Warn("range", "does not hold 0, which the service gives for an answer without a number. Here such an answer is Failed.");
        }

        return (ends[0], ends[1]);
    }

    public static JsonElement LabelSchema(IEnumerable<string> labels) => JsonElement.Parse(JsonTexts.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        writer.WritePropertyName("steps");
        writer.WriteRawValue("""{"type":"array","items":{"type":"object","properties":{"description":{"type":"string"},"conclusion":{"type":"string"}},"required":["description","conclusion"],"additionalProperties":false}}""");
        writer.WriteStartObject("result");
        writer.WriteString("type", "string");
        WriteTexts(writer, "enum", labels);
        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteTexts(writer, "required", ["steps", "result"]);
        writer.WriteBoolean("additionalProperties", false);
        writer.WriteEndObject();
    }));
}
