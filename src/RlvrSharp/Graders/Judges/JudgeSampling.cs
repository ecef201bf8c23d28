using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>How a judge samples; the contract's <c>sampling_params</c>. What is null is left to the service.</summary>
public sealed record JudgeSampling
{
    private static readonly string[] Efforts = ["none", "minimal", "low", "medium", "high", "xhigh"];

    /// <summary><c>seed</c>.</summary>
    public long? Seed { get; init; }

    /// <summary><c>top_p</c>, above 0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary><c>temperature</c>, 0 to 2. Reasoning models refuse it.</summary>
    public double? Temperature { get; init; }

    /// <summary><c>max_completions_tokens</c>: the contract really spells it so; <c>max_completion_tokens</c> and <c>max_tokens</c> are read too.</summary>
    public int? MaxCompletionTokens { get; init; }

    /// <summary><c>reasoning_effort</c>.</summary>
    public string? ReasoningEffort { get; init; }

    internal ChatOptions ToChatOptions(string model, JsonElement schema) => new()
    {
        ModelId = model,
        Seed = Seed,
        TopP = (float?)TopP,
        Temperature = (float?)Temperature,
        MaxOutputTokens = MaxCompletionTokens,
        ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, "grade"),
        AdditionalProperties = ReasoningEffort is null ? null : new AdditionalPropertiesDictionary { ["reasoning_effort"] = ReasoningEffort },
    };

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteNumber("seed", Seed);
        WriteNumber("top_p", TopP);
        WriteNumber("temperature", Temperature);
        WriteNumber("max_completions_tokens", MaxCompletionTokens);
        if (ReasoningEffort is not null)
        {
            writer.WriteString("reasoning_effort", ReasoningEffort);
        }

        writer.WriteEndObject();

        void WriteNumber(string key, double? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(key, number);
            }
        }
    }

    internal static JudgeSampling FromJson(GraderJsonReader reader)
    {
        var sampling = new JudgeSampling();
        if (reader.Value("sampling_params") is not { } json)
        {
            return sampling;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            reader.Problem("sampling_params", $"is {GraderJsonReader.Shown(json)}, but it must be an object.");
            return sampling;
        }

        foreach (JsonProperty property in json.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null))
        {
            string key = $"sampling_params.{property.Name}";
            switch (property.Name)
            {
                case "seed":
                    sampling = sampling with { Seed = (long?)Number(key, property.Value, long.MinValue, long.MaxValue, true) };
                    break;
                case "top_p":
                    sampling = sampling with { TopP = Number(key, property.Value, 0, 1, false) };
                    break;
                case "temperature":
                    sampling = sampling with { Temperature = Number(key, property.Value, 0, 2, false) };
                    break;
                case "max_completions_tokens" or "max_completion_tokens" or "max_tokens":
                    if (property.Name != "max_completions_tokens")
                    {
                        reader.Warn(key, "is read as max_completions_tokens, which is how the contract spells it.");
                    }

                    sampling = sampling with { MaxCompletionTokens = (int?)Number(key, property.Value, 1, int.MaxValue, true) };
                    break;
                case "reasoning_effort" when property.Value.ValueKind == JsonValueKind.String && Efforts.Contains(JsonTexts.Read(property.Value)):
                    sampling = sampling with { ReasoningEffort = JsonTexts.Read(property.Value) };
                    break;
                case "reasoning_effort":
                    reader.Problem(key, $"is {GraderJsonReader.Shown(property.Value)}: {NearestName.Hint(GraderJsonReader.Shown(property.Value), Efforts)}");
                    break;
                default:
                    reader.Problem(key, $"is no sampling parameter: {NearestName.Hint(property.Name, ["seed", "top_p", "temperature", "max_completions_tokens", "reasoning_effort"])}");
                    break;
            }
        }

        if (sampling is { ReasoningEffort: not null, Temperature: not null })
        {
            reader.Warn("sampling_params.temperature", "stands beside reasoning_effort: reasoning models refuse a temperature.");
        }

        return sampling;

        double? Number(string key, JsonElement value, double low, double high, bool whole)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= low && number <= high && (!whole || Math.Floor(number) == number))
            {
                return number;
            }

            reader.Problem(key, FormattableString.Invariant($"is {GraderJsonReader.Shown(value)}, but it must be a {(whole ? "whole " : string.Empty)}number from {low:R} to {high:R}."));
            return null;
        }
    }
}
