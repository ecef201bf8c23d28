using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class OffPolicyTests
{
    private static readonly double[] Sampler = [-1, -1, -1, -1];
    private static readonly double[] Old = [-1, -0.5, -2, 0];
    private static readonly double[] Mask = [1, 1, 1, 0];

    [Fact]
    public void Truncated_importance_sampling_keeps_the_raw_numbers_for_the_report()
    {
        var scales = new double[4];
        OffPolicyTerms terms = OffPolicy.Scales<double>(Old, Sampler, Mask, new() { MaxWeight = 1.2, MinWeight = 0.5 }, scales);
        Assert.Equal([1, 1.2, 0.5, 1], scales);
        Assert.Equal(1 + Math.Exp(0.5) + Math.Exp(-1), terms.RatioSum, 1e-12);
        Assert.Equal(2.7, terms.WeightSum, 1e-12);
        Assert.Equal(-0.5, terms.LogRatioSum, 1e-12);
        Assert.Equal(1, terms.TruncatedHighCount);
        Assert.Equal(1, terms.TruncatedLowCount);
        Assert.Equal(Math.Exp(0.5), terms.MaxRatio, 1e-12);
        Assert.Equal(2.7 * 2.7 / (3 * (1 + 1.44 + 0.25)), terms.EffectiveSampleShare, 1e-12);
    }

    [Fact]
    public void Rules_drop_tokens_or_whole_sequences()
    {
        var scales = new double[4];
        OffPolicyTerms terms = OffPolicy.Scales<double>(Old, Sampler, Mask, new() { MaxWeight = 9, Rejections = [new() { Lower = 0.5, Upper = 5 }] }, scales);
        Assert.Equal([1, Math.Exp(0.5), 0, 1], scales, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal((1, 1, 0, 1), (terms.RejectedCount, terms.RejectedLowCount, terms.RejectedHighCount, terms.RejectedSequenceCount));

        // The geometric mean is exp(−1/6): outside of a narrow range.
        RejectionRule geometric = new() { Level = RejectionLevel.SequenceMean, Lower = 0.99, Upper = 1.01 };
        OffPolicy.Scales<double>(Old, Sampler, Mask, new() { Rejections = [geometric] }, scales);
        Assert.Equal([0, 0, 0, 1], scales);
        OffPolicy.Scales<double>(Old, Sampler, Mask, new() { Rejections = [geometric with { Lower = 0.8 }] }, scales);
        Assert.True(scales[0] > 0);

        // One outlier takes the sequence with it.
        OffPolicy.Scales<double>(Old, Sampler, Mask, new() { Rejections = [new() { Level = RejectionLevel.EveryToken, Lower = 0.4, Upper = 100 }] }, scales);
        Assert.Equal([0, 0, 0, 1], scales);
    }

    [Fact]
    public void A_rule_may_spare_tokens_that_come_back()
    {
        var scales = new double[4];
        RejectionRule rule = new() { Statistic = RejectionStatistic.TotalVariation, Level = RejectionLevel.SequenceMean, Upper = 0.1, OnlyWhereGrowing = true };
        OffPolicy.Scales<double>(Old, Sampler, Mask, new() { MaxWeight = 9, Rejections = [rule] }, scales, advantages: [1, -1, -1, 1]);
        Assert.Equal([1, Math.Exp(0.5), 0, 1], scales, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Throws<ArgumentException>(() => OffPolicy.Scales<double>(Old, Sampler, Mask, new() { Rejections = [rule] }, scales));
    }

    [Fact]
    public void The_sequence_mask_drops_only_what_is_unwanted_and_far()
    {
        double[] scales = [1, 1, 1, 1];
        Assert.Equal(1.0 / 6, OffPolicy.MaskNegativeSequence<double>(Old, Sampler, [1, -1, 0, -1], Mask, 0.1, scales), 1e-12);
        Assert.Equal([1, 0, 1, 0], scales);
        OffPolicy.MaskNegativeSequence<double>(Old, Sampler, [-1, -1, -1, -1], Mask, 0.2, scales);
        Assert.Equal([1, 0, 1, 0], scales);
    }

    [Fact]
    public void Equal_policies_are_left_alone_to_the_bit()
    {
        foreach (OffPolicyLevel level in Enum.GetValues<OffPolicyLevel>())
        {
            float[] logProbs = [-0.3f, -2.7f, -11], scales = new float[3];
            OffPolicyTerms terms = OffPolicy.Scales<float>(logProbs, logProbs, new float[] { 1, 1, 1 }, new() { Level = level, Rejections = [new() { Lower = 0.999, Upper = 1.001 }] }, scales);
            Assert.Equal([1f, 1, 1], scales);
            Assert.Equal(0, terms.K3Sum);
            Assert.Equal(1, terms.EffectiveSampleShare);
        }
    }

    [Fact]
    public void Terms_of_sequences_add_up()
    {
        var scales = new double[4];
        OffPolicyTerms one = OffPolicy.Scales<double>(Old, Sampler, Mask, new(), scales);
        OffPolicyTerms none = OffPolicy.Scales<double>(Old, Sampler, new double[4], new(), scales);
        OffPolicyTerms sum = OffPolicyTerms.Empty + one + none;
        Assert.Equal(one with { SequenceRatioSquareSum = sum.SequenceRatioSquareSum }, sum);
        Assert.Equal(0, OffPolicyTerms.Empty.EffectiveSampleShare);
    }

    [Fact]
    public void Batch_normalisation_makes_the_mean_one()
    {
        double[] scales = [0.5, 1.5, 4];
        OffPolicy.Normalize<double>(scales, 2);
        Assert.Equal([0.25, 0.75, 2], scales);
        OffPolicy.Normalize<double>(scales, 0);
        Assert.Equal([0.25, 0.75, 2], scales);
    }
}
