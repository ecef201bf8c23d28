using RlvrSharp.Losses;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class BatchObjectiveTests
{
    [Fact]
    public async Task The_whole_minibatch_is_looked_at_before_each_update()
    {
        var objective = new Recording();
        GrpoOptions options = GrpoTrainerTests.Options(steps: 2);
        options.Objective = objective;
        options.MinibatchesPerEpoch = 2;
        var policy = new BigramPolicy();
        var tokens = new List<double>();
        await foreach (TrainingStep step in GrpoTrainerTests.Trainer(policy, options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            tokens.Add(step.SampledTokens);
        }

        // Four updates; each looked at half of the step's completions, first under the very policy that drew them, then under one that has moved.
        Assert.Equal(4, objective.Batches.Count);
        Assert.Equal(tokens.Sum(), objective.Batches.Sum(batch => batch.Tokens));
        Assert.Equal(0, objective.Batches[0].Moved);
        Assert.True(objective.Batches[1].Moved > 0);
        Assert.Equal(0, objective.Batches[2].Moved);

        // Every third token was marked, over the seams between sequences, and the loss saw just those.
        Assert.Equal(objective.Batches.Sum(batch => (batch.Tokens + 2) / 3), objective.Seen);
    }

    [Fact]
    public void Cut_into_sequences_with_marks_the_loss_is_that_of_the_whole_batch()
    {
        var random = new Random(3);
        double[] old = Fill(() => -3 * random.NextDouble()), logProbs = [.. old.Select(value => value + (0.4 * (random.NextDouble() - 0.5)))];
        double[] advantages = Fill(() => random.NextDouble() - 0.5), weights = Fill(() => random.Next(5) == 0 ? 0 : 0.01);
        foreach (BatchObjective objective in (BatchObjective[])[new KlCovarianceOptions { Share = 0.1 }, new ClipCovarianceOptions { Share = 0.1, Lowest = 0.05, Highest = 5 }])
        {
            double[] whole = new double[97], parts = new double[97], marks = new double[97];
            var draws = new KeyedRandom(5);
            objective.Mark(Part(0, 97, default), ref draws, marks.AsSpan());
            LossTerms expected = objective.Add(Part(0, 97, marks), whole.AsSpan()), sum = default;
            foreach ((int from, int to) in ((int, int)[])[(0, 1), (1, 30), (30, 90), (90, 97)])
            {
                sum += objective.Add(Part(from, to, marks), parts.AsSpan(from..to));
            }

            Assert.InRange(marks.Sum(), 1, 9);
            Assert.All(marks.Zip(weights), pair => Assert.True(pair.First == 0 || pair.Second != 0));
            Assert.Equal(expected.Loss, sum.Loss, 1e-12);
            Assert.Equal(expected.KlLoss, sum.KlLoss, 1e-12);
            Assert.Equal(whole, parts);

            if (objective is KlCovarianceOptions kl)
            {
                var alone = new double[97];
                Assert.Equal(expected.Loss, PolicyLosses.KlCovariance(Part(0, 97, default), kl, alone.AsSpan()).Loss, 1e-12);
                Assert.Equal(whole, alone);
            }
        }

        PolicyTokens<double> Part(int from, int to, double[]? marks) => new()
        {
            LogProbs = logProbs.AsSpan(from..to), OldLogProbs = old.AsSpan(from..to), Advantages = advantages.AsSpan(from..to), Weights = weights.AsSpan(from..to),
            Marks = marks is null ? default : marks.AsSpan(from..to),
        };

        static double[] Fill(Func<double> next) => [.. Enumerable.Range(0, 97).Select(_ => next())];
    }

    [Fact]
    public void Clip_cov_without_the_batchs_marks_is_refused()
    {
        float[] one = [-1f];
        Assert.Contains("Mark", Assert.Throws<PolicyException>(() => new ClipCovarianceOptions().Add(
            new PolicyTokens<float> { LogProbs = one, OldLogProbs = one, Advantages = one, Weights = one }, new float[1].AsSpan())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kl_cov_changes_what_is_learned_and_repeats_to_the_bit()
    {
        double[] plain = await TrainAsync(new ClippedSurrogateOptions { ClipLow = 1, ClipHigh = 1000 });
        double[] held = await TrainAsync(new KlCovarianceOptions { Share = 0.2, Coefficient = 1 });
        double[] again = await TrainAsync(new KlCovarianceOptions { Share = 0.2, Coefficient = 1 });
        double[] left = await TrainAsync(new ClipCovarianceOptions { Share = 0.2, Lowest = 0.1, Highest = 100 });
        double[] leftAgain = await TrainAsync(new ClipCovarianceOptions { Share = 0.2, Lowest = 0.1, Highest = 100 });

        Assert.Equal(held, again);
        Assert.Equal(left, leftAgain);
        Assert.NotEqual(plain, held);
        Assert.NotEqual(plain, left);
    }

    private static async Task<double[]> TrainAsync(PolicyObjective objective)
    {
        GrpoOptions options = GrpoTrainerTests.Options(steps: 6);
        options.Objective = objective;
        options.MinibatchesPerEpoch = 4;
        var policy = new BigramPolicy();
        await foreach (TrainingStep step in GrpoTrainerTests.Trainer(policy, options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            Assert.Equal(4, step.Metrics["optimizer_steps"]);
        }

        return policy.Logits.ToArray();
    }

    private sealed record Recording : BatchObjective
    {
        public List<(int Tokens, double Moved)> Batches { get; } = [];

        public int Seen { get; private set; }

        public override string Name => "recording";

        public override void Mark<T>(PolicyTokens<T> batch, ref KeyedRandom random, Span<T> marks)
        {
            double moved = 0;
            for (int i = 0; i < marks.Length; i++)
            {
                marks[i] = i % 3 == 0 ? T.One : T.Zero;
                moved = Math.Max(moved, double.CreateTruncating(T.Abs(batch.LogProbs[i] - batch.OldLogProbs[i])));
            }

            Batches.Add((marks.Length, moved));
        }

        public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient)
        {
            foreach (T mark in tokens.Marks)
            {
                Seen += T.IsZero(mark) ? 0 : 1;
            }

            return PolicyLosses.ClippedSurrogate(tokens, new ClippedSurrogateOptions(), gradient);
        }
    }
}
