using System.Numerics;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class ClippedSurrogateTests
{
    [Theory]
    [InlineData(0.5, 1, 0.2, 0.2, null, -1.2)]
    [InlineData(0.5, -1, 0.2, 0.2, null, 1.648721)]
    [InlineData(0.5, 1, 0.2, 0.28, null, -1.28)]
    [InlineData(-0.5, 1, 0.2, 0.2, null, -0.606531)]
    [InlineData(-0.5, -1, 0.2, 0.2, null, 0.8)]
    [InlineData(2, -1, 0.2, 0.2, null, 7.389056)]
    [InlineData(2, -1, 0.2, 0.2, 3.0, 3)]
    public void Losses_match_numbers_worked_by_hand(double logRatio, double advantage, double low, double high, double? dualClip, double expected)
    {
        var options = new ClippedSurrogateOptions { ClipLow = low, ClipHigh = high, DualClip = dualClip };
        LossTerms terms = PolicyLosses.ClippedSurrogate(Tokens<double>([logRatio - 1], [-1], [advantage], [1]), options, new double[1]);
        Assert.Equal(expected, terms.Loss, 6);
    }

    [Fact]
    public void Equal_log_probabilities_give_ratio_one_and_kl_zero_to_the_bit()
    {
        for (int length = 0; length <= 40; length++)
        {
            float[] logProbs = [.. Enumerable.Range(0, length).Select(i => -0.37f * i)];
            float[] ones = [.. Enumerable.Repeat(1f, length)];
            LossTerms terms = PolicyLosses.ClippedSurrogate(Tokens<float>(logProbs, logProbs, ones, ones), new ClippedSurrogateOptions(), new float[length]);
            Assert.Equal(length, terms.RatioSum);
            Assert.Equal(0, terms.ApproxKlSum);
            Assert.Equal(0, terms.MaxRatioDeviation);
            Assert.Equal(-length, terms.Loss);
            Assert.Equal(0, KlPenalty.Add(Tokens<float>(logProbs, logProbs, ones, ones), logProbs, new KlOptions(), default).ReferenceKlSum);
        }
    }

    [Fact]
    public void There_is_no_gradient_where_the_clip_is_active()
    {
        var gradient = new double[4];
        double[] logRatios = [0.5, -0.5, 0.5, -0.5];
        LossTerms terms = PolicyLosses.ClippedSurrogate(Tokens<double>(logRatios, new double[4], [1, -1, -1, 1], [1, 1, 1, 1]), new ClippedSurrogateOptions(), gradient);
        Assert.Equal([0, 0, Math.Exp(0.5), -Math.Exp(-0.5)], gradient, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(1, terms.ClippedHighCount);
        Assert.Equal(1, terms.ClippedLowCount);
    }

    [Fact]
    public void Tokens_without_weight_are_out_whatever_stands_there()
    {
        var gradient = new float[3];
        LossTerms terms = PolicyLosses.ClippedSurrogate(
            Tokens<float>([float.NaN, -1, float.NegativeInfinity], [float.NaN, -1, 0], [float.NaN, 2, float.PositiveInfinity], [0, 0.5f, 0]),
            new ClippedSurrogateOptions { DualClip = 3 }, gradient);
        Assert.Equal([0, -1, 0], gradient);
        Assert.Equal(-1, terms.Loss);
        Assert.Equal(1, terms.TokenCount);
    }

    internal static PolicyTokens<T> Tokens<T>(ReadOnlySpan<T> logProbs, ReadOnlySpan<T> oldLogProbs, ReadOnlySpan<T> advantages, ReadOnlySpan<T> weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        new() { LogProbs = logProbs, OldLogProbs = oldLogProbs, Advantages = advantages, Weights = weights };
}
