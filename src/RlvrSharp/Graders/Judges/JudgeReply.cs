using System.Globalization;
using System.Text;
using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Judges;

/// <summary>Reads what a judge said: the wanted object, the object in a code fence, or the bare value.</summary>
internal static class JudgeReply
{
    /// <summary>The number under <c>result</c>, or the whole reply as a number.</summary>
    /// <param name="text">The reply.</param>
    /// <returns>A finite number or null.</returns>
    public static double? Number(string text)
    {
        if (Parse(text) is not { } value)
        {
            return null;
        }

        JsonElement result = value.ValueKind == JsonValueKind.Object && JsonTexts.TryGet(value, "result", out JsonElement inner) ? inner : value;
        if (result.ValueKind == JsonValueKind.Number)
        {
            return result.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;
        }

        return result.ValueKind == JsonValueKind.String
            && double.TryParse(JsonTexts.Read(result), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double written)
            && double.IsFinite(written) ? written : null;
    }

    /// <summary>The label under <c>result</c>, or the whole reply as a label.</summary>
    /// <param name="text">The reply.</param>
    /// <param name="labels">The labels there are.</param>
    /// <returns>One of them or null.</returns>
    public static string? Label(string text, string[] labels)
    {
        string said = Parse(text) is { } value
            ? JsonTexts.Stringify(value.ValueKind == JsonValueKind.Object && JsonTexts.TryGet(value, "result", out JsonElement result) ? result : value)
            : text.Trim();
        return labels.Contains(said, StringComparer.Ordinal) ? said : null;
    }

    /// <summary>The conclusions of the reply's steps, for reports.</summary>
    /// <param name="text">The reply.</param>
    /// <returns>A text or null.</returns>
    public static string? Steps(string text)
    {
        if (Parse(text) is not { ValueKind: JsonValueKind.Object } value || !JsonTexts.TryGet(value, "steps", out JsonElement steps) || steps.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var joined = new StringBuilder();
        foreach (JsonElement step in steps.EnumerateArray())
        {
            if (JsonTexts.TryGet(step, "conclusion", out JsonElement conclusion) && conclusion.ValueKind == JsonValueKind.String)
            {
                joined.Append(joined.Length > 0 ? " " : string.Empty).Append(JsonTexts.Read(conclusion));
            }
        }

        return joined.Length == 0 ? null : JsonTexts.Cut(joined.ToString(), 500);
    }

    private static JsonElement? Parse(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.StartsWith("```", StringComparison.Ordinal) && trimmed.EndsWith("```", StringComparison.Ordinal) && trimmed.Length >= 6)
        {
            int line = trimmed.IndexOf('\n', StringComparison.Ordinal);
            trimmed = line > 0 && line < trimmed.Length - 3 ? trimmed[line..^3].Trim() : trimmed[3..^3];
        }

        return JsonTexts.TryParse(trimmed, out JsonElement value, out _) ? value : null;
    }
}
