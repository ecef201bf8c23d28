using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders;

/// <summary>The golden vectors of the graders, and short ways to grade.</summary>
internal static class Golden
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden", "graders");

    public static IEnumerable<JsonElement> Rows(string file) =>
        File.ReadLines(Path.Combine(Folder, file)).Where(line => line.Length > 0).Select(line => JsonElement.Parse(line));

    public static string Text(this JsonElement row, string key) => row.GetProperty(key).GetString()!;

    public static Grade Grade(this IGrader grader, string row) => grader.Grade(GraderInput.Parse(row, "row"));

    public static Grade Grade(this IGrader grader, GraderInput input) =>
        grader.GradeAsync(input.Problem, input.Completion).AsTask().GetAwaiter().GetResult();

    public static Grade GradeText(this IGrader grader, string text, string reference) =>
        grader.Grade(new GraderInput(new Problem("?") { Reference = reference }, Completion.FromText(text)));
}
