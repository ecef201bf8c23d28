using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class TokenObjectiveTests
{
    [Fact]
    public void A_loss_in_one_line_gives_the_numbers_of_the_librarys_own()
    {
        double[] logProbs = [-0.5, -1, -2, double.NaN], old = [-0.6, -1, -1.5, double.NaN], advantages = [1, 2, -1, double.NaN], weights = [0.5, 0.25, 0.25, 0], scales = [1, 0.5, 2, 1];
        var tokens = new PolicyTokens<double> { LogProbs = logProbs, OldLogProbs = old, Advantages = advantages, Weights = weights, Scales = scales };
        double[] own = new double[4], library = new double[4];

        LossTerms mine = new TokenObjective((logProb, oldLogProb, advantage) => (-Math.Exp(logProb - oldLogProb) * advantage, -Math.Exp(logProb - oldLogProb) * advantage)).Add(tokens, own.AsSpan());
        LossTerms theirs = PolicyLosses.ClippedSurrogate(tokens, new ClippedSurrogateOptions { ClipLow = 1, ClipHigh = double.PositiveInfinity }, library);

        Assert.Equal(library, own, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(theirs.Loss, mine.Loss, 1e-12);
        Assert.Equal(theirs.RatioSum, mine.RatioSum, 1e-12);
        Assert.Equal(theirs.ApproxKlSum, mine.ApproxKlSum, 1e-12);
        Assert.Equal(theirs.MaxRatioDeviation, mine.MaxRatioDeviation, 1e-12);
        Assert.Equal(3, mine.TokenCount);
    }
}
