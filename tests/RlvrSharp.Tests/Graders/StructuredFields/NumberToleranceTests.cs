using System.Globalization;
using System.Numerics;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

/// <summary>Tolerances on numbers far beyond what decimal and double hold.</summary>
public sealed class NumberToleranceTests
{
    [Theory]
    [InlineData("6.626e-34", "6.626e-34", 1)]
    [InlineData("6.626e-34", "6.63e-34", 1)]
    [InlineData("6.626e-34", "9.1e-31", 0)]
    [InlineData("6.626e-34", "0", 0)]
    [InlineData("6.626e-34", "-6.626e-34", 0)]
    [InlineData("0", "1e-40", 0)]
    [InlineData("0", "0e-40", 1)]
    [InlineData("1e400", "1.001e400", 1)]
    [InlineData("1e400", "1.02e400", 0)]
    [InlineData("1e999999999", "1.001e999999999", 1)]
    [InlineData("1e999999999", "1", 0)]
    [InlineData("1e-999999999", "1.001e-999999999", 1)]
    [InlineData("1e-999999999", "0", 0)]
    [InlineData("100", "99", 1)]
    [InlineData("100", "98.9999999999999999999999999999999999999999", 0)]
    [InlineData("1e30", "0.99e30", 1)]
    [InlineData("1e30", "989999999999999999999999999999.99999999", 0)]
    public void A_share_is_a_share_at_any_size(string expected, string actual, double score) => Check(FieldComparer.Number(relative: 0.01), expected, actual, score);

    [Theory]
    [InlineData(1e-40, "1e-33", "2e-33", 0)]
    [InlineData(1e-40, "1e-33", "1.0000001e-33", 1)]
    [InlineData(1e-40, "1e-33", "1.00000011e-33", 0)]
    [InlineData(1e-40, "0", "1e-33", 0)]
    [InlineData(1e-300, "0", "1e-999999999", 1)]
    [InlineData(5, "5", "1e-300", 1)]
    [InlineData(5, "5", "-1e-300", 0)]
    [InlineData(1e300, "1e300", "2e300", 1)]
    [InlineData(1e300, "1e300", "2.1e300", 0)]
    [InlineData(1e300, "1e999999999", "0", 0)]
    [InlineData(0.1, "1e25", "10000000000000000000000000.1", 1)]
    [InlineData(0.1, "1e25", "10000000000000000000000000.10001", 0)]
    public void A_distance_is_a_distance_at_any_size(double tolerance, string expected, string actual, double score) =>
        Check(FieldComparer.Number(tolerance: tolerance), expected, actual, score);

    [Fact]
    public void Without_a_tolerance_only_the_value_counts()
    {
        Check(FieldComparer.Number(), "1e-33", "2e-33", 0);
        Check(FieldComparer.Number(), "1e-33", "0", 0);
        Check(FieldComparer.Number(), "1e-33", "10e-34", 1);
        Check(FieldComparer.Money(tolerance: 0.01), "1e-33", "0", 1);
        Check(FieldComparer.Money(), "1e-33", "0", 0);
        Check(FieldComparer.Money(tolerance: 1e-40), "1e-33", "2e-33", 0);
    }

    [Fact]
    public void Very_many_digits_are_quick_and_never_rewarded_by_cutting_them()
    {
        string third = "0." + new string('3', 200_000);
        Check(FieldComparer.Number(tolerance: 0.01), "0.33", third, 1);
        Check(FieldComparer.Number(tolerance: 0.001), "0.33", third, 0);

        // Equal in every digit that is looked at: near by a share, but not by half a unit of the last place.
        string a = "1" + new string('0', 600) + "1", b = "1" + new string('0', 600) + "2";
        Check(FieldComparer.Number(relative: 1e-6), a, b, 1);
        Check(FieldComparer.Number(tolerance: 0.5), a, b, 0);
        Check(FieldComparer.Number(tolerance: 0.5), a, a + ".0", 1);
    }

    [Fact]
    public void Many_numbers_agree_with_whole_number_arithmetic()
    {
        var random = new KeyedRandom(KeyedRandom.Key(17));
        (double Value, BigInteger Scaled)[] shares = [(0, 0), (1e-12, BigInteger.Pow(10, 88)), (0.01, BigInteger.Pow(10, 98)), (0.3, 3 * BigInteger.Pow(10, 99))];
        int near = 0;
        for (int trial = 0; trial < 4000; trial++)
        {
            BigInteger digits = random.NextInt32(1_000_000);
            BigInteger other = trial % 3 == 0 ? random.NextInt32(1_000_000) : digits + random.NextInt32(30_000) - 15_000;
            int exponent = random.NextInt32(80) - 40, otherExponent = trial % 5 == 0 ? random.NextInt32(80) - 40 : exponent;
            (double share, BigInteger scaledShare) = shares[random.NextInt32(shares.Length)];
            int power = random.NextInt32(40) - 30;
            bool isAbsolute = trial % 2 == 0;
            double tolerance = isAbsolute ? double.Parse($"1e{power}", CultureInfo.InvariantCulture) : 0;

            // Everything in units of 10^-100, the relative check in 10^-200.
            BigInteger unit = BigInteger.Pow(10, 100);
            BigInteger left = digits * BigInteger.Pow(10, 100 + exponent), right = other * BigInteger.Pow(10, 100 + otherExponent);
            BigInteger distance = BigInteger.Abs(left - right);
            bool expected = (isAbsolute && distance <= BigInteger.Pow(10, 100 + power))
                || distance * unit <= scaledShare * BigInteger.Max(BigInteger.Abs(left), BigInteger.Abs(right));
            near += expected ? 1 : 0;
            string a = $"{digits}e{exponent}", b = $"{other}e{otherExponent}";
            Assert.True(expected == NumberFieldComparer.AreNear(a, b, tolerance, share), $"{a} {b} within {tolerance} or {share}: not {expected}");
        }

        Assert.InRange(near, 400, 3600);
    }

    private static void Check(FieldComparer comparer, string expected, string actual, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", comparer));
        Grade grade = grader.Grade($$"""{"a":{{actual}}}""", $$"""{"a":{{expected}}}""");
        Assert.Equal(GradeStatus.Graded, grade.Status);
        Assert.Equal((actual, score), (actual, grade.Fields[0].Matched));
    }
}
