using System.Text.Json;
using Microsoft.Extensions.Options;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class LossCoefficientsTests
{
    [Theory]
    [InlineData(KlPlacement.Loss)]
    [InlineData(KlPlacement.Reward)]
    public async Task The_kl_coefficient_follows_the_divergence_by_the_rule_of_its_paper(KlPlacement placement)
    {
        GrpoOptions options = GrpoTrainerTests.Options(steps: 12);
        options.KlPlacement = placement;
        options.KlCoefficient = 0.05;
        options.AdaptiveKl = new AdaptiveKlOptions { Target = 0.02, Horizon = 100 };

        List<TrainingStep> steps = await TrainAsync(new BigramPolicy(), options);

        double expected = 0.05;
        foreach (TrainingStep step in steps)
        {
            Assert.Equal(expected, step.Metrics["kl_coefficient"], 1e-12);
            expected *= 1 + (Math.Clamp((step.KlToInitial / 0.02) - 1, -0.2, 0.2) * 32 / 100);
        }

        Assert.True(steps[1].Metrics["kl_coefficient"] < 0.05, "at the start nothing has diverged, so the coefficient falls");
        Assert.True(steps[^1].Metrics["kl_coefficient"] > steps[1].Metrics["kl_coefficient"]);
    }

    [Fact]
    public async Task A_target_holds_the_divergence_where_a_small_coefficient_would_not()
    {
        GrpoOptions fixedOptions = GrpoTrainerTests.Options(steps: 90);
        fixedOptions.KlCoefficient = 0.01;
        GrpoOptions adaptive = GrpoTrainerTests.Options(steps: 90);
        adaptive.KlCoefficient = 0.01;
        adaptive.AdaptiveKl = new AdaptiveKlOptions { Target = 0.1, Horizon = 32 };

        double free = (await TrainAsync(new BigramPolicy(), fixedOptions)).TakeLast(10).Average(step => step.KlToInitial);
        double held = (await TrainAsync(new BigramPolicy(), adaptive)).TakeLast(10).Average(step => step.KlToInitial);

        Assert.True(free > 0.5, $"free: {free}");
        Assert.InRange(held, 0.03, 0.25);
    }

    [Fact]
    public async Task The_entropy_coefficient_follows_the_entropy_and_keeps_it_up()
    {
        GrpoOptions options = GrpoTrainerTests.Options(steps: 60);
        options.EntropyCoefficient = 0.01;
        options.AdaptiveEntropy = new AdaptiveEntropyOptions { Target = 1.2, Change = 0.02, Max = 0.3 };

        List<TrainingStep> kept = await TrainAsync(new BigramPolicy(), options);
        List<TrainingStep> lost = await TrainAsync(new BigramPolicy(), GrpoTrainerTests.Options(steps: 60));

        (double coefficient, double applied) = (0.01, 0.01);
        foreach (TrainingStep step in kept)
        {
            Assert.Equal(applied, step.Metrics["entropy_coefficient"], 1e-12);
            coefficient = step.Entropy <= 1.2 ? Math.Min(coefficient + 0.02, 0.3) : Math.Max(coefficient - 0.02, 0);
            applied = step.Entropy <= 1.2 ? coefficient : 0;
        }

        Assert.Contains(kept, step => step.Metrics["entropy_coefficient"] > 0.05);
        Assert.True(kept.TakeLast(10).Average(step => step.Entropy) > 2 * lost.TakeLast(10).Average(step => step.Entropy), $"{kept[^1].Entropy} against {lost[^1].Entropy}");
    }

    [Fact]
    public async Task Coefficients_that_are_fixed_are_not_reported()
    {
        TrainingStep step = Assert.Single(await TrainAsync(new BigramPolicy(), GrpoTrainerTests.Options(steps: 1)));

        Assert.DoesNotContain("kl_coefficient", step.Metrics.Keys);
        Assert.DoesNotContain("entropy_coefficient", step.Metrics.Keys);
    }

    [Fact]
    public async Task A_resumed_run_goes_on_with_the_coefficients_of_the_stopped_one()
    {
        List<TrainingStep> whole = await TrainAsync(new BigramPolicy(), Both());
        var policy = new BigramPolicy();
        IPolicy reference = policy.CreateReference();
        var first = new GrpoTrainer(policy, reference, GrpoTrainerTests.Grading(), Both());
        using var stop = new CancellationTokenSource();
        await foreach (TrainingStep step in first.TrainAsync(GrpoTrainerTests.Problems(), stop.Token))
        {
            if (step.Number == 5)
            {
                await stop.CancelAsync();
            }
        }

        using var state = new MemoryStream();
        using (var writer = new Utf8JsonWriter(state))
        {
            first.SaveState(writer);
        }

        var second = new GrpoTrainer(policy, reference, GrpoTrainerTests.Grading(), Both());
        second.LoadState(JsonDocument.Parse(state.ToArray()).RootElement);
        var rest = new List<TrainingStep>();
        await foreach (TrainingStep step in second.TrainAsync(GrpoTrainerTests.Problems()))
        {
            rest.Add(step);
        }

        Assert.Equal(whole.Skip(5).Select(Numbers), rest.Select(Numbers));

        static (int, double, double, double, double) Numbers(TrainingStep step) =>
            (step.Number, step.Loss, step.KlToInitial, step.Metrics["kl_coefficient"], step.Metrics["entropy_coefficient"]);

        static GrpoOptions Both()
        {
            GrpoOptions options = GrpoTrainerTests.Options(steps: 10);
            options.EpochsPerStep = 2;
            options.KlCoefficient = 0.1;
            options.AdaptiveKl = new AdaptiveKlOptions { Target = 0.01, Horizon = 50 };
            options.AdaptiveEntropy = new AdaptiveEntropyOptions { Target = 2, Change = 0.01 };
            return options;
        }
    }

    [Fact]
    public void Controllers_that_could_not_work_are_refused_with_the_way_out()
    {
        GrpoOptions options = GrpoTrainerTests.Options(steps: 1);
        options.AdaptiveKl = new AdaptiveKlOptions { Target = 0 };
        options.EntropyCoefficient = 2;
        options.AdaptiveEntropy = new AdaptiveEntropyOptions { Change = -1 };

        string all = string.Join('\n', Assert.Throws<OptionsValidationException>(() => GrpoTrainerTests.Trainer(new BigramPolicy(), options)).Failures);

        Assert.Contains("KlCoefficient is 0 and would stay 0", all, StringComparison.Ordinal);
        Assert.Contains("AdaptiveKl.Target", all, StringComparison.Ordinal);
        Assert.Contains("EntropyCoefficient is 2, but AdaptiveEntropy keeps it between Min 0 and Max 1", all, StringComparison.Ordinal);
        Assert.Contains("AdaptiveEntropy.Change", all, StringComparison.Ordinal);
    }

    private static async Task<List<TrainingStep>> TrainAsync(BigramPolicy policy, GrpoOptions options)
    {
        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in GrpoTrainerTests.Trainer(policy, options).TrainAsync(GrpoTrainerTests.Problems()))
        {
            steps.Add(step);
        }

        return steps;
    }
}
