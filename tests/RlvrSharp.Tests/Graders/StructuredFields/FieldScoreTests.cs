using FsCheck;
using FsCheck.Fluent;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class FieldScoreTests
{
    [Theory]
    [InlineData(0, 0, 0, 1, 1, 1)]
    [InlineData(0, 2, 0, 0, 0, 0)]
    [InlineData(0, 0, 2, 0, 0, 0)]
    [InlineData(3, 4, 6, 0.75, 0.5, 0.6)]
    public void Ratios_have_no_holes(double matched, double predicted, double expected, double precision, double recall, double f1)
    {
        var score = new FieldScore(matched, predicted, expected);
        Assert.Equal((precision, recall, f1), (score.Precision, score.Recall, Math.Round(score.F(), 12)));
    }

    [Fact]
    public void F_is_the_weighted_harmonic_mean_where_that_is_defined()
    {
        var score = new FieldScore(3, 4, 6);
        foreach (double beta in new[] { 0.5, 1, 2 })
        {
            double square = beta * beta;
            Assert.Equal((1 + square) * 0.75 * 0.5 / ((square * 0.75) + 0.5), score.F(beta), 12);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_beta_that_weighs_nothing_is_refused(double beta) => Assert.Throws<ArgumentOutOfRangeException>(() => default(FieldScore).F(beta));

    [Fact]
    public void A_guess_pays_exactly_when_its_chance_is_above_F_over_one_plus_beta_squared()
    {
        // Any answer that is partly right, one more element of any weight, any chance p of its being right.
        Prop.ForAll(
            Gen.Choose(1, 1000).Four().Select(n => (n.Item1, n.Item2, n.Item3, n.Item4)).ToArbitrary(),
            Gen.Elements(0.25, 0.5, 1.0, 2.0, 3.0).Zip(Gen.Choose(0, 1000)).ToArbitrary(),
            (counts, guess) =>
            {
                double matched = counts.Item1 / 100.0, predicted = matched + (counts.Item2 / 100.0);
                double weight = counts.Item4 / 300.0, expected = matched + weight + (counts.Item3 / 100.0);
                (double beta, int chance) = guess;
                double p = chance / 1000.0;
                double now = new FieldScore(matched, predicted, expected).F(beta);
                double mean = (p * new FieldScore(matched + weight, predicted + weight, expected).F(beta)) + ((1 - p) * new FieldScore(matched, predicted + weight, expected).F(beta));
                double threshold = now / (1 + (beta * beta));
                return Math.Abs(p - threshold) < 1e-9 || (mean > now) == (p > threshold);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_grader_has_the_same_guess_incentive_inside_a_list()
    {
        const string Reference = """{"a":"x","b":"y","f":["p","q","r","s"]}""";
        foreach (double beta in new[] { 0.5, 1, 2 })
        {
            var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions { Beta = beta });
            double now = grader.Grade("""{"a":"x","b":"no","f":["p"]}""", Reference).Score;
            double right = grader.Grade("""{"a":"x","b":"no","f":["p","q"]}""", Reference).Score;
            double wrong = grader.Grade("""{"a":"x","b":"no","f":["p","z"]}""", Reference).Score;

            // The chance at which a guess neither pays nor costs.
            Assert.Equal(now / (1 + (beta * beta)), (now - wrong) / (right - wrong), 12);
        }
    }
}
