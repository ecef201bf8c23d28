using System.Text;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class GraderFuzzTests
{
    private const string Gold = """{"name": "Ada Łovelace", "year": 1815, "tags": ["math", "engine"], "address": {"city": "London", "zip": null}}""";

    private static readonly string[] Graders =
    [
        Check("eq"), Check("ne"), Check("like"), Check("ilike"),
        .. "fuzzy_match bleu gleu meteor rouge_1 rouge_2 rouge_5 rouge_l".Split(' ').Select(metric => Similarity($"\"evaluation_metric\": \"{metric}\"")),
        .. "partial_ratio token_sort_ratio token_set_ratio token_ratio WRatio".Split(' ').Select(function => Similarity($"\"evaluation_metric\": \"fuzzy_match\", \"fuzzy_process\": true, \"fuzzy_function\": \"{function}\"")),
        """{"type": "structured_field", "name": "f", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""",
        """{"type": "string_check", "name": "j", "operation": "eq", "input": "{{sample.output_json.address.city}}", "reference": "London"}""",
        """{"type": "string_check", "name": "t", "operation": "eq", "input": "{{sample.output_tools[0].function.arguments}} {{sample.choices[0].message.content}}", "reference": "London"}""",
        $$"""{"type": "multi", "name": "m", "graders": {"a": {{Check("like")}}, "b": {{Similarity("\"evaluation_metric\": \"rouge_l\"")}} }, "calculate_output": "gate(a, 2 * b - 0.5) / max(a + b, 1e-9)"}""",
    ];

    [Fact]
    public void Mutated_answers_get_a_grade_in_range_from_every_grader_and_never_an_exception()
    {
        IGrader[] graders = [.. Graders.Select(json => GraderJson.Parse(json))];
        var problem = new Problem("?") { Reference = Gold };
        string[] seeds = [Gold, "", "Paris or London", "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>", "{\"a\": [1, 2.5e300, {\"b\": null}]}", "ΣΊΣΥΦΟΣ \U0001F600 e\u0301", "The answer is \\boxed{42}"];
        for (int trial = 0; trial < 300; trial++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(11, (ulong)trial));
            Completion completion = Completion.FromText(Mutate(seeds[trial % seeds.Length], ref random));
            foreach (IGrader grader in graders)
            {
                Grade grade = grader.Grade(new GraderInput(problem, completion));
                Assert.InRange(grade.Score, 0, 1);
                Assert.NotEqual(GradeStatus.Failed, grade.Status);
                Assert.True(grade.Status == GradeStatus.Graded || !string.IsNullOrEmpty(grade.Reason));
            }
        }
    }

    [Fact]
    public void Monstrous_answers_are_graded_or_refused_in_a_moment()
    {
        string[] monsters =
        [
            new string('[', 100_000) + new string(']', 100_000),
            string.Concat(Enumerable.Repeat("{\"a\":", 100_000)),
            new string('a', 3_000_000),
            string.Concat(Enumerable.Repeat("a b ", 20_000)),
            "{\"tags\": [" + string.Join(',', Enumerable.Range(0, 10_000)) + "]}",
            "{\"year\": 1e400, \"year\": NaN}",
            "{\"name\": \"\\ud800\", \"\\udc00\": 1}",
            "\ud800\udfff\udfff\ud800",
            "\0\u0001\u001F\uFFFF\uFEFF",
            string.Concat(Enumerable.Repeat("\"\\u0000", 50_000)),
        ];
        var problem = new Problem("?") { Reference = Gold };
        foreach (string json in Graders)
        {
            IGrader grader = GraderJson.Parse(json);
            foreach (string monster in monsters)
            {
                Grade grade = grader.Grade(new GraderInput(problem, Completion.FromText(monster)));
                Assert.InRange(grade.Score, 0, 1);
                Assert.NotEqual(GradeStatus.Failed, grade.Status);
            }
        }
    }

    [Fact]
    public void Mutated_grader_json_loads_or_is_refused_and_nothing_else()
    {
        for (int trial = 0; trial < 800; trial++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(12, (ulong)trial));
            string json = Mutate(Graders[trial % Graders.Length], ref random);
            try
            {
                GraderJson.Parse(json);
            }
            catch (DataException)
            {
            }
        }
    }

    [Fact]
    public void Mutated_formulas_parse_or_are_refused_and_evaluate_to_a_number_or_a_reason()
    {
        string[] seeds = ["2 * a * b / max(a + b, 1e-9)", "if(a > 0.5 and not b, gate(a, b), clamp(a, 0, 1)) ^ 2 - log(a)", "-a ^ -b + (1.5e3 - sqrt(abs(b)))"];
        for (int trial = 0; trial < 2000; trial++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(13, (ulong)trial));
            string text = Mutate(seeds[trial % seeds.Length], ref random);
            if (ScoreFormula.TryParse(text, ["a", "b"], out string? problem) is { } formula)
            {
                double value = formula.Evaluate([random.NextDouble(), 0], out string? reason);
                Assert.True(double.IsFinite(value) == (reason is null), $"{text}: {value} {reason}");
                _ = FormulaChecks.Notes(formula, _ => (0, 1)).Count();
            }
            else
            {
                Assert.NotEmpty(problem!);
            }
        }
    }

    private static string Check(string operation) =>
        $$$"""{"type": "string_check", "name": "c", "operation": "{{{operation}}}", "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    private static string Similarity(string keys) =>
        $$$"""{"type": "text_similarity", "name": "s", {{{keys}}}, "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    private static string Mutate(string text, ref KeyedRandom random)
    {
        const string Pieces = "{}[]\",:\\0123456789.eE+-tfn \n\r\t\0aZé漢\uD800\uDC00\u200B\u0130\u03A3'<>/(){{}}^*";
        var builder = new StringBuilder(text);
        int edits = 1 + random.NextInt32(8);
        for (int i = 0; i < edits; i++)
        {
            int at = random.NextInt32(builder.Length + 1);
            switch (random.NextInt32(4))
            {
                case 0:
                    builder.Insert(at, Pieces[random.NextInt32(Pieces.Length)]);
                    break;
                case 1 when at < builder.Length:
                    builder.Remove(at, Math.Min(builder.Length - at, 1 + random.NextInt32(6)));
                    break;
                case 2 when at < builder.Length:
                    builder[at] = Pieces[random.NextInt32(Pieces.Length)];
                    break;
                case 3 when builder.Length is > 0 and < 3000:
                    int from = random.NextInt32(builder.Length);
                    builder.Insert(at, builder.ToString(from, Math.Min(builder.Length - from, random.NextInt32(40))));
                    break;
            }
        }

        return builder.ToString();
    }
}
