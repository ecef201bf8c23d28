using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RlvrSharp.Samples.Profile;

/// <summary>Writes rows in the JSONL form of reinforcement fine-tuning jobs: messages, and the reference the grader compares with.</summary>
internal static class Rows
{
    /// <summary>How many rows a run trains on.</summary>
    public const int TrainCount = 32;

    /// <summary>How many rows measure it.</summary>
    public const int ValidationCount = 200;

    /// <summary>How many rows there are whose values pretraining never saw.</summary>
    public const int NovelCount = 100;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The rows of a split, no person twice.</summary>
    /// <param name="split">The split.</param>
    /// <param name="seed">Which rows of it.</param>
    /// <param name="count">How many.</param>
    /// <returns>Prompts with their people.</returns>
    public static IReadOnlyList<(string Prompt, Profile Profile)> Draw(Split split, ulong seed, int count)
    {
        int possible = Names.First.Of(split).Length * Names.Last.Of(split).Length;
        if (count > possible)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The {split} split has names for {possible} different people: ask for no more rows than that.");
        }

        var rows = new List<(string, Profile)>(count);
        var people = new HashSet<string>(StringComparer.Ordinal);
        for (ulong i = 0; rows.Count < count; i++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(0x50524F46494C45, (ulong)split, seed, i));
            Profile profile = Profile.Next(ref random, split);
            if (people.Add($"{profile.First.Name} {profile.Last}"))
            {
                rows.Add((Biography.Write(ref random, profile, split), profile));
            }
        }

        return rows;
    }

    /// <summary>The rows as JSONL.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>One JSON object a line, each line ended by a line feed.</returns>
    public static string ToJsonl(IReadOnlyList<(string Prompt, Profile Profile)> rows)
    {
        using var stream = new MemoryStream();
        foreach ((string prompt, Profile profile) in rows)
        {
            using (var writer = new Utf8JsonWriter(stream, Json))
            {
                writer.WriteStartObject();
                writer.WriteStartArray("messages");
                writer.WriteStartObject();
                writer.WriteString("role", "user");
                writer.WriteString("content", prompt);
                writer.WriteEndObject();
                writer.WriteEndArray();
                writer.WritePropertyName("reference");
                writer.WriteRawValue(profile.Answer());
                writer.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The rows as the library's problems.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="name">What errors call the row: <c>name:line</c>.</param>
    /// <returns>The problems.</returns>
    public static IReadOnlyList<Problem> ToProblems(IReadOnlyList<(string Prompt, Profile Profile)> rows, string name) =>
        [.. rows.Select((row, i) => new Problem(row.Prompt)
        {
            Id = $"{name}:{i + 1}",
            Reference = row.Profile.Answer(),
            Item = JsonElement.Parse($"{{\"reference\":{row.Profile.Answer()}}}"),
        })];
}
