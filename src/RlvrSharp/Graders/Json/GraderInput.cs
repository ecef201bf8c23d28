using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A row to grade outside of training: <c>{"item": {…}, "sample": {"output_text": "…"}}</c>.</summary>
/// <param name="Problem">What graders compare with.</param>
/// <param name="Completion">The answer.</param>
public sealed record GraderInput(Problem Problem, Completion Completion)
{
    private static readonly ConditionalWeakTable<Problem, JsonHolder> Items = [];

    /// <summary>Reads one line of JSON.</summary>
    /// <param name="line">The line.</param>
    /// <param name="id">What errors call the row, such as <c>rows.jsonl:3</c>.</param>
    /// <returns>The row.</returns>
    /// <exception cref="DataException">The line is not such a row.</exception>
    public static GraderInput Parse(string line, string id)
    {
        ArgumentNullException.ThrowIfNull(line);
        try
        {
            return FromRow(JsonElement.Parse(line), id);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new DataException($"{id}: the line is not JSON: {error.Message}", error);
        }
    }

    /// <summary>
    /// Reads a row. <c>item</c> may be left out, then every other key of the row is the item; <c>sample</c> (or <c>model_sample</c>) is an
    /// object with <c>output_text</c> and possibly <c>output_json</c>, <c>output_tools</c>, <c>choices</c>, or simply the text. Without <c>output_text</c>
    /// the text is what the others hold.
    /// </summary>
    /// <param name="row">The row.</param>
    /// <param name="id">What errors call the row.</param>
    /// <returns>The row.</returns>
    /// <exception cref="DataException">A part is missing or of the wrong kind.</exception>
    public static GraderInput FromRow(JsonElement row, string id)
    {
        if (row.ValueKind != JsonValueKind.Object)
        {
            throw new DataException($"{id}: the row is {Kind(row)}, but it must be an object with \"item\" and \"sample\".");
        }

        if (!JsonTexts.TryGet(row, "sample", out JsonElement sample) && !JsonTexts.TryGet(row, "model_sample", out sample))
        {
            throw new DataException($"{id}: the row has no \"sample\": give the model's answer as \"sample\": {{\"output_text\": \"…\"}}.");
        }

        if (JsonTexts.TryGet(row, "item", out JsonElement item))
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new DataException($"{id}: \"item\" is {Kind(item)}, but it must be an object: the keys that templates read as {{{{item.key}}}}.");
            }
        }
        else
        {
            item = WithoutReserved(row);
        }

        string text = TextOf(sample, id);
        var problem = new Problem(string.Empty)
        {
            Id = id,
            Item = item.Clone(),
            Reference = JsonTexts.TryGet(item, "reference", out JsonElement reference) && reference.ValueKind != JsonValueKind.Null ? JsonTexts.Stringify(reference) : null,
        };
        var completion = new Completion
        {
            Text = text,
            PromptTokens = default,
            Tokens = default,
            LogProbs = default,
            FinishReason = FinishReason.Stop,
            Sample = sample.ValueKind == JsonValueKind.Object ? sample.Clone() : default,
        };
        return new GraderInput(problem, completion);
    }

    /// <summary>What templates call <c>item</c>: the row's keys, or <c>{"reference": …}</c> for a problem that was not read from a row.</summary>
    /// <param name="problem">The problem.</param>
    /// <returns>An object.</returns>
    public static JsonElement ItemOf(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Item.ValueKind == JsonValueKind.Object ? problem.Item : Items.GetValue(problem, static key => new JsonHolder(BuildItem(key))).Value;
    }

    /// <summary>What templates call <c>sample</c>: <c>output_text</c>, <c>choices</c>, and <c>output_json</c> and <c>output_tools</c> where the answer has them.</summary>
    /// <param name="completion">The completion.</param>
    /// <returns>An object; half surrogate pairs in the text stand as U+FFFD in it.</returns>
    public static JsonElement SampleOf(Completion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return SampleView.Of(completion).Whole;
    }

    private static JsonElement BuildItem(Problem problem)
    {
        if (problem.Reference is not { } reference)
        {
            return JsonElement.Parse("{}");
        }

        // A structured reference stays reachable by path: {{item.reference.city}}; a template of the whole gives the text back.
        bool structured = JsonTexts.TryParse(reference, out JsonElement value, out _) && value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        return JsonElement.Parse(JsonTexts.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("reference");
            if (structured)
            {
                JsonTexts.WriteValue(writer, value);
            }
            else
            {
                writer.WriteStringValue(JsonTexts.Whole(reference));
            }

            writer.WriteEndObject();
        }));
    }

    private static JsonElement WithoutReserved(JsonElement row) => JsonElement.Parse(JsonTexts.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (JsonProperty property in row.EnumerateObject())
        {
            if (property.Name is not ("sample" or "model_sample" or "messages" or "tools"))
            {
                writer.WritePropertyName(property.Name);
                JsonTexts.WriteValue(writer, property.Value);
            }
        }

        writer.WriteEndObject();
    }));

    private static string TextOf(JsonElement sample, string id)
    {
        if (sample.ValueKind == JsonValueKind.String)
        {
            return JsonTexts.Read(sample);
        }

        if (JsonTexts.TryGet(sample, "output_text", out JsonElement text))
        {
            return text.ValueKind switch
            {
                JsonValueKind.String => JsonTexts.Read(text),
                JsonValueKind.Null => string.Empty,
                _ => throw new DataException($"{id}: \"sample.output_text\" is {Kind(text)}, but it must be a string: the model's answer."),
            };
        }

        if (JsonTexts.TryGet(sample, "output_json", out JsonElement json))
        {
            return JsonTexts.CompactText(json);
        }

        if (JsonTexts.TryGet(sample, "choices", out JsonElement choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
            && JsonTexts.TryGet(choices[0], "message", out JsonElement message) && JsonTexts.TryGet(message, "content", out JsonElement content)
            && content.ValueKind is JsonValueKind.String or JsonValueKind.Null)
        {
            return content.ValueKind == JsonValueKind.String ? JsonTexts.Read(content) : string.Empty;
        }

        // An answer that only calls tools has no text.
        if (JsonTexts.TryGet(sample, "output_tools", out JsonElement tools) && tools.ValueKind == JsonValueKind.Array)
        {
            return string.Empty;
        }

        throw new DataException($"{id}: \"sample\" is {Kind(sample)} without \"output_text\": give the model's answer as \"sample\": {{\"output_text\": \"…\"}}.");
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        JsonValueKind.Undefined => "nothing",
        _ => "a boolean",
    };

    private sealed class JsonHolder(JsonElement value)
    {
        public JsonElement Value { get; } = value;
    }
}
