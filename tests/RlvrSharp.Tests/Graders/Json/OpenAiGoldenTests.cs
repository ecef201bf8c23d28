using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class OpenAiGoldenTests
{
    [Theory]
    [InlineData("string_check")]
    [InlineData("template")]
    public void Defined_rows_get_the_contract_s_score_or_error(string kind)
    {
        int checkedRows = 0;
        foreach (JsonElement row in Golden.Rows("openai_graders.jsonl").Where(row => row.Text("kind") == kind && row.Text("status") == "defined"))
        {
            checkedRows++;
            string? error = row.TryGetProperty("error", out JsonElement code) ? code.GetString() : null;
            if (error == "invalid_grader")
            {
                Assert.Throws<DataException>(() => GraderJson.Load(row.GetProperty("grader")));
                continue;
            }

            Grade grade = GraderJson.Load(row.GetProperty("grader")).Grade(GraderInput.FromRow(row, row.GetProperty("id").GetRawText()));
            if (error is null)
            {
                Assert.True(grade.Status == GradeStatus.Graded, $"{row.GetProperty("id")}: {grade.Reason}");
                Assert.Equal(row.GetProperty("expected").GetDouble(), grade.Score);
            }
            else
            {
                Assert.NotEqual(GradeStatus.Graded, grade.Status);
                Assert.Contains(error, grade.Reason, StringComparison.Ordinal);
            }
        }

        Assert.True(checkedRows > 15);
    }

    [Fact]
    public void Formulas_of_defined_rows_give_the_value_or_do_not_load()
    {
        int checkedRows = 0;
        foreach (JsonElement row in Golden.Rows("openai_graders.jsonl").Where(row => row.Text("kind") == "multi_formula" && row.Text("status") == "defined"))
        {
            checkedRows++;
            string[] names = [.. row.GetProperty("sub_scores").EnumerateObject().Select(part => part.Name)];
            double[] values = [.. row.GetProperty("sub_scores").EnumerateObject().Select(part => part.Value.GetDouble())];
            string formula = row.GetProperty("grader").Text("calculate_output");
            if (row.TryGetProperty("error", out _))
            {
                DataException error = Assert.Throws<DataException>(() => ScoreFormula.Parse(formula, names));
                Assert.Contains("formula_parse_error", error.Message, StringComparison.Ordinal);
                continue;
            }

            double expected = row.GetProperty("expected").GetDouble();
            double actual = ScoreFormula.Parse(formula, names).Evaluate(values, out string? reason);
            Assert.Null(reason);
            Assert.True(Math.Abs(actual - expected) <= 1e-12 * Math.Max(1e-3, Math.Abs(expected)), $"{formula}: {actual:R} is not {expected:R}");
        }

        Assert.True(checkedRows > 50);
    }

    [Fact]
    public void Undefined_formulas_whose_natural_value_is_known_give_it()
    {
        foreach (JsonElement row in Golden.Rows("openai_graders.jsonl")
            .Where(row => row.Text("kind") == "multi_formula" && row.Text("status") == "undefined" && row.GetProperty("expected").ValueKind == JsonValueKind.Number))
        {
            string[] names = [.. row.GetProperty("sub_scores").EnumerateObject().Select(part => part.Name)];
            double[] values = [.. row.GetProperty("sub_scores").EnumerateObject().Select(part => part.Value.GetDouble())];
            Assert.Equal(row.GetProperty("expected").GetDouble(), ScoreFormula.Parse(row.GetProperty("grader").Text("calculate_output"), names).Evaluate(values, out _), 12);
        }
    }

    [Fact]
    public void The_published_precision_and_recall_grader_gives_f1_and_both_parts()
    {
        // The two Python parts, re-stated as a grader type of the test; the multi grader around them is the published one.
        GraderJsonContext context = new GraderJsonContext().Add("python", reader => new SetOverlap(reader.Text("source")!, reader.Text("image_tag"), reader.Name));
        int checkedRows = 0;
        foreach (JsonElement row in Golden.Rows("openai_graders.jsonl").Where(row => row.Text("kind") == "eurovoc" && !row.TryGetProperty("python_errors", out _)))
        {
            checkedRows++;
            Grade grade = GraderJson.Load(row.GetProperty("grader"), context).Grade(GraderInput.FromRow(row, "row"));
            Assert.Equal(row.GetProperty("expected").GetDouble(), grade.Score, 12);
            Assert.Equal(row.GetProperty("expected_parts").GetProperty("precision").GetDouble(), grade.Precision!.Value, 12);
            Assert.Equal(row.GetProperty("expected_parts").GetProperty("recall").GetDouble(), grade.Recall!.Value, 12);
        }

        Assert.True(checkedRows > 30);
    }

    private sealed class SetOverlap(string source, string? tag, string name) : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
        {
            Assert.NotNull(tag);
            Assert.NotEmpty(source);
            var said = new HashSet<string>(StringComparer.Ordinal);
            if (GraderInput.SampleOf(completion).GetProperty("output_json").TryGetProperty("level1", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement entry in list.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.Object))
                {
                    said.Add(entry.GetProperty("code").GetRawText());
                }
            }

            HashSet<string> wanted = [.. problem.Item.GetProperty("reference_answer").EnumerateArray().Select(code => code.GetRawText())];
            int count = name.EndsWith("precision", StringComparison.Ordinal) ? said.Count : wanted.Count;
            return new(new Grade(count == 0 ? 0 : (double)said.Intersect(wanted).Count() / count));
        }
    }
}
