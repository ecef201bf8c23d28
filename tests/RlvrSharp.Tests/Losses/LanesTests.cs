using System.Runtime.Intrinsics;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class LanesTests
{
    [Fact]
    public void Exp_of_zero_is_one_to_the_bit()
    {
        Assert.Equal(Vector256<float>.One, Lanes.Exp(Vector256<float>.Zero));
        Assert.Equal(Vector256<double>.One, Lanes.Exp(Vector256<double>.Zero));
        Assert.Equal(Vector256<float>.One, Lanes.Exp(-Vector256<float>.Zero));
    }

    [Fact]
    public void Exp_is_exact_to_two_units_in_the_last_place()
    {
        var random = new Random(1);
        for (int i = 0; i < 20000; i++)
        {
            double x = (random.NextDouble() - 0.5) * (i % 2 == 0 ? 2 : 170);
            double expected = Math.Exp(x);
            Assert.InRange(Lanes.Exp(Vector256.Create(x))[0], expected * (1 - 5e-16), expected * (1 + 5e-16));
            float single = (float)x;
            double expectedSingle = Math.Exp(single);
            Assert.InRange(Lanes.Exp(Vector256.Create(single))[0], expectedSingle * (1 - 2.4e-7), expectedSingle * (1 + 2.4e-7));
        }
    }

    [Theory]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(1000, double.PositiveInfinity)]
    [InlineData(-1000, 0)]
    [InlineData(double.NaN, double.NaN)]
    public void Exp_keeps_the_limits(double x, double expected)
    {
        Assert.Equal(expected, Lanes.Exp(Vector256.Create(x))[0]);
        Assert.Equal((float)expected, Lanes.Exp(Vector256.Create((float)x))[0]);
    }

    [Fact]
    public void Exp_excess_is_exact_near_zero()
    {
        foreach (double x in new[] { 0, 1e-8, -1e-8, 1e-3, -1e-3, 0.015, 0.016, 0.2, -0.249, 0.251, -3, 4 })
        {
            double expected = Math.Abs(x) > 1 ? Math.Exp(x) - 1 - x : Series(x);
            Lanes.Exp(Vector256.Create(x), out Vector256<double> excess);
            Assert.Equal(expected, excess[0], Math.Abs(expected) * 1e-14);
            Lanes.Exp(Vector256.Create((float)x), out Vector256<float> single);
            double expectedSingle = Math.Abs(x) > 1 ? Math.Exp((float)x) - 1 - (float)x : Series((float)x);
            Assert.Equal(expectedSingle, single[0], Math.Abs(expectedSingle) * 5e-6);
        }

        static double Series(double x)
        {
            double term = x, sum = 0;
            for (int k = 2; k < 25; k++)
            {
                term *= x / k;
                sum += term;
            }

            return sum;
        }
    }

    [Fact]
    public void Tails_load_padded_and_store_what_is_there()
    {
        float[] values = [.. Enumerable.Range(1, 11).Select(i => (float)i)];
        Assert.Equal(Vector256.Create(9f, 10, 11, 0, 0, 0, 0, 0), Lanes.Load<float>(values, 8));
        Lanes.AddTo(values.AsSpan(), 8, Vector256.Create(1f));
        Assert.Equal([8f, 10, 11, 12], values[7..]);
    }
}
