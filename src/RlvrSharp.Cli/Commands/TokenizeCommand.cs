using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Cli.Commands;

internal static class TokenizeCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var command = new Command(
            "tokenize", "Tokenize JSON lines {\"text\": \"…\"} from standard input; one line {\"ids\", \"ids_with_special\", \"decoded\"} out for each.") { model };
        command.SetAction(parsed => Run(parsed.GetValue(model)!));
        return command;
    }

    private static int Run(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(File.Exists(Path.Combine(model, "tokenizer.json")) ? model : ModelFolders.BaseOf(model));
        using Stream stdout = Console.OpenStandardOutput();
        foreach ((int number, string line, string? fault) in Inputs.Lines("-"))
        {
            if (fault is not null)
            {
                throw new DataException($"Standard input, line {number}: {fault}");
            }

            string text = TextOf(line, number);
            int[] ids = tokenizer.Encode(text);
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                WriteIds(writer, "ids", ids);
                WriteIds(writer, "ids_with_special", tokenizer.Encode(text, addSpecialTokens: true));
                writer.WriteString("decoded", tokenizer.Decode(ids));
                writer.WriteEndObject();
            }

            buffer.Write("\n"u8);
            buffer.WriteTo(stdout);
        }

        return ExitCode.Ok;
    }

    private static string TextOf(string line, int number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String)
            {
                return text.GetString()!;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new DataException($"Line {number} of standard input is not JSON: {error.Message} Give one object {{\"text\": \"…\"}} a line.", error);
        }

        throw new DataException($"Line {number} of standard input has no text: give one object {{\"text\": \"…\"}} a line.");
    }

    private static void WriteIds(Utf8JsonWriter writer, string name, int[] ids)
    {
        writer.WriteStartArray(name);
        foreach (int id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }
}
