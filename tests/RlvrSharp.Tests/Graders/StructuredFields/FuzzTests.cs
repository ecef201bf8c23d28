using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class FuzzTests
{
    private static readonly string[] Seeds =
    [
        """{"vendor":"Acme","date":"2024-01-05","total":12.5,"paid":true,"note":null,"tags":["red","blü","\u00e9"],"items":[{"sku":"A","qty":2,"price":9.5},{"sku":"B","qty":1,"price":2e1}]}""",
        """{"vendor":"ACME ","date":"2024-05-01","total":"12.5","paid":false,"note":"","tags":"red","items":[[],{},null,{"sku":{"a":[1,[2,[3]]]}}]}""",
        "```json\n{\"vendor\":\"\\ud83d\\ude00\"}\n```",
    ];

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\uD800", "\uDC00", "null", "true", "NaN", "1e400", "-", "0", "9007199254740993", "\u0000",
        "\"a\":", "{\"sku\":\"A\"},", "[[[[", "\u200B", "\n", " ", "e", ".", "\"vendor\":\"Acme\",", "\uFEFF",
    ];

    [Fact]
    public void Mutated_answers_give_grades_between_zero_and_one_and_no_exception()
    {
        StructuredFieldGrader[] graders = [new(), FullGrader()];
        var watch = Stopwatch.StartNew();
        int count = 0, graded = 0;
        bool isStudy = int.TryParse(Environment.GetEnvironmentVariable("RLVR_FUZZ_COUNT"), CultureInfo.InvariantCulture, out int wanted) && wanted > 0;
        var random = new KeyedRandom(2024);
        while (isStudy ? count < wanted : count < 60_000 && watch.Elapsed < TimeSpan.FromSeconds(8))
        {
            string answer = Mutate(ref random, Seeds[random.NextInt32(Seeds.Length)]);
            Grade grade = graders[count & 1].Grade(answer, Seeds[0]);
            Assert.InRange(grade.Score, 0, 1);
            Assert.True(grade.Status == GradeStatus.Graded || grade.Reason is not null, answer);
            Assert.True(grade.Precision is null or (>= 0 and <= 1) && grade.Recall is null or (>= 0 and <= 1), answer);
            count++;
            graded += grade.Status == GradeStatus.Graded ? 1 : 0;
        }

        // Enough of both kinds for the test to mean something.
        Assert.InRange(graded, count / 20, count / 20 * 19);
    }

    [Fact]
    public void The_parser_accepts_what_the_platforms_parser_accepts()
    {
        var random = new KeyedRandom(7);
        var tree = new AnswerTree();
        for (int i = 0; i < 20_000; i++)
        {
            string text = Mutate(ref random, Seeds[random.NextInt32(2)]);
            bool ours = tree.Parse(text, 0, text.Length, 64, emptyIsAbsent: false, mayTrail: false, out _) == AnswerFault.None;
            bool theirs = Accepts(text);
            Assert.True(ours == theirs, (ours ? "accepted: " : "refused: ") + text);
        }
    }

    [Fact]
    public void What_the_parser_read_is_what_the_platforms_parser_reads()
    {
        var random = new KeyedRandom(8);
        var tree = new AnswerTree();
        int compared = 0;
        while (compared < 2000)
        {
            string text = Mutate(ref random, Seeds[random.NextInt32(2)]);
            if (tree.Parse(text, 0, text.Length, 64, emptyIsAbsent: false, mayTrail: false, out _) == AnswerFault.None)
            {
                using var document = JsonDocument.Parse(text);
                AssertSame(document.RootElement, tree, 0);
                compared++;
            }
        }
    }

    private static bool Accepts(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return NoHalves(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool NoHalves(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString() is not null,
        JsonValueKind.Array => element.EnumerateArray().All(NoHalves),
        JsonValueKind.Object => element.EnumerateObject().All(property => property.Name is not null && NoHalves(property.Value)),
        _ => true,
    };

    private static void AssertSame(JsonElement element, AnswerTree tree, int index)
    {
        int child = index + 1;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(AnswerKind.Object, tree[index].Kind);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Assert.Equal(property.Name, tree.Name(child).ToString());
                    AssertSame(property.Value, tree, child);
                    child = tree[child].End;
                }

                Assert.Equal(tree[index].End, child);
                break;
            case JsonValueKind.Array:
                Assert.Equal(element.GetArrayLength(), tree[index].Count);
                foreach (JsonElement item in element.EnumerateArray())
                {
                    AssertSame(item, tree, child);
                    child = tree[child].End;
                }

                break;
            case JsonValueKind.String:
                Assert.Equal(element.GetString(), tree.Text(index).ToString());
                break;
            default:
                Assert.Equal(element.GetRawText(), tree.Text(index).ToString());
                break;
        }
    }

    private static string Mutate(ref KeyedRandom random, string text)
    {
        int edits = random.NextInt32(4);
        for (int i = 0; i < edits; i++)
        {
            int at = random.NextInt32(text.Length + 1);
            int cut = Math.Min(random.NextInt32(4) == 0 ? random.NextInt32(12) : 0, text.Length - at);
            string piece = random.NextInt32(3) switch
            {
                0 => Pieces[random.NextInt32(Pieces.Length)],
                1 => text[at..Math.Min(text.Length, at + random.NextInt32(20))],
                _ => ((char)random.NextInt32(0x250)).ToString(),
            };
            text = text[..at] + piece + text[(at + cut)..];
        }

        return text;
    }

    private static StructuredFieldGrader FullGrader() => new(new StructuredFieldGraderOptions { AllowFenced = true, AllowProse = true, EmptyIsAbsent = true }
        .Field("vendor", FieldComparer.Similarity(0.7))
        .Field("date", FieldComparer.Date(partialCredit: true))
        .Field("total", field => (field.Comparer, field.WrongPenalty) = (FieldComparer.Money(0.01), 1))
        .Field("paid", field => (field.Comparer, field.Gate) = (FieldComparer.Boolean(acceptText: true), true))
        .Field("note", field => (field.Comparer, field.NullIsValue) = (FieldComparer.Url(), true))
        .Field("tags", field => (field.List, field.Beta) = (FieldListMode.Ordered, 2))
        .Field("items[]", field => field.Keys = ["sku"])
        .Field("items[].sku", FieldComparer.Id())
        .Field("items[].qty", FieldComparer.Integer())
        .Field("items[].price", FieldComparer.Number(relative: 0.1)));
}
