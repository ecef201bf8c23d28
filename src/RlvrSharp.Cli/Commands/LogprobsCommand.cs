using System.CommandLine;
using System.Text.Json;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class LogprobsCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var threads = Inputs.Threads();
        var command = new Command(
            "logprobs",
            "Read {\"input_ids\": [[…], …], \"temperature\": 1.0} from standard input; print {\"logprobs\": [[…], …]}: of token t+1 given those up to t.") { model, threads };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(model)!, parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(string model, int threads)
    {
        (int[][] rows, double temperature) = Read();
        using ManagedPolicy policy = ModelFolders.Load(model, threads);
        var sequences = new List<TokenSequence>();
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].FirstOrDefault(id => id < 0 || id >= policy.Config.VocabularySize, -1) is var wrong && rows[i].Any(id => id < 0 || id >= policy.Config.VocabularySize))
            {
                throw new DataException($"input_ids[{i}] has the token {wrong}, but the model's tokens run from 0 to {policy.Config.VocabularySize - 1}.");
            }

            if (rows[i].Length > 1)
            {
                sequences.Add(new TokenSequence { PromptTokens = rows[i].AsMemory(0, 1), Tokens = rows[i].AsMemory(1) });
            }
        }

        using var stop = new StopSignal();
        IReadOnlyList<TokenScores> scores = await policy.ScoreAsync(sequences, temperature, stop.Token).ConfigureAwait(false);
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartObject();
        writer.WriteStartArray("logprobs");
        int next = 0;
        foreach (int[] row in rows)
        {
            writer.WriteStartArray();
            if (row.Length > 1)
            {
                foreach (float logProb in scores[next++].LogProbs.Span.ToArray())
                {
                    writer.WriteNumberValue(logProb);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        Console.WriteLine();
        return ExitCode.Ok;
    }

    private static (int[][] Rows, double Temperature) Read()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        try
        {
            using JsonDocument document = JsonDocument.Parse(input.ReadToEnd());
            JsonElement root = document.RootElement;
            double temperature = root.TryGetProperty("temperature", out JsonElement given) ? given.GetDouble() : 1;
            if (!(temperature > 0 && double.IsFinite(temperature)))
            {
                throw new DataException($"temperature is {temperature}, but log-probabilities need one above 0.");
            }

            int[][] rows = root.GetProperty("input_ids").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()).ToArray();
            return (rows, temperature);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new DataException($"Standard input is not of the form {{\"input_ids\": [[1, 2, 3], …], \"temperature\": 1.0}}: {error.Message}", error);
        }
    }
}
