using RlvrSharp.Losses;

namespace RlvrSharp.Tests.Losses;

public class PolicyLossPropertyTests
{
    private static readonly PolicyObjective[] TokenLevel =
    [
        new ClippedSurrogateOptions(),
        new ClippedSurrogateOptions { ClipLow = 0.1, ClipHigh = 0.28, DualClip = 3, MaxRatio = 4 },
        new CispoOptions(),
        new CispoOptions { Bounds = CispoBounds.RelativeCap, ClipHigh = 0.3 },
        new CispoOptions { Bounds = CispoBounds.TwoSided, ClipLow = 0.2, ClipHigh = 0.3 },
        new SapoOptions { PositiveTemperature = 0.7 },
        new ReinforceOptions(),
        new DroOptions { Beta = 0.3 },
        new TrustRegionOptions(),
        new TrustRegionOptions { Measure = DivergenceMeasure.BinaryKl, MaxFall = 0.02, MaxRise = 0.03 },
        new TrustRegionOptions { BySign = false, DetachedRatioCap = 1.3 },
    ];

    private static readonly PolicyObjective[] SequenceLevel =
    [
        new ClippedSurrogateOptions { RatioLevel = RatioLevel.Sequence },
        new ClippedSurrogateOptions { RatioLevel = RatioLevel.SequenceProduct, ClipLow = 0.5, ClipHigh = 3 },
        new SapoOptions { RatioLevel = RatioLevel.Sequence },
        new GeometricMeanOptions { ClipLow = 0.3, ClipHigh = 0.2 },
    ];

    /// <summary>Those whose gradient treats a factor as constant: differences of the loss do not show it.</summary>
    private static readonly PolicyObjective[] Detached = [new CispoOptions(), new CispoOptions { Bounds = CispoBounds.RelativeCap }, new TrustRegionOptions { DetachedRatioCap = 20 }, new VespoOptions()];

    public static TheoryData<int> Lengths => [0, 1, 7, 8, 9, 1000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Token_losses_equal_the_scalar_oracle_at_awkward_lengths(int length)
    {
        foreach (PolicyObjective objective in TokenLevel)
        {
            Sample s = new(length, seed: length);
            double expected = Enumerable.Range(0, length).Where(i => s.Weights[i] != 0).Sum(i => s.Weights[i] * s.Scales[i] * PolicyLossOracle.Loss(objective, s.LogProbs[i], s.Old[i], s.Advantages[i]));
            Assert.Equal(expected, objective.Add(s.Tokens, new double[length]).Loss, 1e-10 * Math.Max(1, length));

            float[] f(double[] values) => [.. values.Select(value => (float)value)];
            var single = new PolicyTokens<float> { LogProbs = f(s.LogProbs), OldLogProbs = f(s.Old), Advantages = f(s.Advantages), Weights = f(s.Weights), Scales = f(s.Scales) };
            Assert.Equal(expected, objective.Add(single, new float[length]).Loss, 2e-5 * Math.Max(1, length));
        }
    }

    [Fact]
    public void Gradients_equal_central_differences_away_from_kinks()
    {
        foreach (PolicyObjective objective in TokenLevel.Except(Detached).Where(o => o is not CispoOptions and not TrustRegionOptions { DetachedRatioCap: not null }).Concat(SequenceLevel))
        {
            for (int seed = 0; seed < 20; seed++)
            {
                Sample s = new(13, seed);
                var gradient = new double[13];
                objective.Add(s.Tokens, gradient);
                for (int i = 0; i < 13; i++)
                {
                    double kink = Slope(objective, s, i, 1e-4), difference = Slope(objective, s, i, 1e-5);

                    // A kink between the two points shows as slopes that depend on the step.
                    if (Math.Abs(kink - difference) < 1e-4 * Math.Max(1, Math.Abs(difference)))
                    {
                        Assert.Equal(difference, gradient[i], 1e-5 * Math.Max(1, Math.Abs(difference)));
                    }
                }
            }
        }
    }

    [Fact]
    public void Detached_ratios_give_the_policy_gradient_with_a_constant_factor()
    {
        foreach (PolicyObjective objective in Detached)
        {
            Sample s = new(13, seed: 3);
            var gradient = new double[13];
            LossTerms terms = objective.Add(s.Tokens, gradient);

            // loss = Σ gradient · log π wherever the loss is a constant times the log-probability.
            Assert.Equal(terms.Loss, gradient.Zip(s.LogProbs, (a, b) => a * b).Sum(), 1e-12);
        }
    }

    [Fact]
    public void Kl_gradients_equal_central_differences()
    {
        foreach (KlEstimator estimator in Enum.GetValues<KlEstimator>())
        {
            foreach (RatioLevel level in Enum.GetValues<RatioLevel>().Where(level => level != RatioLevel.SequenceToken))
            {
                KlOptions options = new() { Estimator = estimator, Coefficient = 0.3, RatioLevel = level };
                Sample s = new(11, seed: 5);
                var gradient = new double[11];
                KlPenalty.Add(s.Tokens, s.Reference, options, gradient);
                for (int i = 0; i < 11; i++)
                {
                    double difference = (Moved(1e-6) - Moved(-1e-6)) / 2e-6;
                    Assert.Equal(difference, gradient[i], 1e-7);

                    double Moved(double step)
                    {
                        s.LogProbs[i] += step;
                        double loss = KlPenalty.Add(s.Tokens, s.Reference, options, new double[11]).Loss;
                        s.LogProbs[i] -= step;
                        return loss;
                    }
                }
            }
        }
    }

    [Fact]
    public void The_k2_gradient_stands_behind_other_values()
    {
        Sample s = new(9, seed: 2);
        double[] straight = new double[9], k2 = new double[9];
        LossTerms value = KlPenalty.Add(s.Tokens, s.Reference, new() { Coefficient = 1, UseK2Gradient = true }, straight);
        KlPenalty.Add(s.Tokens, s.Reference, new() { Coefficient = 1, Estimator = KlEstimator.K2 }, k2);
        Assert.Equal(k2, straight);
        Assert.Equal(KlPenalty.Add(s.Tokens, s.Reference, new() { Coefficient = 1 }, new double[9]).Loss, value.Loss);
    }

    [Fact]
    public void A_token_mean_does_not_care_how_the_batch_is_cut()
    {
        const int Length = 12, Count = 9;
        Sample s = new(Length * Count, seed: 8);
        var weights = new double[s.Weights.Length];
        TokenWeights.FillRows<double>(new(), s.Weights, Length, weights);
        ClippedSurrogateOptions options = new();
        double[] whole = new double[weights.Length], rows = new double[weights.Length], pieces = new double[weights.Length];
        double all = Run(weights.Length, whole), perRow = Run(Length, rows), perPiece = Run(5, pieces);
        Assert.Equal(all, perRow, 1e-14);
        Assert.Equal(all, perPiece, 1e-14);
        Assert.Equal(whole, rows);
        Assert.Equal(whole, pieces);

        double Run(int size, double[] gradient)
        {
            LossTerms sum = default;
            for (int start = 0; start < weights.Length; start += size)
            {
                int n = Math.Min(size, weights.Length - start);
                sum += PolicyLosses.ClippedSurrogate(
                    new PolicyTokens<double> { LogProbs = s.LogProbs.AsSpan(start, n), OldLogProbs = s.Old.AsSpan(start, n), Advantages = s.Advantages.AsSpan(start, n), Weights = weights.AsSpan(start, n) },
                    options, gradient.AsSpan(start, n));
            }

            return sum.Loss;
        }
    }

    [Fact]
    public void The_limits_hold_for_every_objective()
    {
        foreach (PolicyObjective objective in TokenLevel.Concat(SequenceLevel).Concat(Detached))
        {
            Sample s = new(17, seed: 1);

            // No weight: nothing at all, even of rubbish.
            double[] rubbish = [.. Enumerable.Repeat(double.NaN, 17)], gradient = new double[17];
            PolicyTokens<double> nothing = new() { LogProbs = rubbish, OldLogProbs = rubbish, Advantages = rubbish, Weights = new double[17] };
            Assert.Equal(default, objective.Add(nothing, gradient));
            Assert.All(gradient, value => Assert.Equal(0, value));

            // No advantage: no policy gradient (DRO still pulls).
            if (objective is not DroOptions)
            {
                PolicyTokens<double> idle = new() { LogProbs = s.LogProbs, OldLogProbs = s.Old, Advantages = new double[17], Weights = s.Weights };
                Assert.Equal(0, objective.Add(idle, gradient).Loss);
                Assert.All(gradient, value => Assert.Equal(0, value));
            }

            // Ratio 1: the gradient of every objective is the plain policy gradient, −weight·A.
            double advantage = 0.8;
            double[] advantages = [.. Enumerable.Repeat(advantage, 17)], even = [.. Enumerable.Repeat(1.0 / 17, 17)];
            PolicyTokens<double> first = new() { LogProbs = s.LogProbs, OldLogProbs = s.LogProbs, Advantages = advantages, Weights = even };
            LossTerms terms = objective.Add(first, gradient);
            double scale = objective is ClippedSurrogateOptions { RatioLevel: RatioLevel.SequenceProduct } ? 17 : 1;
            Assert.All(gradient, value => Assert.Equal(-advantage / 17 * scale, value, 1e-12));
            Assert.Equal(17, terms.RatioSum);
            Assert.Equal(0, terms.ApproxKlSum);
            Assert.Equal(0, terms.MaxRatioDeviation);
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        Sample s = new(100, seed: 4);
        var gradient = new double[100];
        PolicyObjective[] objectives = [.. TokenLevel, .. SequenceLevel, .. Detached];
        KlOptions kl = new() { Coefficient = 1 };
        OffPolicyOptions correction = new() { Rejections = [new() { Upper = 3 }] };
        Run();
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            foreach (PolicyObjective objective in objectives)
            {
                objective.Add(s.Tokens, gradient);
            }

            KlPenalty.Add(s.Tokens, s.Reference, kl, gradient);
            OffPolicy.Scales<double>(s.Old, s.Reference, s.Weights, correction, s.Scales);
        }
    }

    [Theory]
    [InlineData(1, 0.5, -2.626889)]
    [InlineData(-1, 0.5, 2.529512)]
    [InlineData(1, -0.5, -1.611530)]
    [InlineData(-1, -0.5, 1.516795)]
    public void Sapo_matches_numbers_worked_by_hand(double advantage, double logRatio, double expected)
    {
        LossTerms terms = PolicyLosses.Sapo(ClippedSurrogateTests.Tokens<double>([logRatio - 1], [-1], [advantage], [1]), new(), new double[1]);
        Assert.Equal(expected, terms.Loss, 1e-6);
    }

    [Fact]
    public void Sequence_ratios_match_numbers_worked_by_hand()
    {
        PolicyTokens<double> tokens = ClippedSurrogateTests.Tokens<double>([-0.9, -0.7], [-1, -1], [1, 1], [0.5, 0.5]);
        Assert.Equal(-1.221403, PolicyLosses.ClippedSurrogate(tokens, new() { ClipHigh = 1, RatioLevel = RatioLevel.Sequence }, new double[2]).Loss, 1e-6);
        Assert.Equal(-1.491825, PolicyLosses.ClippedSurrogate(tokens, new() { ClipHigh = 1, RatioLevel = RatioLevel.SequenceProduct }, new double[2]).Loss, 1e-6);
        PolicyTokens<double> half = ClippedSurrogateTests.Tokens<double>([-0.5], [-1], [1], [1]);
        Assert.Equal(0.388227, PolicyLosses.VespoPhi(half, new(), 1), 1e-6);
        Assert.Equal(1.224530, PolicyLosses.VespoPhi(half, new(), -1), 1e-6);
    }

    [Fact]
    public void A_sequences_weight_may_lie_on_any_of_its_places()
    {
        // One loss per row, as RLOO, GMPO and LUSPO have it: what counts is the mask, and the sum of the weights.
        Sample s = new(10, seed: 6);
        double[] mask = [1, 1, 0, 1, 1, 1, 0, 0, 0, 0], spread = [.. Enumerable.Repeat(0.07, 10)], focused = [0.7, 0, 0, 0, 0, 0, 0, 0, 0, 0], flat = [.. Enumerable.Repeat(-0.9, 10)];
        foreach (PolicyObjective objective in SequenceLevel)
        {
            double[] first = new double[10], second = new double[10], third = new double[10];
            double loss = Add(spread, first), same = Add(focused, second), tokens = Add([.. mask.Select(value => 0.14 * value)], third);
            Assert.Equal(loss, same, 1e-14);
            Assert.Equal(loss, tokens, 1e-14);
            Assert.Equal(first, second, (a, b) => Math.Abs(a - b) < 1e-14);
            Assert.Equal(first, third, (a, b) => Math.Abs(a - b) < 1e-14);
            Assert.All(Enumerable.Range(0, 10).Where(i => mask[i] == 0), i => Assert.Equal(0, first[i]));

            // A row without tokens has ratio 1 and no gradient.
            var none = new double[10];
            PolicyTokens<double> empty = new() { LogProbs = s.LogProbs, OldLogProbs = s.Old, Advantages = flat, Mask = new double[10], Weights = spread };
            double expected = objective is SapoOptions sapo ? 0.7 * 0.9 * 2 / sapo.NegativeTemperature : 0.7 * 0.9;
            Assert.Equal(expected, objective.Add(empty, none).Loss, 1e-14);
            Assert.All(none, value => Assert.Equal(0, value));

            double Add(double[] weights, double[] gradient) =>
                objective.Add(new PolicyTokens<double> { LogProbs = s.LogProbs, OldLogProbs = s.Old, Advantages = flat, Mask = mask, Weights = weights }, gradient).Loss;
        }
    }

    [Fact]
    public void A_mismatch_of_lengths_is_refused_with_both_numbers()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            PolicyLosses.Reinforce(ClippedSurrogateTests.Tokens<double>([-1, -1], [-1], [1, 1], [1, 1]), new double[2]));
        Assert.Contains("OldLogProbs has 1 elements, LogProbs 2", error.Message, StringComparison.Ordinal);
    }

    private static double Slope(PolicyObjective objective, Sample s, int i, double step)
    {
        double at = s.LogProbs[i];
        s.LogProbs[i] = at + step;
        double up = objective.Add(s.Tokens, new double[s.LogProbs.Length]).Loss;
        s.LogProbs[i] = at - step;
        double down = objective.Add(s.Tokens, new double[s.LogProbs.Length]).Loss;
        s.LogProbs[i] = at;
        return (up - down) / (2 * step);
    }

    private sealed class Sample
    {
        public Sample(int length, int seed)
        {
            var random = new Random(seed);
            double[] Draw(Func<double> next) => [.. Enumerable.Range(0, length).Select(_ => next())];
            Old = Draw(() => -0.05 - (2 * random.NextDouble()));
            LogProbs = [.. Old.Select(value => Math.Min(-0.01, value + (random.NextDouble() - 0.5)))];
            Reference = [.. Old.Select(value => value + (0.3 * (random.NextDouble() - 0.5)))];
            Advantages = Draw(() => (2 * random.NextDouble()) - 1);
            Weights = Draw(() => random.Next(6) == 0 ? 0 : 0.5 + random.NextDouble());
            Scales = Draw(() => random.Next(5) == 0 ? 0 : 2 * random.NextDouble());
        }

        public double[] LogProbs { get; }

        public double[] Old { get; }

        public double[] Reference { get; }

        public double[] Advantages { get; }

        public double[] Weights { get; }

        public double[] Scales { get; }

        public PolicyTokens<double> Tokens => new() { LogProbs = LogProbs, OldLogProbs = Old, Advantages = Advantages, Weights = Weights, Scales = Scales };
    }
}
