using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class TokenWeightsTests
{
    // Two sequences with token losses [1, 1] and [0, 0, 0, 0].
    [Theory]
    [InlineData(LossAggregation.SequenceMean, 0.5)]
    [InlineData(LossAggregation.TokenMean, 1.0 / 3)]
    [InlineData(LossAggregation.FixedLength, 0.125)]
    [InlineData(LossAggregation.SequenceSum, 1.0)]
    [InlineData(LossAggregation.PromptMean, 1.0 / 3)]
    [InlineData(LossAggregation.Constant, 2.0)]
    public void Aggregations_match_numbers_worked_by_hand(LossAggregation aggregation, double expected)
    {
        double[] losses = [1, 1, 9, 9, 0, 0, 0, 0];
        double[] mask = [1, 1, 0, 0, 1, 1, 1, 1];
        var weights = new double[8];
        TokenWeights.FillRows<double>(new TokenWeightOptions { Aggregation = aggregation, FixedLength = 8 }, mask, 4, weights, promptOfRow: [7, 7]);
        Assert.Equal(expected, losses.Zip(weights, (loss, weight) => loss * weight).Sum(), 12);
    }

    [Theory]
    [InlineData(false, 1.0 / 2)]
    [InlineData(true, 1.0 / 4)]
    public void Empty_sequences_count_only_where_asked(bool count, double expected)
    {
        var options = new TokenWeightOptions { Aggregation = LossAggregation.SequenceMean, CountEmptySequences = count };
        BatchTotals totals = BatchTotals.Count([2, 0]);
        Assert.Equal(expected, TokenWeights.OfSequence(options, totals, 2));
    }

    [Fact]
    public void Totals_of_parts_add_up()
    {
        Assert.Equal(BatchTotals.Count([2, 0, 5], [7]), BatchTotals.Count([2], [7]) + BatchTotals.Count([0, 5]));
    }

    [Fact]
    public void An_empty_batch_has_finite_weights()
    {
        foreach (LossAggregation aggregation in Enum.GetValues<LossAggregation>())
        {
            var options = new TokenWeightOptions { Aggregation = aggregation, FixedLength = 8 };
            Assert.True(double.IsFinite(TokenWeights.OfSequence(options, default, 0)));
        }
    }
}
