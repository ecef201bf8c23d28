using System.Globalization;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class FieldListTests
{
    [Theory]
    [InlineData(FieldListMode.Multiset, """["a","a","b"]""", """["a","b","a"]""", 1)]
    [InlineData(FieldListMode.Multiset, """["a","b"]""", """["a","b","b"]""", 0.8)]
    [InlineData(FieldListMode.Set, """["a","b"]""", """["b","a","b","A"]""", 1)]
    [InlineData(FieldListMode.Set, """["a","a","b","b"]""", """["b","a"]""", 1)]
    [InlineData(FieldListMode.Ordered, """["a","b","c"]""", """["a","b","c"]""", 1)]
    [InlineData(FieldListMode.Ordered, """["a","b","c"]""", """["c","a","b"]""", 2.0 / 3)]
    [InlineData(FieldListMode.Ordered, """["a","b","c"]""", """["x","a","b","c"]""", 6.0 / 7)]
    [InlineData(FieldListMode.Ordered, """["a","b","c"]""", """["c","b","a"]""", 1.0 / 3)]
    public void Each_mode_matches_plain_values(FieldListMode mode, string expected, string actual, double score) =>
        Assert.Equal(score, Grade(field => field.List = mode, expected, actual), 12);

    [Theory]
    [InlineData(2, "\"a\"", """["x","A"]""", 1)]
    [InlineData(2, "\"a\"", "\"A\"", 1)]
    [InlineData(2, "\"a\"", """["x","y","a"]""", 0)]
    [InlineData(2, "\"a\"", """["x","a","y"]""", 2.0 / 3)]
    [InlineData(1, """["a","b"]""", """["b"]""", 1)]
    [InlineData(1, """["a","b"]""", """["b","a"]""", 2.0 / 3)]
    public void Best_of_counts_the_best_of_the_first_tries(int tries, string expected, string actual, double score) =>
        Assert.Equal(score, Grade(field => (field.List, field.BestOf) = (FieldListMode.BestOf, tries), expected, actual), 12);

    [Fact]
    public void Soft_values_are_paired_for_the_largest_sum()
    {
        // Taking 2 for 2 at once would leave 1 without a partner.
        var options = new StructuredFieldGraderOptions().Field("f", FieldComparer.Number(tolerance: 1));
        Assert.Equal(1, new StructuredFieldGrader(options).Grade("""{"f":[2,1]}""", """{"f":[2,3]}""").Score);
        Assert.Equal(1, new StructuredFieldGrader(options).Grade("""{"f":[2,1]}""", """{"f":[1,3]}""").Score);
    }

    [Fact]
    public void The_order_of_objects_never_changes_the_score()
    {
        const string Reference = """{"f":[{"a":1,"b":2,"c":3},{"a":1,"b":5},{"a":4,"b":2,"c":3,"d":[1,2]},{"a":1,"b":2}]}""";
        string[] items = ["""{"a":1,"b":9}""", """{"a":1}""", """{"b":2,"c":3,"d":[2]}""", """{"a":1,"b":2,"x":1}""", """{"z":0}"""];
        var grader = new StructuredFieldGrader();
        var random = new KeyedRandom(5);
        double first = grader.Grade($$"""{"f":[{{string.Join(",", items)}}]}""", Reference).Score;
        for (int i = 0; i < 120; i++)
        {
            random.Shuffle<string>(items);
            Assert.Equal(first, grader.Grade($$"""{"f":[{{string.Join(",", items)}}]}""", Reference).Score, 9);
        }
    }

    [Fact]
    public void A_right_answer_scores_exactly_one_in_any_order()
    {
        var random = new KeyedRandom(3);
        for (int count = 1; count < 40; count++)
        {
            string[] items = [.. Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{i}},"t":["x{{i}}","y","z"],"o":{"p":{{i % 3}},"q":null} }"""))];
            string reference = $$"""{"head":1,"f":[{{string.Join(",", items)}}],"tail":"x"}""";
            random.Shuffle<string>(items);
            foreach (double beta in new[] { 0, 0.5, 0.7, 1, 3 })
            {
                Grade grade = new StructuredFieldGrader(new StructuredFieldGraderOptions { Beta = beta }).Grade($$"""{"tail":"X","f":[{{string.Join(",", items)}}],"head":1.0}""", reference);
                Assert.Equal((1.0, 1.0, 1.0), (grade.Score, grade.Precision, grade.Recall));
            }
        }
    }

    [Fact]
    public void Keys_decide_which_objects_may_be_paired()
    {
        const string Reference = """{"f":[{"id":1,"a":"x","b":"y"},{"id":2,"a":"p","b":"q"}]}""";
        const string Crossed = """{"f":[{"id":2,"a":"x","b":"y"},{"id":1,"a":"p","b":"q"}]}""";
        Assert.Equal(4.0 / 6, new StructuredFieldGrader().Grade(Crossed, Reference).Score, 12);
        var keyed = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("f[]", field => field.Keys = ["id"]));
        Assert.Equal(2.0 / 6, keyed.Grade(Crossed, Reference).Score, 12);
        Assert.Equal(0, keyed.Grade("""{"f":[{"id":7,"a":"x","b":"y"}]}""", Reference).Score);
    }

    [Fact]
    public void Padding_a_list_with_nulls_changes_nothing()
    {
        double plain = Grade(_ => { }, """["a","b"]""", """["a","c"]""");
        Assert.Equal(plain, Grade(_ => { }, """["a",null,"b"]""", """[null,"a",null,"c",{},[],{"x":null}]"""));
    }

    [Fact]
    public void The_assignment_is_optimal()
    {
        var random = new KeyedRandom(11);
        Span<int> columns = stackalloc int[8];
        for (int trial = 0; trial < 400; trial++)
        {
            int rows = 1 + random.NextInt32(6), count = 1 + random.NextInt32(6);
            long[] values = new long[rows * count];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.NextInt32(3) == 0 ? 0 : random.NextInt32(12) - 1;
            }

            Assignment.Maximize(values, rows, count, columns);
            long sum = 0;
            for (int i = 0; i < rows; i++)
            {
                sum += columns[i] >= 0 ? values[(i * count) + columns[i]] : 0;
            }

            Assert.Equal(BruteForce(values, rows, count, 0, 0), sum);
        }
    }

    private static long BruteForce(long[] values, int rows, int columns, int row, int used)
    {
        if (row == rows)
        {
            return 0;
        }

        long best = BruteForce(values, rows, columns, row + 1, used);
        for (int j = 0; j < columns; j++)
        {
            if ((used & (1 << j)) == 0)
            {
                best = Math.Max(best, values[(row * columns) + j] + BruteForce(values, rows, columns, row + 1, used | (1 << j)));
            }
        }

        return best;
    }

    private static double Grade(Action<FieldOptions> configure, string expected, string actual) =>
        new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("f", configure)).Grade($$"""{"f":{{actual}}}""", $$"""{"f":{{expected}}}""").Score;
}
