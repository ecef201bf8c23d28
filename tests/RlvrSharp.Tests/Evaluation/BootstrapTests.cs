using RlvrSharp.Evaluation;

namespace RlvrSharp.Tests.Evaluation;

public class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_close_to_the_normal_one()
    {
        // 400 Bernoulli values with mean .75: standard error sqrt(.75 × .25 / 400) = .02165, so ±1.96 of them is ±.0424.
        double[] values = Enumerable.Range(0, 400).Select(i => i % 4 == 0 ? 0.0 : 1.0).ToArray();

        Estimate estimate = Bootstrap.Mean(values);

        Assert.Equal(0.75, estimate.Mean, 12);
        Assert.Equal(0.75 - 0.0424, estimate.Low, 0.006);
        Assert.Equal(0.75 + 0.0424, estimate.High, 0.006);
        Assert.Equal(400, estimate.Count);
    }

    [Fact]
    public void About_95_of_100_intervals_hold_the_true_mean()
    {
        int held = 0;
        for (ulong trial = 0; trial < 200; trial++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(99, trial));
            var values = new double[60];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = random.NextGaussian();
            }

            Estimate estimate = Bootstrap.Mean(values, resamples: 500);
            held += estimate.Low <= 0 && estimate.High >= 0 ? 1 : 0;
        }

        Assert.InRange(held, 180, 199);
    }

    [Fact]
    public void Equal_values_have_an_interval_of_no_width_and_no_rows_have_none()
    {
        Assert.Equal(new Estimate(0.5, 0.5, 0.5, 3), Bootstrap.Mean([0.5, 0.5, 0.5]));
        Assert.True(double.IsNaN(Bootstrap.Mean([]).Mean));
    }

    [Fact]
    public void A_paired_difference_sees_what_unpaired_intervals_hide()
    {
        double[] before = Enumerable.Range(0, 50).Select(i => i / 50.0).ToArray();
        double[] after = before.Select(value => value + 0.02).ToArray();

        Estimate difference = Bootstrap.PairedDifference(before, after);

        Assert.Equal(0.02, difference.Mean, 12);
        Assert.True(difference.Low > 0.019);
        Assert.True(Bootstrap.Mean(before).High > Bootstrap.Mean(after).Low);
        Assert.Throws<ArgumentException>(() => Bootstrap.PairedDifference(before, [1]));
    }
}
