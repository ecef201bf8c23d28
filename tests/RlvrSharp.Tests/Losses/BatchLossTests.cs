using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class BatchLossTests
{
    private static readonly double[] LogProbs = [-0.1, -2, -0.5, -3, -1];
    private static readonly double[] Old = [-0.3, -1.8, -0.6, -2.9, -1];
    private static readonly double[] Advantages = [2, -1, 0.5, 1, 9];
    private static readonly double[] Weights = [0.25, 0.25, 0.25, 0.25, 0];

    private static PolicyTokens<double> Tokens => ClippedSurrogateTests.Tokens<double>(LogProbs, Old, Advantages, Weights);

    [Fact]
    public void Kl_cov_holds_the_token_with_the_largest_covariance()
    {
        double[] gradient = new double[5], plain = new double[5];
        LossTerms terms = PolicyLosses.KlCovariance(Tokens, new() { Share = 0.3, Coefficient = 2 }, gradient);
        LossTerms unclipped = PolicyLosses.ClippedSurrogate(Tokens, new() { ClipLow = 1, ClipHigh = double.PositiveInfinity }, plain);

        // (A − 0.625)(log π + 1.4): the first token has 1.79, the second 0.975.
        Assert.Equal(2 * 0.25 * 0.2, terms.KlLoss, 1e-12);
        Assert.Equal(unclipped.Loss + terms.KlLoss, terms.Loss, 1e-12);
        Assert.Equal([plain[0] + 0.5, plain[1], plain[2], plain[3], 0], gradient, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Clip_cov_leaves_out_a_token_between_the_bounds()
    {
        double[] gradient = new double[5], dropped = new double[5];
        var random = new KeyedRandom(1);
        ClipCovarianceOptions options = new() { Share = 0.25, Lowest = 0.5, Highest = 1.5, Surrogate = new() { ClipLow = 0.9, ClipHigh = 9 } };
        LossTerms terms = PolicyLosses.ClipCovariance(Tokens, options, ref random, dropped, gradient);
        Assert.Equal([0, 1, 0, 0, 0], dropped);
        Assert.Equal(0, gradient[1]);
        Assert.True(gradient[0] < 0);
        Assert.Equal(4, terms.TokenCount);
        Assert.Empty(options.Validate());
        Assert.Equal(2, (options with { Share = 0, Lowest = 7 }).Validate().Count());
    }

    [Fact]
    public void The_top_share_of_entropy_is_kept()
    {
        var keep = new double[6];
        EntropyMask.TopShare<double>([0.1, 0.9, 0.5, 9, 0.7, 0.3], [1, 1, 1, 0, 1, 1], 0.4, keep);
        Assert.Equal([0, 1, 0, 0, 1, 0], keep);
        EntropyMask.TopShare<double>([0.1, 0.9], [0, 0], 0.4, keep.AsSpan(0, 2));
        Assert.Equal([0, 0], keep[..2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => EntropyMask.TopShare<double>([0.1], [1], 0, new double[1]));
    }

    [Theory]
    [InlineData(1, 0.2, 0.5, 0.125)]
    [InlineData(0.45, 0, 0.5, 0.045)]
    public void The_value_loss_matches_numbers_worked_by_hand(double value, double old, double target, double expected)
    {
        var gradient = new double[1];
        LossTerms terms = ValueLoss.Add<double>([value], [old], [target], [1], new() { Clip = 0.2 }, gradient);
        Assert.Equal(expected, terms.Loss, 1e-12);
        Assert.Equal(expected > 0.1 ? value - target : 0, gradient[0], 1e-12);
    }

    [Theory]
    [InlineData(KlEstimator.K1, 0.5, 0.5)]
    [InlineData(KlEstimator.K2, 0.5, 0.125)]
    [InlineData(KlEstimator.K3, 0.5, 0.106531)]
    [InlineData(KlEstimator.K1, -0.5, -0.5)]
    [InlineData(KlEstimator.K2, -0.5, 0.125)]
    [InlineData(KlEstimator.K3, -0.5, 0.148721)]
    public void Kl_estimators_match_numbers_worked_by_hand(KlEstimator estimator, double x, double expected)
    {
        var values = new double[1];
        KlPenalty.Estimate<double>([x - 1], [-1], new() { Estimator = estimator }, values);
        Assert.Equal(expected, values[0], 1e-6);
    }
}
