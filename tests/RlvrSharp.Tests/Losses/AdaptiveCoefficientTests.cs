using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class AdaptiveCoefficientTests
{
    [Fact]
    public void The_kl_coefficient_moves_by_a_fifth_of_the_horizons_share_at_most()
    {
        var controller = new AdaptiveKlCoefficient(0.2, target: 0.1, horizon: 1000);
        controller.Update(5, 100);
        Assert.Equal(0.2 * (1 + (0.2 * 100 / 1000)), controller.Coefficient, 12);
        controller.Update(0.105, 100);
        Assert.Equal(0.2 * 1.02 * (1 + (0.05 * 100 / 1000)), controller.Coefficient, 12);
        controller.Update(0, 1000);
        Assert.Equal(0.2 * 1.02 * 1.005 * 0.8, controller.Coefficient, 12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12.8)]
    public void A_horizon_shorter_than_a_step_never_turns_the_kl_coefficient_over(double horizon)
    {
        var controller = new AdaptiveKlCoefficient(0.2, target: 0.1, horizon: horizon);
        controller.Update(0, 64);
        Assert.Equal(0.2 * 0.8, controller.Coefficient, 12);
        controller.Update(9, 64);
        Assert.Equal(0.2 * 0.8 * 1.2, controller.Coefficient, 12);
    }

    [Fact]
    public void The_entropy_coefficient_rises_below_its_target_and_is_not_applied_above()
    {
        var controller = new AdaptiveEntropyCoefficient(initial: 0.01, target: 0.2, change: 0.005, max: 0.018);
        Assert.Equal(0.01, controller.Applied);
        controller.Update(0.2);
        Assert.Equal(0.015, controller.Applied, 12);
        controller.Update(0.1);
        Assert.Equal(0.018, controller.Applied, 12);
        controller.Update(0.3);
        Assert.Equal(0.013, controller.Coefficient, 12);
        Assert.Equal(0, controller.Applied);
    }
}
