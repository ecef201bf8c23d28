using System.Numerics;
using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

/// <summary>Tokens near ratio 1 take a shorter way through the losses; it must not show.</summary>
public class TokenLossLoopTests
{
    private static readonly PolicyObjective[] Objectives =
    [
        new ClippedSurrogateOptions(),
        new ClippedSurrogateOptions { ClipHigh = 0.28, DualClip = 1.05, MaxRatio = 1.15 },
        new CispoOptions { Bounds = CispoBounds.TwoSided, ClipLow = 0.1, ClipHigh = 0.1 },
        new SapoOptions(),
        new DroOptions(),
        new ReinforceOptions(),
        new TrustRegionOptions { MaxFall = 0.05, MaxRise = 0.05 },
    ];

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.8)]
    [InlineData(60)]
    public void The_short_way_and_the_long_way_give_each_token_the_same_bits(double spread)
    {
        foreach (PolicyObjective objective in Objectives)
        {
            Compare<float>(objective, spread);
            Compare<double>(objective, spread);
        }
    }

    [Fact]
    public void A_token_that_is_not_a_number_is_never_hidden_and_one_that_does_not_count_never_shows()
    {
        foreach (int place in (int[])[0, 5, 63, 64, 127, 130])
        {
            var loss = new ClippedSurrogateOptions();
            (float[] now, float[] old, float[] advantages, float[] weights) = Rows<float>(131, 0.2);
            now[place] = float.NaN;
            float[] gradient = new float[131];
            Assert.True(double.IsNaN(loss.Add(Tokens(now, old, advantages, weights), gradient.AsSpan()).Loss));
            Assert.True(float.IsNaN(gradient[place]));
            Assert.Equal(1, gradient.Count(float.IsNaN));

            weights[place] = 0;
            Array.Clear(gradient);
            LossTerms terms = loss.Add(Tokens(now, old, advantages, weights), gradient.AsSpan());
            Assert.True(double.IsFinite(terms.Loss + terms.RatioSum + terms.ApproxKlSum + terms.MaxRatioDeviation));
            Assert.Equal(130, terms.TokenCount);
            Assert.DoesNotContain(gradient, float.IsNaN);
        }
    }

    [Fact]
    public void Beyond_the_clamp_of_the_log_ratio_there_is_no_slope()
    {
        float[] now = [.. Enumerable.Repeat(-1f, 8)], old = [.. Enumerable.Repeat(-1f, 8)], one = [.. Enumerable.Repeat(1f, 8)], gradient = new float[8];
        (now[2], old[2]) = (-30, -1);
        (now[5], old[5]) = (-1, -30);
        LossTerms terms = new ClippedSurrogateOptions { ClipLow = 1, ClipHigh = double.PositiveInfinity }.Add(Tokens(now, old, one, one), gradient.AsSpan());

        Assert.Equal([-1, -1, 0, -1, -1, 0, -1, -1], gradient);
        Assert.Equal(0, terms.LogRatioSum, 1e-6);
        Assert.Equal(Math.Exp(20) - 1, terms.MaxRatioDeviation, Math.Exp(20) * 1e-6);
    }

    private static void Compare<T>(PolicyObjective objective, double spread)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (T[] now, T[] old, T[] advantages, T[] weights) = Rows<T>(1003, spread);
        T[] ones = [.. Enumerable.Repeat(T.One, 1003)], near = new T[1003], general = new T[1003];
        LossTerms a = objective.Add(Tokens(now, old, advantages, weights), near.AsSpan());
        LossTerms b = objective.Add(
            new PolicyTokens<T> { LogProbs = now, OldLogProbs = old, Advantages = advantages, Weights = weights, Scales = ones }, general.AsSpan());

        Assert.Equal(general, near);
        double tolerance = (typeof(T) == typeof(float) ? 1e-5 : 1e-12) * Math.Max(1, b.RatioSum);
        Assert.Equal(b.Loss, a.Loss, tolerance);
        Assert.Equal(b.RatioSum, a.RatioSum, tolerance);
        Assert.Equal(b.ApproxKlSum, a.ApproxKlSum, tolerance);
        Assert.Equal(b.MaxRatioDeviation, a.MaxRatioDeviation);
        Assert.Equal((b.TokenCount, b.ClippedLowCount, b.ClippedHighCount, b.DualClippedCount), (a.TokenCount, a.ClippedLowCount, a.ClippedHighCount, a.DualClippedCount));
    }

    private static PolicyTokens<T> Tokens<T>(T[] now, T[] old, T[] advantages, T[] weights)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new() { LogProbs = now, OldLogProbs = old, Advantages = advantages, Weights = weights };

    private static (T[] Now, T[] Old, T[] Advantages, T[] Weights) Rows<T>(int length, double spread)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(length);
        T[] old = Fill(() => -0.1 - (3 * random.NextDouble()));
        T[] now = [.. old.Select(value => value + T.CreateTruncating(spread * (random.NextDouble() - 0.5)))];
        return (now, old, Fill(() => (2 * random.NextDouble()) - 1), Fill(() => 1.0 / length));

        T[] Fill(Func<double> next) => [.. Enumerable.Range(0, length).Select(_ => T.CreateTruncating(next()))];
    }
}
