using System.Text.Json;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Tests.Graders.Text;

public class TextSimilarityTests
{
    private static readonly Lazy<JsonElement> Data = new(() => JsonElement.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "text_similarity.json"))));

    [Theory]
    [InlineData("ratio", FuzzyFunction.Ratio)]
    [InlineData("partial_ratio", FuzzyFunction.PartialRatio)]
    [InlineData("token_sort_ratio", FuzzyFunction.TokenSortRatio)]
    [InlineData("token_set_ratio", FuzzyFunction.TokenSetRatio)]
    [InlineData("token_ratio", FuzzyFunction.TokenRatio)]
    [InlineData("WRatio", FuzzyFunction.WeightedRatio)]
    public void Fuzzy_functions_agree_with_rapidfuzz(string key, FuzzyFunction function)
    {
        Compare(row => row.GetProperty("rapidfuzz").GetProperty(key)[0].GetDouble() / 100, (input, reference) => TextSimilarity.Fuzzy(input, reference, function));
        Compare(row => row.GetProperty("rapidfuzz").GetProperty(key)[1].GetDouble() / 100, (input, reference) => TextSimilarity.Fuzzy(input, reference, function, process: true));
    }

    [Fact]
    public void The_prepared_text_agrees_with_rapidfuzz()
    {
        foreach (JsonElement row in Rows())
        {
            Assert.Equal(row.GetProperty("default_process")[0].GetString(), FuzzyMatch.Process(row.Text("input")));
            Assert.Equal(row.GetProperty("default_process")[1].GetString(), FuzzyMatch.Process(row.Text("reference")));
        }
    }

    [Theory]
    [InlineData("none", BleuSmoothing.None)]
    [InlineData("method1", BleuSmoothing.Method1)]
    [InlineData("method2", BleuSmoothing.Method2)]
    [InlineData("method3", BleuSmoothing.Method3)]
    [InlineData("method4", BleuSmoothing.Method4)]
    [InlineData("method5", BleuSmoothing.Method5)]
    [InlineData("method7", BleuSmoothing.Method7)]
    public void Bleu_agrees_with_nltk(string key, BleuSmoothing smoothing) =>
        Compare(row => row.GetProperty("bleu").GetProperty("split").GetProperty(key).GetDouble(), (input, reference) => TextSimilarity.Bleu(input, reference, smoothing));

    [Fact]
    public void Gleu_agrees_with_nltk() => Compare(row => row.GetProperty("gleu").GetProperty("split").GetDouble(), TextSimilarity.Gleu);

    [Fact]
    public void Meteor_agrees_with_nltk() =>
        Compare(row => row.GetProperty("meteor").GetProperty("split").GetProperty("wordnet").GetDouble(), TextSimilarity.Meteor);

    [Fact]
    public void Meteor_without_synonyms_agrees_with_nltk() =>
        Compare(row => row.GetProperty("meteor").GetProperty("split").GetProperty("exact_stem").GetDouble(), (input, reference) => TextSimilarity.Meteor(input, reference, null));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Rouge_n_agrees_with_rouge_score(int n)
    {
        foreach ((string key, bool stem) in (ReadOnlySpan<(string, bool)>)[("rouge", false), ("rouge_stem", true)])
        {
            Compare(row => row.GetProperty(key).GetProperty($"rouge{n}")[0].GetDouble(), (input, reference) => TextSimilarity.RougeN(n, input, reference, stem).Precision);
            Compare(row => row.GetProperty(key).GetProperty($"rouge{n}")[1].GetDouble(), (input, reference) => TextSimilarity.RougeN(n, input, reference, stem).Recall);
            Compare(row => row.GetProperty(key).GetProperty($"rouge{n}")[2].GetDouble(), (input, reference) => TextSimilarity.RougeN(n, input, reference, stem).FMeasure);
        }
    }

    [Fact]
    public void Rouge_l_agrees_with_rouge_score()
    {
        foreach ((string key, bool stem) in (ReadOnlySpan<(string, bool)>)[("rouge", false), ("rouge_stem", true)])
        {
            Compare(row => row.GetProperty(key).GetProperty("rougeL")[0].GetDouble(), (input, reference) => TextSimilarity.RougeL(input, reference, stem).Precision);
            Compare(row => row.GetProperty(key).GetProperty("rougeL")[1].GetDouble(), (input, reference) => TextSimilarity.RougeL(input, reference, stem).Recall);
            Compare(row => row.GetProperty(key).GetProperty("rougeL")[2].GetDouble(), (input, reference) => TextSimilarity.RougeL(input, reference, stem).FMeasure);
        }
    }

    [Fact]
    public void Common_subsequences_agree_with_the_table_at_every_awkward_length()
    {
        var random = new KeyedRandom(5);
        foreach (int n in (int[])[0, 1, 7, 63, 64, 65, 130])
        {
            foreach (int m in (int[])[0, 1, 8, 64, 129])
            {
                int[] a = new int[n];
                int[] b = new int[m];
                for (int i = 0; i < n; i++)
                {
                    a[i] = random.NextInt32(4);
                }

                for (int j = 0; j < m; j++)
                {
                    b[j] = random.NextInt32(4);
                }

                Assert.Equal(Table(a, b), CommonSubsequence.Length(a, b));
                Assert.Equal(Table(a, b), new CommonSubsequence(a).With(b));
            }
        }
    }

    private static int Table(int[] a, int[] b)
    {
        var best = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                best[i, j] = a[i - 1] == b[j - 1] ? best[i - 1, j - 1] + 1 : Math.Max(best[i - 1, j], best[i, j - 1]);
            }
        }

        return best[a.Length, b.Length];
    }

    private static List<JsonElement> Rows() => [.. Data.Value.GetProperty("rows").EnumerateArray()];

    private static void Compare(Func<JsonElement, double> expected, Func<string, string, double> actual)
    {
        int rows = 0;
        foreach (JsonElement row in Rows())
        {
            rows++;
            double want = expected(row);
            double got = actual(row.Text("input"), row.Text("reference"));
            Assert.True(Math.Abs(want - got) <= 1e-12, $"row {row.GetProperty("id")}: {got:R} is not {want:R}");
        }

        Assert.True(rows >= 150);
    }
}
