using System.Text.Json;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Graders;

/// <summary>Writes a <see cref="FieldReport"/> as JSON.</summary>
internal static class FieldReportJson
{
    public static void Write(Utf8JsonWriter writer, FieldReport report)
    {
        writer.WriteStartObject();
        writer.WriteNumber("rows", report.Rows);
        writer.WriteNumber("ungradable", report.Ungradable);
        writer.WriteNumber("left_out", report.LeftOut);
        Write(writer, "score", report.Score);
        writer.WritePropertyName("all");
        Write(writer, report.All);
        writer.WriteStartArray("fields");
        foreach (FieldReportRow row in report.Fields)
        {
            Write(writer, row);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, FieldReportRow row)
    {
        writer.WriteStartObject();
        writer.WriteString("field", row.Field);
        Write(writer, "micro", row.Micro);
        Write(writer, "macro", row.Macro);
        writer.WriteNumber("correct", row.Correct);
        writer.WriteNumber("wrong", row.Wrong);
        writer.WriteNumber("missing", row.Missing);
        writer.WriteNumber("invented", row.Invented);
        writer.WriteStartArray("confusions");
        foreach (FieldConfusion confusion in row.Confusions)
        {
            writer.WriteStartObject();
            writer.WriteString("expected", confusion.Expected);
            writer.WriteString("actual", confusion.Actual);
            writer.WriteNumber("count", confusion.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, FieldRates rates)
    {
        writer.WriteStartObject(name);
        Write(writer, "precision", rates.Precision);
        Write(writer, "recall", rates.Recall);
        Write(writer, "f", rates.F);
        writer.WriteEndObject();
    }

    /// <summary>An estimate; null where nothing was counted.</summary>
    private static void Write(Utf8JsonWriter writer, string name, Estimate estimate)
    {
        if (!double.IsFinite(estimate.Mean))
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteNumber("mean", estimate.Mean);
        writer.WriteNumber("low", estimate.Low);
        writer.WriteNumber("high", estimate.High);
        writer.WriteEndObject();
    }
}
