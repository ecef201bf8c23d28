using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class PolicyLossOptionsTests
{
    [Fact]
    public void A_whole_loss_is_the_sum_of_its_terms()
    {
        PolicyLossOptions options = new()
        {
            Kl = new() { Coefficient = 0.1 }, EntropyCoefficient = 0.01, Value = new() { Coefficient = 0.5 },
            OffPolicy = new() { Level = OffPolicyLevel.Token, MaxWeight = 1.5 },
        };
        TrainingSequence sequence = Sequence(sampler: [-1.5f, -2]);
        float[] values = [0.3f, 0.9f], gradient = new float[2], entropyGradient = new float[2], valueGradient = new float[2];
        LossTerms terms = options.Build()(
            sequence,
            new() { LogProbs = new float[] { -1.1f, -2.2f }, Entropies = new float[] { 0.5f, 0.7f }, Values = values },
            new() { LogProbs = gradient, Entropies = entropyGradient, Values = valueGradient });

        // Weights ½; advantages 1 and −1; importance weights exp(0.5) cut at 1.5, and exp(0) = 1.
        double policy = 0.5 * ((-Math.Exp(-0.1) * 1.5) + Math.Max(Math.Exp(-0.2), 0.8));
        double kl = 0.1 * 0.5 * (K3(0.1) + K3(-0.2));
        double value = 0.5 * 0.5 * 0.5 * (Math.Pow(0.3 - 1, 2) + Math.Pow(0.9 - 1, 2));
        Assert.Equal(policy, terms.PolicyLoss, 1e-6);
        Assert.Equal(kl, terms.KlLoss, 1e-6);
        Assert.Equal(value, terms.ValueLoss, 1e-6);
        Assert.Equal(policy + kl + value - (0.01 * 0.5 * 1.2), terms.Loss, 1e-6);
        Assert.Equal(2, terms.TokenCount);
        Assert.Equal(1.2, terms.EntropySum, 1e-6);
        Assert.All(entropyGradient, slope => Assert.Equal(-0.005f, slope, 1e-7f));
        Assert.Equal(0.5f * 0.5f * (0.3f - 1), valueGradient[0], 1e-6f);

        // x is log π − log π_ref, so that k3 = exp(−x) − 1 + x.
        static double K3(double x) => Math.Exp(-x) - 1 + x;
    }

    [Fact]
    public void Kl_is_measured_even_where_it_costs_nothing()
    {
        var gradient = new float[2];
        LossTerms terms = new PolicyLossOptions().Build()(
            Sequence(), new() { LogProbs = new float[] { -1.1f, -2.2f }, Entropies = default }, new() { LogProbs = gradient, Entropies = default });
        Assert.True(terms.ReferenceKlSum > 0);
        Assert.Equal(0, terms.KlLoss);
    }

    [Fact]
    public void Bypass_takes_the_ratio_to_the_sampler()
    {
        PolicyLossOptions options = new() { Objective = new ClippedSurrogateOptions { ClipHigh = 10, ClipLow = 1 }, OffPolicy = new() { UseSamplerAsOld = true } };
        LossTerms terms = options.Build()(
            Sequence(sampler: [-2, -3]), new() { LogProbs = new float[] { -1, -2 }, Entropies = default }, new() { LogProbs = new float[2], Entropies = default });
        Assert.Equal(2 * Math.E, terms.RatioSum, 1e-5);
    }

    [Fact]
    public void A_kl_term_without_reference_is_refused()
    {
        PolicyLoss loss = new PolicyLossOptions { Kl = new() { Coefficient = 0.1 } }.Build();
        TrainingSequence sequence = new() { PromptTokens = new[] { 1 }, Tokens = new[] { 2 }, Advantages = new[] { 1f }, OldLogProbs = new[] { -1f }, Weights = new[] { 1f } };
        Assert.Contains("no reference", Assert.Throws<PolicyException>(() => loss(sequence, new() { LogProbs = new[] { -1f }, Entropies = default }, new() { LogProbs = new float[1], Entropies = default })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_loss_without_value_head_is_refused()
    {
        PolicyLoss loss = new PolicyLossOptions { Value = new() }.Build();
        Assert.Contains("no value head", Assert.Throws<PolicyException>(() =>
            loss(Sequence(), new() { LogProbs = new[] { -1f, -2f }, Entropies = default }, new() { LogProbs = new float[2], Entropies = default })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_that_makes_no_sense_is_named()
    {
        PolicyLossOptions options = new()
        {
            Objective = new ClippedSurrogateOptions { ClipLow = 1.5, ClipHigh = -0.1, DualClip = 0.5, MaxRatio = 0.9, MinLogRatio = 3, RatioLevel = RatioLevel.Sequence },
            Kl = new() { Coefficient = -1 }, EntropyCoefficient = double.NaN, Value = new() { Clip = 0, Coefficient = -1 },
            OffPolicy = new() { MinWeight = 3, MaxWeight = 2, MaxLogRatio = 0, Rejections = [new() { Lower = 2, Upper = 1 }] },
        };
        string message = Assert.Throws<ArgumentException>(() => options.Build()).Message;
        foreach (string part in new[] { "ClipLow is 1.5", "ClipHigh is -0.1", "DualClip is 0.5", "MaxRatio is 0.9", "[3, 20]", "DualClip is set with RatioLevel", "Kl.Coefficient is -1", "EntropyCoefficient is NaN", "Clip of the value loss is 0", "[3, 2]", "MaxLogRatio is 0", "[2, 1]" })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_users_own_objective_is_one_class()
    {
        LossTerms terms = new PolicyLossOptions { Objective = new HalfReinforce() }.Build()(
            Sequence(), new() { LogProbs = new float[] { -1, -2 }, Entropies = default }, new() { LogProbs = new float[2], Entropies = default });
        Assert.Equal(0.5 * 0.5 * (1 - 2), terms.PolicyLoss, 1e-6);
    }

    private static TrainingSequence Sequence(float[]? sampler = null) => new()
    {
        PromptTokens = new[] { 1 }, Tokens = new[] { 2, 3 }, Advantages = new float[] { 1, -1 }, OldLogProbs = new float[] { -1, -2 }, ReferenceLogProbs = new float[] { -1.2f, -2 },
        Weights = new float[] { 0.5f, 0.5f }, OldValues = new float[] { 0.3f, 0.9f }, Returns = new float[] { 1, 1 }, SamplerLogProbs = sampler,
    };

    private sealed record HalfReinforce : PolicyObjective
    {
        public override string Name => "half";

        public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient)
        {
            LossTerms terms = PolicyLosses.Reinforce(tokens, gradient);
            foreach (ref T slope in gradient)
            {
                slope *= T.CreateTruncating(0.5);
            }

            return terms with { Loss = terms.Loss / 2, PolicyLoss = terms.PolicyLoss / 2 };
        }
    }
}
