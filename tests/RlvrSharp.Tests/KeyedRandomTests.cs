namespace RlvrSharp.Tests;

public class KeyedRandomTests
{
    [Fact]
    public void Keys_differ_by_order_and_count_of_parts()
    {
        ulong[] keys =
        [
            KeyedRandom.Key(1, 2), KeyedRandom.Key(2, 1), KeyedRandom.Key(1), KeyedRandom.Key(1, 2, 0), KeyedRandom.Key(), KeyedRandom.Key(0), KeyedRandom.Key(0, 0),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void The_stream_is_the_published_SplitMix64()
    {
        // Reference outputs of SplitMix64 for seed 1234567 (Vigna's splitmix64.c, also used as test vectors by other libraries).
        var random = new KeyedRandom(1234567);

        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL], [random.NextUInt64(), random.NextUInt64(), random.NextUInt64()]);
    }

    [Fact]
    public void Uniform_and_normal_draws_have_their_moments()
    {
        var random = new KeyedRandom(KeyedRandom.Key(7));
        double sum = 0, square = 0, normal = 0, normalSquare = 0;
        const int n = 200_000;
        for (int i = 0; i < n; i++)
        {
            double u = random.NextDouble();
            double g = random.NextGaussian();
            Assert.InRange(u, 0, 1 - double.Epsilon);
            sum += u;
            square += u * u;
            normal += g;
            normalSquare += g * g;
        }

        Assert.Equal(0.5, sum / n, 0.004);
        Assert.Equal(1.0 / 3, square / n, 0.004);
        Assert.Equal(0, normal / n, 0.01);
        Assert.Equal(1, normalSquare / n, 0.02);
    }

    [Fact]
    public void Shuffle_reaches_every_order_about_equally_often()
    {
        var counts = new Dictionary<string, int>();
        for (ulong i = 0; i < 6000; i++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(i));
            char[] letters = ['a', 'b', 'c'];
            random.Shuffle<char>(letters);
            counts[new string(letters)] = counts.GetValueOrDefault(new string(letters)) + 1;
        }

        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }
}
