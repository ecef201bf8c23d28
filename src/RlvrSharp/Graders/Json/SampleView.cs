using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A completion as the <c>sample</c> namespace sees it; parsed once however many graders look at it.</summary>
internal sealed class SampleView
{
    private static readonly ConditionalWeakTable<Completion, SampleView> Views = [];
    private static readonly string[] Keys = ["output_text", "output_json", "output_tools", "choices", "output_audio"];

    private readonly Completion completion;
    private readonly Lazy<(JsonElement? Value, string? Problem)> json;
    private readonly Lazy<JsonElement?> tools;
    private readonly Lazy<JsonElement> whole;

    private SampleView(Completion completion)
    {
        this.completion = completion;
        json = new(ParseJson);
        tools = new(FindTools);
        whole = new(BuildWhole);
    }

    /// <summary>The answer as one JSON value, or null where it is none.</summary>
    public JsonElement? OutputJson => json.Value.Value;

    /// <summary>Why there is no <see cref="OutputJson"/>.</summary>
    public string? JsonProblem => json.Value.Problem;

    /// <summary>The whole namespace as one object.</summary>
    public JsonElement Whole => whole.Value;

    public static SampleView Of(Completion completion) => Views.GetValue(completion, static key => new SampleView(key));

    public static bool IsKnown(string key) => Keys.Contains(key, StringComparer.Ordinal);

    public static string Hint(string key) => NearestName.Hint(key, Keys);

    /// <summary>The value at a path.</summary>
    /// <param name="path">A path of the sample namespace.</param>
    /// <param name="fault">The grade to return where there is none.</param>
    /// <returns>The value or null.</returns>
    public JsonElement? Find(TemplatePath path, out Grade? fault)
    {
        fault = null;
        string? why;
        if (path.Root is not { } root)
        {
            JsonElement? value = path.Follow(Whole, 0, out why);
            fault = value is null ? Missing(path, why) : null;
            return value;
        }

        JsonElement? start = root switch
        {
            "output_json" => OutputJson,
            "output_tools" => tools.Value,
            _ when JsonTexts.TryGet(Whole, root, out JsonElement other) => other,
            _ => null,
        };
        if (start is { } from)
        {
            JsonElement? value = path.Follow(from, 1, out why);
            fault = value is null ? Missing(path, why) : null;
            return value;
        }

        fault = root switch
        {
            "output_json" => Grade.Ungradable($"invalid_variable_error: the grader reads {{{{{path.Text}}}}}, but the answer is not one JSON value: {JsonProblem}"),
            _ when IsKnown(root) =>
                Grade.Ungradable($"invalid_variable_error: the grader reads {{{{{path.Text}}}}}, but the answer has no {root}."),
            _ => Grade.Failed($"invalid_variable_error: the grader reads {{{{{path.Text}}}}}, but a sample has no key \"{root}\": {Hint(root)}"),
        };
        return null;
    }

    private static Grade Missing(TemplatePath path, string? why) =>
        Grade.Ungradable($"invalid_variable_error: the grader reads {{{{{path.Text}}}}} of the answer, but {why}.");

    private (JsonElement? Value, string? Problem) ParseJson()
    {
        if (JsonTexts.TryGet(completion.Sample, "output_json", out JsonElement given))
        {
            return (given, null);
        }

        return JsonTexts.TryParse(completion.Text, out JsonElement value, out string? problem) ? (value, null) : (null, problem);
    }

    private JsonElement? FindTools()
    {
        if (JsonTexts.TryGet(completion.Sample, "output_tools", out JsonElement given))
        {
            return given;
        }

        return ToolCallText.Find(completion.Text);
    }

    private JsonElement BuildWhole()
    {
        string text = JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("output_text", JsonTexts.Whole(completion.Text));
            if (OutputJson is { } value)
            {
                writer.WritePropertyName("output_json");
                JsonTexts.WriteValue(writer, value);
            }

            if (tools.Value is { } calls)
            {
                writer.WritePropertyName("output_tools");
                JsonTexts.WriteValue(writer, calls);
            }

            if (completion.Sample.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in completion.Sample.EnumerateObject())
                {
                    if (property.Name is not ("output_text" or "output_json" or "output_tools"))
                    {
                        writer.WritePropertyName(property.Name);
                        JsonTexts.WriteValue(writer, property.Value);
                    }
                }
            }

            if (!JsonTexts.TryGet(completion.Sample, "choices", out _))
            {
                WriteChoices(writer);
            }

            writer.WriteEndObject();
        });
        return JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 });
    }

    private void WriteChoices(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("choices");
        writer.WriteStartObject();
        writer.WriteNumber("index", 0);
        writer.WriteString("finish_reason", completion.FinishReason == FinishReason.Length ? "length" : tools.Value is null ? "stop" : "tool_calls");
        writer.WriteStartObject("message");
        writer.WriteString("role", "assistant");
        writer.WriteString("content", JsonTexts.Whole(completion.Text));
        if (tools.Value is { } calls)
        {
            writer.WritePropertyName("tool_calls");
            JsonTexts.WriteValue(writer, calls);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }
}
