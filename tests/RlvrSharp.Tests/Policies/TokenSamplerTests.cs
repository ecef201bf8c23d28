using System.Text.Json;
using RlvrSharp.Policies;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Tests.Policies;

public sealed unsafe class TokenSamplerTests
{
    [Fact]
    public void Top_k_and_top_p_keep_what_the_reference_keeps()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "models", "logits_process.json")));
        double[][] logits = [.. document.RootElement.GetProperty("inputs").GetProperty("logits").EnumerateArray().Select(GoldenModel.Doubles)];
        int checkedCases = 0;
        foreach (JsonElement test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (!test.TryGetProperty("params", out JsonElement parameters) || !parameters.EnumerateObject().All(p => p.Name is "temperature" or "top_k" or "top_p"))
            {
                continue;
            }

            double temperature = parameters.TryGetProperty("temperature", out JsonElement t) ? t.GetDouble() : 1;
            int topK = parameters.TryGetProperty("top_k", out JsonElement k) ? k.GetInt32() : 0;
            double topP = parameters.TryGetProperty("top_p", out JsonElement p) ? p.GetDouble() : 1;
            for (int row = 0; row < logits.Length; row++)
            {
                double[] expected = GoldenModel.Doubles(test.GetProperty("probs")[row]);
                double[] actual = Probabilities(logits[row], temperature, topK, topP);
                for (int j = 0; j < expected.Length; j++)
                {
                    Assert.Equal(expected[j], actual[j], 1e-6);
                    Assert.Equal(expected[j] > 0, actual[j] > 0);
                }
            }

            checkedCases++;
        }

        Assert.True(checkedCases >= 12);
    }

    [Fact]
    public void Tokens_equal_to_the_kth_are_all_kept()
    {
        double[] probabilities = Probabilities([1, 3, 2, 2, 0, 2], 1, 2, 1);
        Assert.Equal([false, true, true, true, false, true], probabilities.Select(p => p > 0));
    }

    [Fact]
    public void Of_equal_tokens_top_p_keeps_the_highest_ids_first()
    {
        double[] probabilities = Probabilities([1, 2, 2, 2, 0, -1], 1, 0, 0.5);
        Assert.Equal([false, false, true, true, false, false], probabilities.Select(p => p > 0));
    }

    [Theory]
    [InlineData(1.0, 0, 1.0)]
    [InlineData(0.7, 0, 1.0)]
    [InlineData(1.3, 20, 1.0)]
    [InlineData(1.0, 0, 0.8)]
    [InlineData(1.0, 30, 0.9)]
    public void Tokens_come_as_often_as_they_are_probable(double temperature, int topK, double topP)
    {
        const int Vocabulary = 150, Draws = 30_000;
        var random = new KeyedRandom(99);
        double[] logits = [.. Enumerable.Range(0, Vocabulary).Select(_ => 1.5 * random.NextGaussian())];
        double[] expected = Probabilities(logits, temperature, topK, topP);
        var counts = new int[Vocabulary];
        float scale = (float)(1 / temperature);
        float max = (float)logits.Max() * scale;
        FloatBuffer source = Row(logits);
        FloatBuffer row = Row(logits);
        for (int i = 0; i < Draws; i++)
        {
            source.Span.CopyTo(row.Span);
            counts[TokenSampler.Draw(row.Pointer, Vocabulary, scale, max, topK, topP, random.NextDouble())]++;
        }

        double chiSquare = 0;
        int degrees = -1;
        double rareExpected = 0, rareSeen = 0;
        for (int j = 0; j < Vocabulary; j++)
        {
            if (expected[j] == 0)
            {
                Assert.Equal(0, counts[j]);
            }
            else if (expected[j] * Draws < 10)
            {
                rareExpected += expected[j] * Draws;
                rareSeen += counts[j];
            }
            else
            {
                chiSquare += Math.Pow(counts[j] - (expected[j] * Draws), 2) / (expected[j] * Draws);
                degrees++;
            }
        }

        Assert.InRange(rareSeen, rareExpected - 5 - (5 * Math.Sqrt(rareExpected)), rareExpected + 5 + (5 * Math.Sqrt(rareExpected)));

        // Mean d, variance 2d: five deviations.
        Assert.InRange(chiSquare, degrees - (5 * Math.Sqrt(2 * degrees)), degrees + (5 * Math.Sqrt(2 * degrees)));
    }

    [Fact]
    public void The_ends_of_the_interval_give_tokens_that_can_come()
    {
        double[] logits = [-500, 0, 1, -500, 0.5, -500];
        foreach (double u in (double[])[0, 1 - 1e-16, 0.5])
        {
            Assert.Contains(TokenSampler.Draw(Row(logits).Pointer, 6, 1, 1, 0, 1, u), (int[])[1, 2, 4]);
            Assert.Contains(TokenSampler.Draw(Row(logits).Pointer, 6, 1, 1, 2, 0.9, u), (int[])[2, 4]);
        }
    }

    [Fact]
    public void Greedy_takes_the_lowest_of_equal_ids() => Assert.Equal(2, TokenSampler.Greedy(Row([0, -1, 5, 5, 3]).Pointer, 5));

    private static double[] Probabilities(double[] logits, double temperature, int topK, double topP)
    {
        FloatBuffer row = Row(logits);
        var kept = new int[logits.Length];
        int count;
        fixed (int* ids = kept)
        {
            float scale = (float)(1 / temperature);
            count = TokenSampler.Keep(row.Pointer, logits.Length, scale, (float)logits.Max() * scale, topK, topP, ids);
        }

        var probabilities = new double[logits.Length];
        double total = kept.Take(count).Sum(id => (double)row.Span[id]);
        foreach (int id in kept.Take(count))
        {
            probabilities[id] = row.Span[id] / total;
        }

        return probabilities;
    }

    private static FloatBuffer Row(double[] logits)
    {
        var row = new FloatBuffer((logits.Length + 15) / 16 * 16);
        for (int j = 0; j < logits.Length; j++)
        {
            row.Span[j] = (float)logits[j];
        }

        return row;
    }
}
