using System.Text.Json;

namespace RlvrSharp.Training;

/// <summary>A grade in a run's state file: all of it but the exception, which lives no longer than its process.</summary>
internal static class GradeJson
{
    public static void Write(Utf8JsonWriter writer, Grade grade)
    {
        writer.WriteStartObject();
        writer.WriteString("status", grade.Status.ToString());
        writer.WriteNumber("score", grade.Score);
        WriteOptional(writer, "precision", grade.Precision);
        WriteOptional(writer, "recall", grade.Recall);
        if (grade.Reason is not null)
        {
            writer.WriteString("reason", grade.Reason);
        }

        if (grade.Fields.Count > 0)
        {
            writer.WriteStartArray("fields");
            foreach (FieldGrade field in grade.Fields)
            {
                writer.WriteStartObject();
                writer.WriteString("path", field.Path);
                writer.WriteString("expected", field.Expected);
                writer.WriteString("actual", field.Actual);
                writer.WriteNumber("matched", field.Matched);
                writer.WriteNumber("weight", field.Weight);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (grade.Metrics is { } metrics)
        {
            writer.WriteStartObject("metrics");
            foreach ((string name, double value) in metrics)
            {
                WriteNumber(writer, name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static Grade Read(JsonElement element)
    {
        string? reason = element.TryGetProperty("reason", out JsonElement text) ? text.GetString() : null;
        const string NoReason = "The reason was not kept.";
        Grade grade = Enum.Parse<GradeStatus>(element.GetProperty("status").GetString()!) switch
        {
            GradeStatus.Graded => new Grade(element.GetProperty("score").GetDouble()) { Reason = reason },
            GradeStatus.Ungradable => Grade.Ungradable(reason ?? NoReason),
            GradeStatus.Skipped => Grade.Skipped(reason ?? NoReason),
            _ => Grade.Failed(reason ?? NoReason),
        };
        return grade with
        {
            Precision = Optional(element, "precision"),
            Recall = Optional(element, "recall"),
            Fields = element.TryGetProperty("fields", out JsonElement fields) ? [.. fields.EnumerateArray().Select(ReadField)] : [],
            Metrics = element.TryGetProperty("metrics", out JsonElement metrics)
                ? metrics.EnumerateObject().ToDictionary(metric => metric.Name, metric => ReadNumber(metric.Value), StringComparer.Ordinal)
                : null,
        };
    }

    private static FieldGrade ReadField(JsonElement field) => new(
        field.GetProperty("path").GetString()!,
        field.GetProperty("expected").GetString(),
        field.GetProperty("actual").GetString(),
        field.GetProperty("matched").GetDouble(),
        field.GetProperty("weight").GetDouble());

    private static void WriteOptional(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            WriteNumber(writer, name, number);
        }
    }

    // A grader's own numbers may be anything; JSON has no word for infinity.
    private static void WriteNumber(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteString(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static double? Optional(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? ReadNumber(value) : null;

    private static double ReadNumber(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
        : value.GetDouble();
}
