using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Tests.Graders.Text;

public class TextSimilarityGraderTests
{
    [Theory]
    [InlineData("fuzzy_match", "kitten", "sitting", 0.6153846153846154)]
    [InlineData("rouge_1", "the cat sat", "the cat", 0.8)]
    [InlineData("rouge_l", "a b c d", "a c", 0.6666666666666666)]
    [InlineData("gleu", "a b", "a b", 1)]
    [InlineData("bleu", "a b c d", "a b c d", 1)]
    [InlineData("meteor", "a", "a", 0.5)]
    public void Metrics_by_their_json_names(string metric, string text, string reference, double expected) =>
        Assert.Equal(expected, Load($"\"evaluation_metric\": \"{metric}\"").GradeText(text, reference).Score, 12);

    [Fact]
    public void Rouge_gives_precision_and_recall()
    {
        Grade grade = Load("\"evaluation_metric\": \"rouge_1\"").GradeText("the cat sat", "the cat");
        Assert.Equal(2.0 / 3, grade.Precision!.Value, 12);
        Assert.Equal(1, grade.Recall);
    }

    [Theory]
    [InlineData("partial_ratio")]
    [InlineData("WRatio")]
    public void Answers_of_a_page_are_compared_and_not_called_too_long(string function)
    {
        string page = string.Concat(Enumerable.Repeat("ab cde fgh ", 120));
        Grade grade = Load($"\"evaluation_metric\": \"fuzzy_match\", \"fuzzy_function\": \"{function}\"").GradeText(page, page[5..] + "end");
        Assert.Equal(GradeStatus.Graded, grade.Status);
        Assert.InRange(grade.Score, 0.9, 1);
    }

    [Fact]
    public void Smoothed_bleu_beyond_one_is_cut_and_keeps_the_package_s_number()
    {
        Grade grade = Load("\"evaluation_metric\": \"bleu\", \"bleu_smoothing\": \"method5\"").GradeText("the cat sat on", "the cat sat on");
        Assert.Equal(1, grade.Score);
        Assert.Equal(1.010629663399238, RawScore.Of(grade), 12);
    }

    [Fact]
    public void Options_are_read_and_written()
    {
        const string Keys = "\"evaluation_metric\": \"fuzzy_match\", \"fuzzy_function\": \"token_set_ratio\", \"fuzzy_process\": true, \"bleu_smoothing\": \"method4\", \"rouge_stem\": true, \"meteor_synonyms\": false";
        IGrader grader = Load(Keys);
        Assert.Equal(1, grader.GradeText("Paris, not London!", "paris").Score);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Json(Keys)), GraderJson.Save(grader)));
    }

    [Fact]
    public void Meteor_takes_synonyms_unless_told_not_to()
    {
        const string Metric = "\"evaluation_metric\": \"meteor\"";
        Assert.Equal(0.9375, Load(Metric).GradeText("begin now", "start now").Score, 12);
        Assert.Equal(0.25, Load(Metric + ", \"meteor_synonyms\": false").GradeText("begin now", "start now").Score, 12);
        Assert.False(GraderJson.Save(Load(Metric)).TryGetProperty("meteor_synonyms", out _));
    }

    [Theory]
    [InlineData("\"evaluation_metric\": \"rouge_6\"", "rouge_5")]
    [InlineData("\"evaluation_metric\": \"cosine\"", "embedding generator")]
    [InlineData("\"evaluation_metric\": \"fuzzy_match\", \"fuzzy_function\": \"QRatio\"", "WRatio")]
    [InlineData("\"metric\": \"bleu\"", "evaluation_metric")]
    public void What_cannot_be_compared_is_refused(string keys, string part) =>
        Assert.Contains(part, Assert.Throws<DataException>(() => Load(keys)).Message, StringComparison.Ordinal);

    [Fact]
    public void Cosine_compares_embeddings_and_never_goes_below_zero()
    {
        using var embeddings = new LetterEmbeddings();
        var context = new GraderJsonContext { Embeddings = embeddings };
        IGrader grader = GraderJson.Parse(Json("\"evaluation_metric\": \"cosine\""), context);
        Assert.Equal(1, grader.GradeText("ab", "ba").Score, 6);
        Assert.Equal(0, grader.GradeText("aa", "bb").Score, 6);
        Grade opposite = grader.GradeText("a", "-a");
        Assert.Equal(0, opposite.Score);
        Assert.Equal(-1, RawScore.Of(opposite), 6);
        Assert.Equal(GradeStatus.Failed, grader.GradeText("!", "a").Status);
    }

    [Fact]
    public void Answers_too_long_to_compare_are_ungradable_quickly()
    {
        string huge = new('x', 50_000_000);
        Assert.Equal(GradeStatus.Ungradable, Load("\"evaluation_metric\": \"fuzzy_match\"").GradeText(huge, "a").Status);
        Assert.Equal(GradeStatus.Failed, Load("\"evaluation_metric\": \"rouge_l\"").GradeText("a", huge).Status);
    }

    private static string Json(string keys) =>
        $$$"""{"type": "text_similarity", "name": "t", {{{keys}}}, "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}""";

    private static IGrader Load(string keys) => GraderJson.Parse(Json(keys));

    private sealed class LetterEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(value => new Embedding<float>(Vector(value)))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static float[] Vector(string text)
        {
            if (text == "!")
            {
                throw new TimeoutException("no answer");
            }

            float sign = text.StartsWith('-') ? -1 : 1;
            return [sign * text.Count(letter => letter == 'a'), sign * text.Count(letter => letter == 'b')];
        }
    }
}
